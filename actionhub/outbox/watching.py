"""What an operator sees of the outbox, and sending again what ended badly."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, insert, select, update

from actionhub import clock, wakeups
from actionhub.database import db
from actionhub.outbox.claiming import EVENTS
from actionhub.outbox.models import EmailState, Mailing, MailingState
from actionhub.outbox.pacing import EMAILS
from actionhub.outbox.states import CLAIMABLE, RETRYABLE


@dataclass(frozen=True)
class Status:
    """Emails by state, how many are due, since when the oldest waits, how many mailings pause."""

    states: dict[EmailState, int]
    due: int
    oldest_due_at: datetime | None
    paused_mailings: int


def status() -> Status:
    """The outbox as it stands."""
    counted = db.session.execute(select(EMAILS.c.state, func.count()).group_by(EMAILS.c.state))
    due = select(func.count(), func.min(EMAILS.c.due_at)).where(*_is_due(clock.now()))
    number, oldest = db.session.execute(due).one()
    paused = select(func.count()).where(Mailing.state == MailingState.PAUSED)
    return Status(
        states={state: number for state, number in counted},  # noqa: C416
        due=number,
        oldest_due_at=oldest,
        paused_mailings=db.session.execute(paused).scalar_one(),
    )


def oldest_due_seconds() -> dict[int, float]:
    """By priority, how long the oldest email that should go now has waited, in seconds."""
    moment = clock.now()
    waiting = select(EMAILS.c.priority, func.min(EMAILS.c.due_at)).where(*_is_due(moment))
    return {
        priority: (moment - due_at).total_seconds()
        for priority, due_at in db.session.execute(waiting.group_by(EMAILS.c.priority))
    }


def _is_due(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    active = select(Mailing.id).where(Mailing.state == MailingState.ACTIVE)
    return (
        EMAILS.c.state.in_(CLAIMABLE),
        EMAILS.c.due_at <= moment,
        EMAILS.c.mailing_id.in_(active),
    )


def retry(states: Collection[EmailState]) -> int:
    """Make emails that are held, failed or expired ready again, with all their tries; how many.

    Erased ones stay as they are. Raises ValueError for any other state.
    """
    if not set(states) <= RETRYABLE:
        raise ValueError(f"only {', '.join(sorted(RETRYABLE))} emails can be sent again")
    now = clock.now()
    turned = db.session.execute(
        update(EMAILS)
        .where(EMAILS.c.state.in_(list(states)), EMAILS.c.address.is_not(None))
        .values(
            state=EmailState.READY,
            due_at=now,
            owner=None,
            held_at=None,
            finished_at=None,
            attempt=0,
            unknowns=0,
        )
        .returning(EMAILS.c.id)
    ).all()
    events = [
        {"email_id": n, "at": now, "state": EmailState.READY, "attempt": 0, "reason": "retried"}
        for (n,) in turned
    ]
    if events:
        db.session.execute(insert(EVENTS), events)
        wakeups.on_commit(wakeups.Task.SEND_MAIL)
    return len(events)
