"""The Celery app: `celery -A worker.app worker` and `celery -A worker.app beat`."""

from __future__ import annotations

from typing import Any

from celery.signals import worker_process_init

from actionhub.app import create_app
from actionhub.broker import make_celery
from actionhub.extensions import db
from worker.schedule import BEAT

flask_app = create_app()
_settings = flask_app.extensions["actionhub.settings"]

app = make_celery(_settings.broker_url, _settings.data_dir)
app.set_default()
app.set_current()
app.conf.beat_schedule = BEAT
app.conf.beat_schedule_filename = str(_settings.data_dir / "beat-schedule")
app.conf.include = [
    "worker.outbox",
    "worker.signatures",
    "worker.newsroom",
    "worker.followups",
    "worker.privacy",
    "worker.actions",
]


@worker_process_init.connect
def _forget_inherited_connections(**_signal: Any) -> None:
    """A forked child must not share its parent's database connections."""
    with flask_app.app_context():
        db.engine.dispose(close=False)
