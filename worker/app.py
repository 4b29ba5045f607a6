"""The Celery app: `celery -A worker.app worker` and `celery -A worker.app beat`."""

from __future__ import annotations

import pkgutil
from typing import Any

from celery.signals import beat_init, setup_logging, worker_process_init, worker_ready

import worker
from actionhub import processes
from actionhub.app import create_app
from actionhub.broker import make_celery
from actionhub.extensions import db
from worker import polling  # noqa: F401  (its signals: the worker looks for itself)
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
    """A forked child shares no database connection with its parent, and does not outlive it."""
    processes.die_with_parent()
    with flask_app.app_context():
        db.engine.dispose(close=False)


@worker_ready.connect
@beat_init.connect
def _say_ready(sender: Any = None, **_signal: Any) -> None:
    """Leave a file in `run/` of the data folder: `actionhub up` and health checks wait for it."""
    name = "beat" if "beat" in type(sender).__module__ else "worker"
    path = _settings.data_dir / "run" / f"{name}.ready"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
