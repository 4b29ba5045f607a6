"""A second pair of hands: one thread that does one thing while its owner goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Meanwhile(Generic[T]):
    """`begin` hands over one piece of work, `result` waits for it; one at a time, in order."""

    def __init__(self) -> None:
        self._work: SimpleQueue[Callable[[], T] | None] = SimpleQueue()
        self._done: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def begin(self, work: Callable[[], T]) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="meanwhile", daemon=True)
            self._thread.start()
        self._work.put(work)

    def result(self) -> T:
        """What the work gave; raises what it raised."""
        value, problem = self._done.get()
        if problem is not None:
            raise problem
        result: Any = value
        return result  # type: ignore[no-any-return]

    def end(self) -> None:
        """Let the thread go, after what it is doing."""
        if self._thread is not None:
            self._work.put(None)
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            try:
                self._done.put((work(), None))
            except BaseException as problem:  # told to the owner, who raises it
                self._done.put((None, problem))
