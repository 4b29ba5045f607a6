"""The local mailbox's server: takes mail over real SMTP and keeps each message as a file."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from itertools import count
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

#: Messages of at most this many bytes are taken (RFC 1870).
SIZE_LIMIT = 10_000_000


class Keeper:
    """Writes each message whole, then names it: newest last in the folder's order."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()

    async def handle_DATA(  # noqa: N802  (aiosmtpd's name)
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        name = f"{time.time_ns():020d}-{os.getpid()}-{next(self._numbers)}.eml"
        head = [f"Return-Path: <{envelope.mail_from or ''}>"]
        head += [f"Delivered-To: {recipient}" for recipient in envelope.rcpt_tos]
        body = envelope.content if isinstance(envelope.content, bytes) else b""
        fresh = self._folder / f".{name}"
        fresh.write_bytes("\r\n".join([*head, ""]).encode() + body)
        fresh.rename(self._folder / name)
        return "250 2.0.0 kept in the local mailbox"


async def serve(port: int, folder: Path) -> None:
    """Take mail on loopback until asked to stop."""
    folder.mkdir(parents=True, exist_ok=True)
    keeper = Keeper(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(
            keeper,
            hostname="localhost",
            ident="mailbox",
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,  # addresses in any script (RFC 6531), as real servers take them
            loop=loop,
        ),
        "127.0.0.1",
        port,
    )
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    await stop.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
