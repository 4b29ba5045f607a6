"""The task that reads what came back, where a mailbox for it is named."""

from __future__ import annotations

import structlog
from celery import shared_task

from actionhub.config import settings
from actionhub.errors import ActionHubError
from actionhub.supporters.reports import Read, read_mailbox
from worker.context import in_app

log = structlog.get_logger(__name__)


@shared_task(name="actionhub.outbox.bounces")
@in_app
def bounces() -> None:
    """Read what is new in ACTIONHUB_BOUNCE_MAILBOX; each message commits by itself."""
    source = settings().bounce_mailbox
    if not source:
        return
    read = Read()
    try:
        read_mailbox(source, read)
    except ActionHubError as problem:  # its words name no password; beat comes again
        log.warning("bounces_not_read", problem=type(problem).__name__)
    if read.taken:
        log.info("bounces", **{kind.value: number for kind, number in read.taken.items()})
