"""The sink itself: its listeners for mail, for questions about mail, and for orders."""

from __future__ import annotations

import asyncio
import json
import time
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.faults.sink.conversation import Conversation
from tests.faults.sink.journal import Journal
from tests.faults.sink.script import Script


class Sink:
    """What all conversations share. `pace`: seconds that every message takes at least."""

    def __init__(self, journal: Journal, pipelining: bool) -> None:
        self.journal, self.pipelining = journal, pipelining
        self.script = Script()
        self.pace = 0.0
        self.port = 0
        self.tries: dict[str, int] = {}
        self.stopped: list[dict[str, Any]] = []
        self._accepted: dict[str, int] = {}
        self._total, self._last_at = 0, 0.0
        self._numbers = count(1)
        self._asked = 0

    async def accept(self, message_id: str, **more: Any) -> None:
        """Keep a message for good: on return it is on the disk."""
        await self.journal.keep("accept", id=message_id, **more)
        self._accepted[message_id] = self._accepted.get(message_id, 0) + 1
        self._total += 1
        self._last_at = time.monotonic()

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Conversation(self, next(self._numbers), reader, writer).run()

    async def tell(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """`GET /accepted/<Message-ID, quoted>`: 200 if it was accepted, 404 if not (HTTP/1.1)."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode("ascii", "replace")
            message_id = unquote(path.removeprefix("/accepted/"))
            self._asked += 1
            status = "200 OK" if message_id in self._accepted else "404 Not Found"
            self.journal.note("asked", id=message_id, status=status[:3])
            writer.write(
                f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
            )
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, IndexError):
            pass
        finally:
            writer.close()

    async def obey(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Orders, one JSON object a line, each answered by one."""
        try:
            while line := await reader.readline():
                writer.write(json.dumps(self._obey(json.loads(line))).encode() + b"\n")
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    def _obey(self, order: dict[str, Any]) -> dict[str, Any]:
        match order["do"]:
            case "add":
                self.script.add(order["rule"])
            case "remove":
                self.script.remove(order["name"])
            case "pace":
                self.pace = float(order["seconds"])
            case "stopped":
                found, self.stopped = self.stopped, []
                return {"stopped": found}
            case "stats":
                return {
                    "accepted": self._total,
                    "last_at": self._last_at,
                    "asked": self._asked,
                    "hits": self.script.hits,
                }
            case other:
                return {"error": f"cannot {other}"}
        return {}


async def serve(
    smtp_port: int, http_port: int, control: Path, journal: Path, *, pipelining: bool
) -> None:
    """Serve until killed; the control socket is there once everything listens."""
    sink = Sink(Journal(journal), pipelining)
    sink.port = smtp_port
    limit = 1 << 24
    await asyncio.start_server(sink.converse, "127.0.0.1", smtp_port, limit=limit, backlog=256)
    await asyncio.start_server(sink.tell, "127.0.0.1", http_port)
    fresh = control.with_suffix(".new")
    await asyncio.start_unix_server(sink.obey, fresh)
    fresh.rename(control)
    await asyncio.Event().wait()
