"""Rows of the outbox in any state, and everything that can hold it up, written without sending."""

from __future__ import annotations

import time
from datetime import datetime
from itertools import count
from typing import Any

from actionhub import clock
from actionhub.extensions import db
from actionhub.outbox import queue
from actionhub.outbox.models import (
    Beat,
    BeatObservation,
    Destination,
    Email,
    EmailEvent,
    EmailState,
    Mailing,
    MailingState,
    MailTotal,
    Priority,
    Scope,
)
from actionhub.outbox.sweeping import boot_id

_numbers = count(1)


def mailing_of(template: str = "me", priority: int = Priority.URGENT, **changes: Any) -> int:
    """A mailing of that kind, flushed, a new one if it differs; its id."""
    content = {"subject": "The vote is tomorrow"} if template == "followup" else {}
    key = f"trouble:{template}:{next(_numbers) if changes else 0}"
    number = queue.ensure_mailing(
        key, template=template, locale="en", priority=priority, scope=Scope.SIGNING, content=content
    )
    row = db.session.get_one(Mailing, number)
    for column, value in changes.items():
        setattr(row, column, value)
    db.session.flush()
    return number


def a_paused_mailing(because: str | None = "550 5.7.1", refusals: int = 20) -> int:
    """A follow-up's mailing that paused itself; without a reason an organizer paused it."""
    return mailing_of(
        "followup",
        Priority.FOLLOWUP,
        state=MailingState.PAUSED,
        paused_because=because,
        refusals=refusals,
    )


def an_email(state: EmailState, mailing_id: int | None = None, **changes: Any) -> int:
    """An email in any state, flushed; its id."""
    mailing_id = mailing_id or mailing_of()
    now, name = clock.now(), f"trouble:{next(_numbers)}"
    values: dict[str, Any] = {
        "key": name,
        "mailing_id": mailing_id,
        "address": "somebody@example.org",
        "address_hash": "c" * 64,
        "domain": "example.org",
        "fields": {},
        "state": state,
        "priority": db.session.get_one(Mailing, mailing_id).priority,
        "due_at": now,
        "message_id": f"<{name}@example.org>",
        "created_at": now,
    }
    row = Email(**values | changes)
    db.session.add(row)
    db.session.flush()
    return row.id


def an_event(email_id: int, state: EmailState, at: datetime | None = None, **changes: Any) -> int:
    """Something that became of an email; its id."""
    row = EmailEvent(email_id=email_id, at=at or clock.now(), state=state, attempt=1, **changes)
    db.session.add(row)
    db.session.flush()
    return row.id


def archived(mailing_id: int, state: EmailState, number: int) -> None:
    """So many emails of a mailing that were archived."""
    db.session.add(MailTotal(mailing_id=mailing_id, state=state, number=number))
    db.session.flush()


def a_beat(
    owner: str,
    *,
    beat: int = 7,
    started_at: datetime | None = None,
    seen: int | None = None,
    seconds_ago: float = 0.0,
    boot: str | None = None,
) -> None:
    """A worker that holds mail; `seen`: the beat that a sweeper saw so long ago."""
    db.session.add(Beat(owner=owner, beat=beat, started_at=started_at or clock.now()))
    if seen is not None:
        at = time.monotonic() - seconds_ago
        row = {"owner": owner, "boot_id": boot or boot_id(), "beat": seen, "seen_at_monotonic": at}
        db.session.add(BeatObservation(**row))
    db.session.flush()


def a_destination(key: str, **changes: Any) -> None:
    """What the workers know of a relay or a domain."""
    values: dict[str, Any] = {"key": key, "failures": 0, "changed_at": clock.now()}
    db.session.add(Destination(**values | changes))
    db.session.flush()
