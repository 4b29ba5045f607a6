"""The task that folds what became of emails into the figures that pictures and /metrics show."""

from __future__ import annotations

from celery import shared_task

from actionhub.extensions import db
from actionhub.outbox import tallying
from worker.context import in_app

#: Batches that one task folds at most: the beat comes again.
ROUNDS = 50


@shared_task(name="actionhub.outbox.tally")
@in_app
def tally() -> int:
    """Fold the events that came since; how many."""
    folded = 0
    for _round in range(ROUNDS):
        done = tallying.fold()
        db.session.commit()
        folded += done
        if not done:
            break
    return folded
