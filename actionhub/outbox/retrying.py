"""Sending again what ended badly, once its cause is mended."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import insert, or_, update

from actionhub import clock, wakeups
from actionhub.database import db
from actionhub.outbox.claiming import EVENTS
from actionhub.outbox.models import EmailState
from actionhub.outbox.pacing import EMAILS
from actionhub.outbox.states import RETRYABLE


def retry(states: Collection[EmailState], *, perhaps_sent: bool = False) -> int:
    """Make emails that are held, failed or expired ready again, with all their tries; how many.

    Erased ones stay as they are, and so do, unless `perhaps_sent`, failed ones whose fate was not
    known: they may have arrived. Raises ValueError for any other state.
    """
    if not set(states) <= RETRYABLE:
        raise ValueError(f"only {', '.join(sorted(RETRYABLE))} emails can be sent again")
    now = clock.now()
    sure = or_(EMAILS.c.state != EmailState.FAILED, EMAILS.c.unknowns == 0)
    known = () if perhaps_sent else (sure,)
    turned = db.session.execute(
        update(EMAILS)
        .where(EMAILS.c.state.in_(list(states)), EMAILS.c.address.is_not(None), *known)
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
