"""The tasks that send what is due, and take back what dead workers held."""

from __future__ import annotations

from celery import shared_task

from actionhub import wakeups
from actionhub.extensions import db
from actionhub.outbox import archiving, sending, sweeping
from actionhub.outbox.durations import DURATIONS
from worker.context import in_app

#: Batches that one task archives at most: the beat comes again.
ROUNDS = 200


@shared_task(name="actionhub.outbox.send")
@in_app
def send() -> None:
    """Send what is due for some seconds. Any number may run at once; each commits by itself.

    One that its time ended wakes the next, so that mail flows on and other tasks have their turn;
    beat, and every commit that queues mail, do so too.
    """
    if sending.drain(seconds=DURATIONS.run.total_seconds(), keep_open=True).more:
        wakeups.flag(wakeups.Task.SEND_MAIL)


@shared_task(name="actionhub.outbox.sweep")
@in_app
def sweep() -> None:
    """Take back what workers held that are dead by now; what is ready again goes out at once."""
    if sweeping.sweep(db.engine).ready:
        wakeups.flag(wakeups.Task.SEND_MAIL)


@shared_task(name="actionhub.outbox.archive")
@in_app
def archive() -> int:
    """Move what finished long ago out of the way, batch by batch; how many rows."""
    return archiving.archive_all(db.engine, ROUNDS)
