"""The journal: what happened at the sink, in order; an acceptance is on the disk before its 250."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

Line = tuple[bytes, "asyncio.Future[None] | None"]


class Journal:
    """One writer thread: it takes all lines that wait, writes and fsyncs them as one, then says so.

    Every line is a JSON object with `t` (CLOCK_MONOTONIC, seconds: the same for all processes of
    one boot) and `what`.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._queue: SimpleQueue[Line] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._run, name="journal", daemon=True).start()

    def note(self, what: str, **more: Any) -> None:
        """Write a line down, without waiting for the disk."""
        self._queue.put((_line(what, more), None))

    async def keep(self, what: str, **more: Any) -> None:
        """Write a line down; it is on the disk when this returns."""
        done: asyncio.Future[None] = self._loop.create_future()
        self._queue.put((_line(what, more), done))
        await done

    def _run(self) -> None:
        while True:
            batch = [self._queue.get()]
            while True:
                try:
                    batch.append(self._queue.get_nowait())
                except Empty:
                    break
            os.write(self._file, b"".join(line for line, _ in batch))
            waiting = [done for _, done in batch if done is not None]
            if waiting:
                os.fsync(self._file)
                self._loop.call_soon_threadsafe(_tell, waiting)


def _tell(waiting: list[asyncio.Future[None]]) -> None:
    for done in waiting:
        if not done.done():  # its conversation may be over
            done.set_result(None)


def _line(what: str, more: dict[str, Any]) -> bytes:
    return json.dumps({"t": time.monotonic(), "what": what, **more}).encode() + b"\n"
