"""The tasks that send what is due, and take back what dead workers held."""

from __future__ import annotations

from celery import shared_task

from actionhub import wakeups
from actionhub.extensions import db
from actionhub.outbox import archiving, sending, sweeping
from worker.context import in_app

#: Seconds that one run may send before it lets other tasks have their turn; beat, and every
#: commit that queues mail, wake the next.
SEND_SECONDS = 8.0
#: Batches that one task archives at most: the beat comes again.
ROUNDS = 200


@shared_task(name="actionhub.outbox.send")
@in_app
def send() -> None:
    """Send what is due for some seconds. Any number may run at once; each commits by itself.

    One that its time ended wakes the next, so that mail flows on and other tasks have their turn.
    """
    if sending.drain(seconds=SEND_SECONDS, keep_open=True).more:
        wakeups.flag(wakeups.Task.SEND_MAIL)


@shared_task(name="actionhub.outbox.sweep")
@in_app
def sweep() -> None:
    """Take back what workers held that are dead by now."""
    sweeping.sweep(db.engine)


@shared_task(name="actionhub.outbox.archive")
@in_app
def archive() -> int:
    """Move what finished long ago out of the way, batch by batch; how many rows."""
    moved = 0
    for _round in range(ROUNDS):
        done = archiving.archive(db.engine)
        moved += done
        if done < archiving.BATCH:
            break
    return moved
