"""A web server on loopback that answers as told, well or badly."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Page:
    """One answer: status, headers, body; sent in `pieces` with a pause between them."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    pieces: int = 1
    pause: float = 0.0
    repeat: int = 1  # how often the body is sent


@dataclass
class Newsroom:
    """The server: what it answers by path, and what it was asked."""

    url: str
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def serve(self, path: str, body: str | bytes = b"", **how: object) -> str:
        """Answer `path` like that from now on; its address."""
        data = body.encode() if isinstance(body, str) else body
        self.pages[path] = Page(data, **how)  # type: ignore[arg-type]
        return self.url + path


@contextmanager
def newsroom_server() -> Iterator[Newsroom]:
    here = Newsroom("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def do_GET(self) -> None:
            here.asked.append((self.path, dict(self.headers)))
            page = here.pages.get(self.path, Page(b"gone", 404))
            etag = page.headers.get("ETag")
            fresh = etag is not None and self.headers.get("If-None-Match") == etag
            with suppress(BrokenPipeError, ConnectionResetError):
                self.send_response(304 if fresh else page.status)
                for name, value in page.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                if fresh:
                    return
                size = max(1, len(page.body) // page.pieces)
                for _ in range(page.repeat):
                    for start in range(0, len(page.body), size):
                        self.wfile.write(page.body[start : start + size])
                        if page.pause:
                            self.wfile.flush()
                            time.sleep(page.pause)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    here.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
