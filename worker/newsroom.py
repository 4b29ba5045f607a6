"""The newsroom follows its feeds."""

from __future__ import annotations

import structlog
from celery import shared_task

from actionhub.extensions import db
from actionhub.newsroom import refreshing
from worker.context import in_app

log = structlog.get_logger(__name__)


@shared_task(name="actionhub.newsroom.refresh")
@in_app
def refresh() -> None:
    """Read every followed feed again; how each went stands on its row."""
    # 1. Learn which, and let go of the database: sources may dawdle.
    feeds = refreshing.feeds_to_read()
    db.session.commit()
    for feed in feeds:
        # 2. Fetch and read with no transaction open.
        outcome = refreshing.read_again(feed)
        # 3. One transaction a feed: what it brought, and how it went.
        try:
            refreshing.record(outcome)
            db.session.commit()
        except Exception as problem:  # one feed must not stop the others
            db.session.rollback()
            log.error("feed_not_applied", feed=feed.id, problem=type(problem).__name__)
