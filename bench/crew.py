"""A crew: processes that get ready, begin together, and tell when each was done."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any

#: What one of a crew does: it gets ready, calls what it is given and waits there for the others,
#: works, and says how many messages it sent.
Task = Callable[..., int]

#: Seconds that the slowest may take to get ready, or to be done.
PATIENCE = 600.0


@dataclass(frozen=True)
class Done:
    """What a crew did from the first one's beginning to the last one's end."""

    messages: int
    seconds: float
    cpu_seconds: float  # of the whole crew, without database and sink

    @property
    def per_second(self) -> float:
        return self.messages / self.seconds


def run(task: Task, size: int, *arguments: Any) -> Done:
    """`size` processes of `task(wait, *arguments)`. Raises RuntimeError if one of them fails."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(size)
    crew = []
    for _ in range(size):
        hear, tell = context.Pipe(duplex=False)
        process = context.Process(target=_one, args=(tell, barrier, task, arguments), daemon=True)
        process.start()
        tell.close()
        crew.append((process, hear))
    reports = []
    for process, hear in crew:
        try:
            if not hear.poll(PATIENCE):
                raise EOFError
            reports.append(hear.recv())
        except EOFError as gone:
            barrier.abort()
            raise RuntimeError(f"one of the crew ended with {process.exitcode}") from gone
        process.join()
    began, ended = min(r[1] for r in reports), max(r[2] for r in reports)
    return Done(sum(r[0] for r in reports), ended - began, sum(r[3] for r in reports))


def _one(tell: Connection, barrier: Barrier, task: Task, arguments: tuple[Any, ...]) -> None:
    began = cpu = 0.0

    def wait() -> None:
        nonlocal began, cpu
        barrier.wait(PATIENCE)
        began, cpu = time.monotonic(), time.process_time()

    sent = task(wait, *arguments)
    tell.send((sent, began, time.monotonic(), time.process_time() - cpu))
