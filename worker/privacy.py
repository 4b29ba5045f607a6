"""The task that lets go of what the retention rules say is over."""

from __future__ import annotations

from collections import Counter

import structlog
from celery import shared_task

from actionhub.extensions import db
from actionhub.privacy import cleaning
from worker.context import in_app

log = structlog.get_logger(__name__)

#: Batches a task works off at most: the beat comes again within the hour.
ROUNDS = 200


@shared_task(name="actionhub.privacy.clean")
@in_app
def clean() -> dict[str, int]:
    """Clean up batch by batch, each its own transaction; how many of each kind went."""
    gone: Counter[str] = Counter()
    for _round in range(ROUNDS):
        done = cleaning.clean()
        db.session.commit()
        gone.update(done)
        if not any(done.values()):
            break
    if any(gone.values()):
        log.info("cleaned", **gone)
    return dict(gone)
