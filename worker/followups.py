"""Follow-ups start on time and are queued batch by batch."""

from __future__ import annotations

from celery import shared_task

from actionhub.followups import sending
from worker.context import in_app


@shared_task(name="actionhub.followups.advance")
@in_app
def advance() -> None:
    """Queue the next batches of what is on; commits by itself."""
    sending.advance()
