"""One round of letters by email, as a worker and `outbox drain --loop` go it."""

from __future__ import annotations

from actionhub.letters import following, queueing


def go_on() -> None:
    """Queue what may go now, and note what has arrived; commits by itself."""
    queueing.advance()
    following.follow()
