"""Emails that must not go out, or of which nothing may be left."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import insert, select, union_all, update

from actionhub import clock
from actionhub.database import db
from actionhub.outbox.models import ArchivedEmail, Email, EmailEvent, EmailState
from actionhub.outbox.states import CANCELLABLE


def cancel_to(address_hash: str) -> int:
    """Cancel all mail to an address that has not gone out; how many."""
    return cancel(Email.address_hash == address_hash)


def cancel_keys(keys: Collection[str]) -> int:
    """Cancel the emails of these keys that have not gone out; how many."""
    return cancel(Email.key.in_(keys)) if keys else 0


def unsent_for_good(keys: Collection[str]) -> set[str]:
    """Which of these keys no email has gone out under, and none will."""
    may_go = select(Email.key).where(Email.key.in_(keys), Email.state != EmailState.CANCELLED)
    went = select(ArchivedEmail.key).where(
        ArchivedEmail.key.in_(keys), ArchivedEmail.state != EmailState.CANCELLED
    )
    return set(keys) - set(db.session.scalars(union_all(may_go, went)))


def forget_keys(keys: Collection[str]) -> int:
    """Erase where the emails of these keys went and what they said, after cancelling them."""
    cancel_keys(keys)
    return sum(_empty(table, table.key.in_(keys)) for table in (Email, ArchivedEmail))


def forget(address_hash: str) -> int:
    """Erase where all mail to an address went and what it said; unsent mail is cancelled first.

    How many emails were erased, archived ones too. Their keys, states and times stay.
    """
    cancel_to(address_hash)
    # In this order: what is archived meanwhile is met there.
    return sum(
        _empty(table, table.address_hash == address_hash) for table in (Email, ArchivedEmail)
    )


def cancel(which: Any) -> int:
    """Cancel those emails that have not gone out; how many."""
    now = clock.now()
    gone = db.session.execute(
        update(Email)
        .where(which, Email.state.in_(sorted(CANCELLABLE)))
        .values(state=EmailState.CANCELLED, finished_at=now, owner=None)
        .execution_options(synchronize_session=False)
    )
    if not (number := int(getattr(gone, "rowcount", 0))):
        return 0
    just_now = (which, Email.state == EmailState.CANCELLED, Email.finished_at == now)
    event = (Email.id, Email.finished_at, Email.state, Email.attempt)
    columns = ["email_id", "at", "state", "attempt"]
    db.session.execute(insert(EmailEvent).from_select(columns, select(*event).where(*just_now)))
    return number


def _empty(table: type[Email | ArchivedEmail], which: Any) -> int:
    gone = db.session.execute(
        update(table)
        .where(which, table.address.is_not(None))
        .values(address=None, domain=None, fields=None)
        .execution_options(synchronize_session=False)
    )
    return int(getattr(gone, "rowcount", 0))
