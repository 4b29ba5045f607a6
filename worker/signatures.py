"""Tasks of the signatures: folding the counts, reminding those who have not confirmed."""

from __future__ import annotations

from celery import shared_task

from actionhub.extensions import db
from actionhub.signatures import counts, reminding
from worker.context import in_app

#: Batches a task works off at most: the beat comes again.
ROUNDS = 50


@shared_task(name="actionhub.signatures.fold")
@in_app
def fold() -> int:
    """Fold what was noted into the counts; how many changes."""
    folded = 0
    for _round in range(ROUNDS):
        done = counts.fold()
        db.session.commit()
        folded += done
        if done < counts.BATCH:
            break
    return folded


@shared_task(name="actionhub.signatures.remind")
@in_app
def remind() -> int:
    """Remind who is due; how many."""
    reminded = 0
    for _round in range(ROUNDS):
        done = reminding.remind_due()
        db.session.commit()
        reminded += done
        if not done:
            break
    return reminded
