"""A House and a Senate of our own: they take CWC messages and answer as a test says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.etree.ElementTree import Element, fromstring

#: To hang up without a word.
NOTHING = 0


@dataclass
class Chambers:
    """`answers` are given one after the other, the last one for good; `heard` is what came."""

    answers: list[tuple[int, str]] = field(default_factory=lambda: [(200, "")])
    heard: list[tuple[str, dict[str, list[str]], bytes]] = field(default_factory=list)
    address: str = ""
    headers: list[dict[str, str]] = field(default_factory=list)

    def messages(self) -> list[Element]:
        return [fromstring(body) for _path, _query, body in self.heard]

    def told(self, path: str) -> list[str]:
        """What an element says, in each message that came."""
        return [message.findtext(path) or "" for message in self.messages()]


@contextmanager
def running() -> Iterator[Chambers]:
    """Both chambers, at one address on this machine."""
    chambers = Chambers()

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            parts = urlsplit(self.path)
            chambers.heard.append((parts.path, parse_qs(parts.query), body))
            chambers.headers.append(dict(self.headers))
            status, said = (
                chambers.answers.pop(0) if len(chambers.answers) > 1 else chambers.answers[0]
            )
            if status == NOTHING:
                self.close_connection = True
                return
            self.send_response(status)
            if status == 429:
                self.send_header("Retry-After", "7200")
            self.end_headers()
            self.wfile.write(said.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    chambers.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield chambers
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


AGENT = """
agent = "ActionHub of Springfield"
acknowledge_to = "cwc@example.org"
contact_name = "Jane Roe"
contact_email = "jane@example.org"
contact_phone = "202-555-0100"
topic = "Immigration"
"""


def agency_file(folder: Path, address: str, offices: str = "", more: str = "") -> str:
    """A file that sets both chambers up there; the member and the senator of Ohio take messages."""
    path = folder / "cwc.toml"
    path.write_text(
        f"""{AGENT}
{more}
[house]
url = "{address}/house/v2/message"
key = "house-secret"
key_header = "X-APIKEY"
[senate]
url = "{address}/senate/messages/"
key = "senate-secret"
[offices]
{offices or 'A000001 = "HOH09"' + chr(10) + 'C000003 = "SOH01"'}
"""
    )
    return str(path)
