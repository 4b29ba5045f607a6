"""A load generator that costs little: raw sockets, kept alive, one thread, ready bytes."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast


@dataclass
class Result:
    """What came back: `latencies` in seconds, `statuses` counted."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """The latency in milliseconds that `share` of the answers stayed within."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


class _Connection:
    """One kept-alive connection with at most one request under way."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.buffer = bytearray()
        self.sent_at = 0.0
        self.open()

    def open(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer.clear()

    def send(self, request: bytes) -> None:
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def read(self) -> tuple[int, bool] | None:
        """The status and whether the server keeps the line open, once the answer is whole."""
        chunk = self.socket.recv(262144)
        self.buffer += chunk
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            if not chunk:
                raise ConnectionError("the server hung up before it answered")
            return None
        head = bytes(self.buffer[:end]).lower()
        status = int(head[9:12])
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self.buffer) < end + 4 + length and chunk:
            return None
        del self.buffer[: end + 4 + length]
        return status, b"connection: close" not in head


def run(
    port: int, next_request: Callable[[], bytes], *, seconds: float, connections: int
) -> Result:
    """Send requests for `seconds` over `connections` lines, each waiting for its answer."""
    result = Result()
    selector = selectors.DefaultSelector()
    lines = [_Connection(port) for _ in range(connections)]
    for line in lines:
        line.send(next_request())
        selector.register(line.socket, selectors.EVENT_READ, line)
    started = time.perf_counter()
    deadline = started + seconds
    under_way = len(lines)
    while under_way:
        for key, _events in selector.select(timeout=30):
            line = cast("_Connection", key.data)
            answer = line.read()
            if answer is None:
                continue
            moment = time.perf_counter()
            result.latencies.append(moment - line.sent_at)
            result.statuses[answer[0]] = result.statuses.get(answer[0], 0) + 1
            if moment >= deadline:
                selector.unregister(line.socket)
                line.socket.close()
                under_way -= 1
                continue
            if not answer[1]:
                selector.unregister(line.socket)
                line.socket.close()
                line.open()
                selector.register(line.socket, selectors.EVENT_READ, line)
            line.send(next_request())
    result.seconds = time.perf_counter() - started
    return result


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n".encode()


def post(path: str, body: bytes, network: str) -> bytes:
    """A form, as a browser posts it, from an address in `network` (for a trusted proxy)."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: {network}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
