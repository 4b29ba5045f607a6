"""Wake-ups for the worker: a commit sets a flag, one background thread publishes it.

Losing one loses no work: workers also poll. Nothing personal is ever in one.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from enum import StrEnum
from typing import Any

import structlog
from celery import Celery
from flask import Flask, current_app, has_app_context
from sqlalchemy import event
from sqlalchemy.orm import Session

from actionhub.database import db

log = structlog.get_logger(__name__)


class Task(StrEnum):
    """The tasks that are woken by name; `worker/` defines each under it."""

    SEND_MAIL = "actionhub.outbox.send"
    FOLD_COUNTS = "actionhub.signatures.fold"
    MAKE_DELIVERIES = "actionhub.deliveries.make"
    POST_LETTERS = "actionhub.letters.post"
    ADVANCE_LETTERS = "actionhub.letters.advance"
    ADVANCE_FOLLOWUPS = "actionhub.followups.advance"


#: Seconds within which wake-ups of one task are sent as one.
COALESCE_SECONDS = 0.1
#: Seconds after which a wake-up says nothing that a poll has not: none pile up without a worker.
EXPIRES_SECONDS = 60
_PENDING = "actionhub.wakeups"


def on_commit(*tasks: Task) -> None:
    """Wake `tasks` once the current transaction has committed; a rollback forgets them."""
    db.session().info.setdefault(_PENDING, set()).update(tasks)


def flag(*tasks: Task) -> None:
    """Wake `tasks` soon. Only sets a flag: a dead broker slows no request."""
    thread: Waker | None = current_app.extensions.get("actionhub.waker")
    if thread is not None:
        thread.flag(*tasks)


@event.listens_for(Session, "after_commit")
def _flag_committed(session: Session) -> None:
    tasks = session.info.pop(_PENDING, None)
    if tasks and has_app_context():
        flag(*tasks)


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, previous: Any) -> None:
    if previous.parent is None:
        session.info.pop(_PENDING, None)


class Waker:
    """The thread, started with the first flag of each process (so also after a fork)."""

    _tasks: set[Task]
    _lock: threading.Lock
    _set: threading.Event
    _thread: threading.Thread | None

    def __init__(self, broker: Celery) -> None:
        self._broker = broker
        self._begin_anew()
        _wakers.add(self)

    def flag(self, *tasks: Task) -> None:
        with self._lock:
            self._tasks.update(tasks)
            if self._thread is None:
                self._thread = threading.Thread(target=self._publish, name="wakeups", daemon=True)
                self._thread.start()
        self._set.set()

    def _begin_anew(self) -> None:
        """A forked child has the parent's locks, perhaps held, and none of its threads."""
        self._tasks, self._thread = set(), None
        self._lock, self._set = threading.Lock(), threading.Event()

    def _publish(self) -> None:
        while True:
            self._set.wait()
            self._set.clear()
            with self._lock:
                tasks, self._tasks = self._tasks, set()
            for task in tasks:
                self._send(task)
            time.sleep(COALESCE_SECONDS)

    def _send(self, task: Task) -> None:
        try:
            self._broker.send_task(
                task.value, ignore_result=True, retry=False, expires=EXPIRES_SECONDS
            )
        except Exception as problem:  # the broker may be away: workers poll
            log.warning("wakeup_lost", task=task.value, problem=type(problem).__name__)


_wakers: weakref.WeakSet[Waker] = weakref.WeakSet()


def _begin_anew_after_fork() -> None:
    for waker in _wakers:
        waker._begin_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew_after_fork)


def init_app(app: Flask, broker: Celery) -> None:
    """Give `app` its waker, publishing through `broker` (a Celery app used as a sender only)."""
    app.extensions["actionhub.waker"] = Waker(broker)
