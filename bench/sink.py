"""An SMTP sink that answers as fast as Python can, in a process of its own.

It takes any number of connections, reads each message to its end, counts it, and forgets it. It
says nothing slower to one client than to another: PIPELINING is there for whoever uses it.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any


@dataclass(frozen=True)
class Counted:
    """What a sink has taken so far, and what that cost it."""

    messages: int
    octets: int
    cpu_seconds: float

    def since(self, before: Counted) -> Counted:
        return Counted(
            self.messages - before.messages,
            self.octets - before.octets,
            self.cpu_seconds - before.cpu_seconds,
        )


class Sink:
    """A running sink."""

    def __init__(self, port: int, shared: Any) -> None:
        self.port = port
        self._shared = shared

    def counted(self) -> Counted:
        messages, octets, cpu_seconds = self._shared
        return Counted(int(messages), int(octets), cpu_seconds)


class _Session(asyncio.Protocol):
    """One SMTP conversation: every command is agreed to, every message counted."""

    def __init__(self, shared: Any) -> None:
        self.shared = shared
        self.buffer = b""
        self.in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while self.buffer:
            if self.in_data:
                end = self.buffer.find(b"\r\n.\r\n")
                if end < 0:
                    return
                self.buffer = self.buffer[end + 5 :]
                self.in_data = False
                self.shared[0] += 1
                self.shared[1] += end + 2
                self.shared[2] = time.process_time()
                self.transport.write(b"250 2.0.0 accepted\r\n")
                continue
            line, found, rest = self.buffer.partition(b"\r\n")
            if not found:
                return
            self.buffer = rest
            self._answer(line[:4].upper())

    def _answer(self, verb: bytes) -> None:
        if verb == b"EHLO":
            self.transport.write(b"250-sink\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 PIPELINING\r\n")
        elif verb == b"DATA":
            self.in_data = True
            self.transport.write(b"354 go on\r\n")
        elif verb == b"QUIT":
            self.transport.write(b"221 bye\r\n")
            self.transport.close()
        else:
            self.transport.write(b"250 2.0.0 ok\r\n")


def _serve(shared: Any, tell: Connection) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Session(shared), "127.0.0.1", 0)
        tell.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


@contextmanager
def sink() -> Iterator[Sink]:
    """A sink that runs for a while."""
    context = multiprocessing.get_context("spawn")
    shared = context.Array("d", 3, lock=False)
    hear, tell = context.Pipe()
    process = context.Process(target=_serve, args=(shared, tell), daemon=True)
    process.start()
    try:
        yield Sink(hear.recv(), shared)
    finally:
        process.terminate()
        process.join()
