"""The worker looks for itself when nobody wakes it: beat is gone, or the broker is.

Wake-ups may be lost, all of them: what is due stands in the database. The thread here lives beside
the consumer, which for as long as a broker is away does nothing but try to reach it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from celery.signals import task_received, worker_init, worker_shutdown

from actionhub import clock
from actionhub.outbox.durations import DURATIONS
from worker import actions, followups, outbox, signatures
from worker.context import TaskFailed

log = structlog.get_logger(__name__)

#: Only beat sends this one, every 5 s: while it comes, beat and broker are well.
SIGN_OF_LIFE = "actionhub.outbox.sweep"
#: Seconds without that sign until the worker no longer waits to be woken.
SILENCE_SECONDS = 9 * DURATIONS.sweep.total_seconds()
#: Seconds between its own looks from then on.
POLL_SECONDS = DURATIONS.poll.total_seconds()
#: Seconds that a look under way is given when the worker stops.
PATIENCE = 5.0

#: What cannot wait for beat, in this order.
DUE: tuple[Callable[[], Any], ...] = (
    outbox.sweep,
    actions.turn,
    followups.advance,
    outbox.send,
    signatures.fold,
)


class Lookout:
    """One thread a worker. `heard` notes a wake-up; `look` does what is due if none came lately."""

    def __init__(self, silence: float = SILENCE_SECONDS) -> None:
        self._silence = silence
        self._heard_at = clock.monotonic()
        self._alone = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lookout", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread; a look under way may finish, for a while."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(PATIENCE)

    def heard(self, task: str) -> None:
        """Note that a wake-up of that name came in."""
        if task == SIGN_OF_LIFE:
            self._heard_at, self._alone = clock.monotonic(), False

    def look(self) -> bool:
        """Do what is due, if beat has not been heard of for too long; whether it was so."""
        if clock.monotonic() - self._heard_at < self._silence:
            return False
        if not self._alone:
            self._alone = True
            log.warning("nobody_wakes_us", silent_seconds=round(clock.monotonic() - self._heard_at))
        for task in DUE:
            with suppress(TaskFailed):  # its own log line says where; the others go on
                task()
        return True

    def _run(self) -> None:
        while not self._stop.wait(POLL_SECONDS):
            self.look()


_lookout = Lookout()


@worker_init.connect
def _begin(**_signal: Any) -> None:
    _lookout.start()


@task_received.connect
def _hear(request: Any = None, **_signal: Any) -> None:
    _lookout.heard(str(getattr(request, "name", "")))


@worker_shutdown.connect
def _end(**_signal: Any) -> None:
    _lookout.stop()
