"""The beat of a worker: proof to all others that it lives, and to itself that it may go on.

No wall clock is in it. 1. Each run of a worker has a row, whose number one thread a process raises.
2. A sweeper that sees a number unchanged for the lease takes the worker for dead (`sweeping`).
3. So a worker gives a final dot only while its last beat is younger than the lease by a margin.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from typing import cast

import structlog
from flask import current_app
from sqlalchemy import Engine, Table, delete, insert, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from actionhub import clock
from actionhub.outbox.durations import DURATIONS
from actionhub.outbox.models import Beat, BeatObservation

BEATS = cast(Table, Beat.__table__)
OBSERVATIONS = cast(Table, BeatObservation.__table__)

log = structlog.get_logger(__name__)


def write_first(connection: Connection, owner: str) -> None:
    """Give `owner` its row, in the transaction of its first claim."""
    connection.execute(insert(BEATS), {"owner": owner, "beat": 0, "started_at": clock.now()})


class Pulse:
    """The one thread of a process that beats for all its runs on one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.process = os.getpid()
        self._beaten_at: dict[str, float] = {}  # monotonic, from before the beat's commit
        self._holds: dict[str, int] = {}
        self._lock = threading.Lock()
        self._wanted = threading.Condition(self._lock)
        self._thread: threading.Thread | None = None

    def begin(self, owner: str, since: float) -> None:
        """Beat for `owner`, whose row is committed by now; `since` is a moment before that."""
        with self._lock:
            self._beaten_at[owner] = since
            self._holds[owner] = 1
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)
                self._thread.start()
            self._wanted.notify()

    def hold(self, owner: str) -> None:
        """Beat on for `owner` until one more `end`: a conversation of its outlasts the run."""
        with self._lock:
            self._holds[owner] = self._holds.get(owner, 0) + 1

    def end(self, owner: str) -> None:
        """Beat no more for `owner`, once all that holds it ended. What it still has is swept."""
        with self._lock:
            self._holds[owner] = self._holds.get(owner, 1) - 1
            if self._holds[owner] > 0:
                return
            self._holds.pop(owner)
            if self._beaten_at.pop(owner, None) is None:
                return
        try:
            with self._engine.begin() as connection:
                for table in (BEATS, OBSERVATIONS):
                    connection.execute(delete(table).where(table.c.owner == owner))
        except SQLAlchemyError as away:
            log.warning("beat_not_ended", problem=type(away).__name__)

    def may_give_a_dot(self, owner: str) -> bool:
        """Whether nobody can have taken `owner` for dead; tries one beat if the last is old."""
        if self._is_young(owner):
            return True
        try:
            self.beat([owner])
        except SQLAlchemyError:
            return False
        return self._is_young(owner)

    def beat(self, owners: Iterable[str]) -> None:
        """Raise the numbers of `owners`; those whose row is gone were taken for dead. Commits."""
        moment = clock.monotonic()
        wanted = list(owners)
        with self._engine.begin() as connection:
            beaten = connection.execute(
                update(BEATS)
                .where(BEATS.c.owner.in_(wanted))
                .values(beat=BEATS.c.beat + 1)
                .returning(BEATS.c.owner)
            )
            living = set(beaten.scalars())
        with self._lock:
            for owner in wanted:
                if owner in living and owner in self._beaten_at:
                    self._beaten_at[owner] = moment
                elif owner not in living:
                    self._beaten_at.pop(owner, None)

    def _is_young(self, owner: str) -> bool:
        beaten_at = self._beaten_at.get(owner)
        within = DURATIONS.dot_within.total_seconds()
        return beaten_at is not None and clock.monotonic() - beaten_at < within

    def _run(self) -> None:
        while True:
            with self._lock:
                while not self._beaten_at:
                    self._wanted.wait()
                owners = list(self._beaten_at)
            try:
                self.beat(owners)
            except SQLAlchemyError as away:
                log.warning("beat_missed", problem=type(away).__name__)
            time.sleep(DURATIONS.beat.total_seconds())


def pulse(engine: Engine) -> Pulse:
    """The pulse of this process on that database; a forked child has its own."""
    every: dict[Engine, Pulse] = current_app.extensions.setdefault("actionhub.pulses", {})
    found = every.get(engine)
    if found is None or found.process != os.getpid():
        found = every[engine] = Pulse(engine)
    return found
