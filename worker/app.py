"""The Celery app: `celery -A worker.app worker` and `celery -A worker.app beat`."""

from __future__ import annotations

import pkgutil
from contextlib import suppress
from typing import Any

from celery.signals import (
    beat_init,
    setup_logging,
    worker_init,
    worker_process_init,
    worker_process_shutdown,
    worker_ready,
    worker_shutdown,
    worker_shutting_down,
)

import worker
from actionhub import processes
from actionhub.app import create_app
from actionhub.broker import SOFT_SHUTDOWN_SECONDS, make_celery
from actionhub.extensions import db
from actionhub.outbox import keeping, stopping
from actionhub.outbox.parking import parked
from worker import outbox, polling  # noqa: F401  (polling's signals)
from worker.context import TaskFailed
from worker.schedule import BEAT

#: Modules here that hold no tasks.
NOT_TASKS = frozenset({"app", "context", "schedule", "polling"})

flask_app = create_app()
_settings = flask_app.extensions["actionhub.settings"]

app = make_celery(_settings.broker_url, _settings.data_dir)
app.set_default()
app.set_current()
app.conf.beat_schedule = BEAT
app.conf.beat_schedule_filename = str(_settings.data_dir / "beat-schedule")
app.conf.include = [
    f"worker.{found.name}"
    for found in pkgutil.iter_modules(worker.__path__)
    if found.name not in NOT_TASKS
]


@setup_logging.connect
def _keep_our_logging(**_signal: Any) -> None:
    """Celery must not set up logging of its own: create_app has."""


@worker_process_init.connect
def _begin_as_child(**_signal: Any) -> None:
    """A forked child shares no database connection with its parent, and does not outlive it.

    All our transports run in the event loop, so that the main thread forks: to the kernel the
    parent's death is that thread's end.
    """
    processes.die_with_parent()
    with flask_app.app_context():
        db.engine.dispose(close=False)


@worker_init.connect
def _sweep_first(**_signal: Any) -> None:
    """Begin to watch what an earlier run left in hand, before beat does.

    Nothing of the database stays open: the children are forked from here.
    """
    with suppress(TaskFailed):  # its log line says why; beat comes again
        outbox.sweep()
    with flask_app.app_context():
        db.engine.dispose()


@worker_shutting_down.connect
def _finish_the_message_in_hand(**_signal: Any) -> None:
    """Told to stop: every run ends after its message, in forked children too."""
    stopping.stop_soon()


@worker_shutdown.connect
@worker_process_shutdown.connect
def _wait_for_last_words(**_signal: Any) -> None:
    """Servers that are slow to answer a final dot are given a moment more."""
    with flask_app.app_context():
        parked().wait(SOFT_SHUTDOWN_SECONDS)
        keeping.close()


@worker_ready.connect
@beat_init.connect
def _say_ready(sender: Any = None, **_signal: Any) -> None:
    """Leave a file in `run/` of the data folder: `actionhub up` and health checks wait for it."""
    name = "beat" if "beat" in type(sender).__module__ else "worker"
    path = _settings.data_dir / "run" / f"{name}.ready"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
