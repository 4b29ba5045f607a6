"""Letters go to their offices, and learn what became of them."""

from __future__ import annotations

from celery import shared_task

from actionhub.letters import rounds
from actionhub.letters.cwc import sending
from worker.context import in_app


@shared_task(name="actionhub.letters.advance")
@in_app
def advance() -> None:
    """Queue what may go now, and note what has arrived; commits by itself."""
    rounds.go_on()


@shared_task(name="actionhub.letters.post")
@in_app
def post() -> None:
    """Hand to Congress what waits for it, where that is set up; commits by itself."""
    sending.send()
