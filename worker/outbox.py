"""The tasks that send what is due, and take back what dead workers held."""

from __future__ import annotations

from celery import shared_task

from actionhub.extensions import db
from actionhub.outbox import claiming, sending
from worker.context import in_app

#: Seconds that one run may send before it lets other tasks have their turn; beat, and every
#: commit that queues mail, wake the next.
SEND_SECONDS = 8.0


@shared_task(name="actionhub.outbox.send")
@in_app
def send() -> None:
    """Send what is due for some seconds. Any number may run at once; each commits by itself."""
    sending.drain(seconds=SEND_SECONDS, keep_open=True)


@shared_task(name="actionhub.outbox.recover")
@in_app
def recover() -> None:
    """Take back what workers held that are dead by now."""
    claiming.recover(db.engine)
