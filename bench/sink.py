"""An SMTP sink that answers as fast as Python can, in a process of its own."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any


class _Session(asyncio.Protocol):
    """One SMTP conversation: every command is agreed to, every message counted."""

    def __init__(self, counted: Any) -> None:
        self.counted = counted
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
                self.counted.value += 1
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


def _serve(counted: Any, tell: Connection) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Session(counted), "127.0.0.1", 0)
        tell.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


@contextmanager
def sink() -> Iterator[tuple[int, Any]]:
    """A running sink: its port, and a shared counter (`.value`) of accepted messages."""
    context = multiprocessing.get_context("spawn")
    counted = context.Value("L", 0, lock=False)
    hear, tell = context.Pipe()
    process = context.Process(target=_serve, args=(counted, tell), daemon=True)
    process.start()
    try:
        yield hear.recv(), counted
    finally:
        process.terminate()
        process.join()
