"""A message that came into a mailbox, and what it is told when it cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from actionhub.errors import ActionHubError


class UnreadableMailbox(ActionHubError):
    """A mailbox that is not there, is none, or does not answer. Never says a password."""


def _leave() -> None:
    """Nothing to mark."""


@dataclass(frozen=True)
class Incoming:
    """One message, of which at most `reports.MOST_BYTES` are here.

    `raw` may be its header alone where `reports.glance` says that it is no report. `done` marks
    it as read where it lies.
    """

    raw: bytes
    done: Callable[[], None] = _leave
