"""Actions open and close on time."""

from __future__ import annotations

from celery import shared_task

from actionhub.actions import publishing
from actionhub.extensions import db
from worker.context import in_app


@shared_task(name="actionhub.actions.turn")
@in_app
def turn() -> None:
    """Open what is scheduled for now, close what is past its time."""
    publishing.turn()
    db.session.commit()
