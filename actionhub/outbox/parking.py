"""Conversations that wait long for the reply to their final dot: a thread waits, not the worker.

The email stays `sending` under its owner, whose beat goes on until the reply is written down.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable

import structlog
from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from actionhub.database import db
from actionhub.outbox.beats import Pulse
from actionhub.outbox.claiming import Claimed
from actionhub.outbox.outcomes import conclude
from actionhub.outbox.recording import Records, insist
from actionhub.outbox.replies import Outcome, Reply
from actionhub.outbox.transport import Connection

log = structlog.get_logger(__name__)

#: Conversations that one process lets wait; beyond them a worker waits itself.
MOST = 20


class Parked:
    """The conversations that wait in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
        self._domains: Counter[str] = Counter()

    def have_room(self) -> bool:
        return len(self._threads) < MOST

    def waits_for(self, domain: str | None) -> bool:
        """Whether one waits here for a server of that domain already."""
        return self._domains[domain or ""] > 0

    def park(
        self,
        connection: Connection,
        email: Claimed,
        owner: str,
        pulse: Pulse,
        tell: Callable[[Reply], None],
    ) -> None:
        """Let a thread wait for the last word about `email`, record it and `tell` it."""
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        pulse.hold(owner)

        def wait() -> None:
            try:
                reply = connection.last_word()
                with app.app_context():
                    _record(email, owner, reply)
                tell(reply)
            except SQLAlchemyError as away:  # it stays `sending`, to be swept when the beat ends
                log.error("parked_not_recorded", email=email.id, problem=type(away).__name__)
            finally:
                connection.close()
                pulse.end(owner)
                with self._lock:
                    self._threads.discard(threading.current_thread())
                    self._domains[email.domain or ""] -= 1

        thread = threading.Thread(target=wait, name="parked", daemon=True)
        with self._lock:
            self._threads.add(thread)
            self._domains[email.domain or ""] += 1
        thread.start()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until none waits any more; False if some still do after `seconds`."""
        until = None if seconds is None else time.monotonic() + seconds
        for thread in list(self._threads):
            thread.join(None if until is None else max(until - time.monotonic(), 0.0))
        return not self._threads


def parked() -> Parked:
    """Those of the current app's process."""
    found: Parked = current_app.extensions.setdefault("actionhub.parked", Parked())
    return found


def _record(email: Claimed, owner: str, reply: Reply) -> None:
    records = Records(db.engine, owner)
    try:
        settled = insist(lambda: conclude(db.engine, email, reply))
        if reply.outcome is Outcome.ACCEPTED:
            records.advance(settled, None)
        else:
            records.other(settled, reply)
    finally:
        records.close()
