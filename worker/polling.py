"""The worker looks for itself when nobody wakes it: beat is gone, or the broker is.

Wake-ups may be lost, all of them: what is due stands in the database. A thread here lives beside
the consumer, which for as long as a broker is away does nothing but try to reach it. It touches
neither database nor mail: the worker forks, and a child would get their locks as they stand. It
starts `actionhub outbox drain --loop` beside the worker, and ends it once wake-ups come again.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Any

import structlog
from celery.signals import task_received, worker_init, worker_shutdown

from actionhub import clock, wakeups
from actionhub.broker import SOFT_SHUTDOWN_SECONDS
from actionhub.outbox.durations import DURATIONS
from worker.schedule import BEAT

log = structlog.get_logger(__name__)

#: Only beat sends these, one of them every 5 s: while they come, beat and broker are well.
SIGNS_OF_LIFE = frozenset(entry["task"] for entry in BEAT.values()) - set(wakeups.Task)
#: Seconds without any until the worker no longer waits to be woken.
SILENCE_SECONDS = 9 * DURATIONS.sweep.total_seconds()
#: Seconds between looks whether it is so.
GLANCE_SECONDS = min(1.0, DURATIONS.poll.total_seconds())
#: Seconds from one start of a helper to the next, at least: one that dies at once is no use.
REST_SECONDS = 5.0
#: Seconds that a stopped helper is given for the message in hand.
PATIENCE = SOFT_SHUTDOWN_SECONDS + 5.0


def helper_command() -> list[str]:
    """What does all that is due until it is told to stop, or this process is gone."""
    drain = ["outbox", "drain", "--loop", "--parent", str(os.getpid())]
    return [sys.executable, "-m", "actionhub", *drain]


class Lookout:
    """One thread a worker. `heard` notes a wake-up; `look` starts help if none came lately."""

    def __init__(
        self, silence: float = SILENCE_SECONDS, command: Sequence[str] | None = None
    ) -> None:
        self._silence = silence
        self._command = command
        self._heard_at = clock.monotonic()
        self._helper: subprocess.Popen[bytes] | None = None
        self._started_at = -REST_SECONDS
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lookout", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread, and the helper: it may finish the message in hand."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._helper is None:
            return
        self._helper.terminate()
        try:
            self._helper.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._helper.kill()
            self._helper.wait()

    def heard(self, task: str) -> None:
        """Note that a wake-up of that name came in."""
        if task in SIGNS_OF_LIFE:
            self._heard_at = clock.monotonic()

    def look(self) -> bool:
        """See to it that a helper lives if, and only if, beat has not been heard of for too long.

        Whether it was so. A helper that dies is started anew, after a rest.
        """
        if self._helper is not None and self._helper.poll() is not None:
            self._helper = None
        silent = clock.monotonic() - self._heard_at
        if silent < self._silence:
            if self._helper is not None:
                self._helper.terminate()
            return False
        rested = clock.monotonic() - self._started_at >= REST_SECONDS
        if self._helper is None and rested:
            self._started_at = clock.monotonic()
            log.warning("nobody_wakes_us", silent_seconds=round(silent))
            self._helper = subprocess.Popen(  # noqa: S603 - our own command
                self._command or helper_command(), stdin=subprocess.DEVNULL
            )
        return True

    def _run(self) -> None:
        while not self._stop.wait(GLANCE_SECONDS):
            try:
                self.look()
            except OSError as problem:  # no memory or no process to be had: the next look may
                log.error("no_helper", problem=type(problem).__name__)


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
