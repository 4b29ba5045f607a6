"""A claimed batch on its way out: each message is built a little ahead of its turn."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from actionhub.outbox.claiming import Claimed
from actionhub.outbox.messages import Kind, Message


@dataclass(frozen=True)
class Ready:
    """A claimed email with its message built."""

    email: Claimed
    kind: Kind
    message: Message


class Batch:
    """Claimed emails in their order; `build` gives None for one that cannot be written."""

    def __init__(self, emails: list[Claimed], build: Callable[[Claimed], Ready | None]) -> None:
        self._waiting = deque(emails)
        self._build = build
        self._built: Ready | None = None

    @property
    def built(self) -> Ready | None:
        """The next one if it is built already: a look that costs nothing and fails never."""
        return self._built

    def peek(self) -> Ready | None:
        """The next one, built; None when the batch is over."""
        while self._built is None and self._waiting:
            self._built = self._build(self._waiting.popleft())
        return self._built

    def take(self) -> Ready | None:
        """The next one, which leaves the batch."""
        item, self._built = self.peek(), None
        return item

    def left(self) -> list[Claimed]:
        """What was claimed and did not leave."""
        built = [self._built.email] if self._built else []
        return built + list(self._waiting)
