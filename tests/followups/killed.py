"""A worker that is killed in the middle of queueing its second batch; run in its own process."""

from __future__ import annotations

import os
from pathlib import Path

from actionhub.app import create_app
from actionhub.followups import emails, queueing, sending
from tests.settings import make_settings


def advance_and_die(database_url: str, folder: str) -> None:
    """Queue three a batch; die with the second batch written and nothing of it committed."""
    queueing.BATCH = dict.fromkeys(queueing.BATCH, 3)
    batches = 0
    enqueue = emails.enqueue

    def dying(*args: object) -> int:
        nonlocal batches
        batches += 1
        written = enqueue(*args)  # type: ignore[arg-type]
        if batches == 2:
            os._exit(9)
        return written

    emails.enqueue = dying  # type: ignore[assignment]
    with create_app(make_settings(database_url, Path(folder))).app_context():
        sending.advance()
