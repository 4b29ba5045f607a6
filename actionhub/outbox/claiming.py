"""Claiming due emails in batches, giving them back, and recovering what dead workers held.

No two workers hold one email: PostgreSQL skips rows that another has locked, SQLite has one
writer at a time. Every later update is fenced by owner and attempt.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Engine, Table, Update, bindparam, case, insert, literal, select, update
from sqlalchemy.engine import Connection

from actionhub import clock
from actionhub.outbox.durations import DURATIONS
from actionhub.outbox.models import (
    Email,
    EmailEvent,
    EmailState,
    Mailing,
    MailingState,
    Priority,
)
from actionhub.outbox.states import CLAIMABLE

EMAILS = cast(Table, Email.__table__)
MAILINGS = cast(Table, Mailing.__table__)
EVENTS = cast(Table, EmailEvent.__table__)


@dataclass(frozen=True)
class Claimed:
    """An email that this worker holds."""

    id: int
    mailing_id: int
    address: str | None
    address_hash: str
    fields: dict[str, Any] | None
    priority: int
    attempt: int  # tries before this one
    unknowns: int
    message_id: str
    created_at: datetime


@dataclass(frozen=True)
class Recovered:
    """How many emails dead workers had held, by what became of them."""

    ready: int = 0
    unknown: int = 0
    failed: int = 0
    held: int = 0


def new_owner() -> str:
    """A name for one run of one worker, never used twice."""
    where = f"{socket.gethostname()[:24]}:{os.getpid()}:{threading.get_ident() % 10**8}"
    return f"{where}:{secrets.token_hex(6)}"


def claim(engine: Engine, owner: str, limit: int) -> list[Claimed]:
    """Hold up to `limit` due emails of active mailings, the most urgent first. Commits."""
    with engine.begin() as connection:
        # 1. What was put off, for up to half of the batch: new mail must not starve it.
        rows = _take(connection, owner, [s for s in CLAIMABLE if s != EmailState.READY], limit // 2)
        # 2. What is new, straight from the index.
        rows += _take(connection, owner, [EmailState.READY], limit - len(rows))
    return sorted(rows, key=lambda email: (email.priority, email.id))


def release(engine: Engine, owner: str, emails: Sequence[Claimed], due_at: datetime | None) -> None:
    """Give back what was claimed and not sent, due at once or at a time. Commits."""
    if not emails:
        return
    with engine.begin() as connection:
        connection.execute(
            update(EMAILS)
            .where(
                EMAILS.c.id.in_([email.id for email in emails]),
                EMAILS.c.owner == owner,
                EMAILS.c.state == EmailState.CLAIMED,
            )
            .values(
                state=EmailState.READY,
                owner=None,
                held_at=None,
                due_at=EMAILS.c.due_at if due_at is None else due_at,
            )
        )


def recover(engine: Engine) -> Recovered:
    """Take back what workers held that must be dead by now. Commits. Safe to run twice at once.

    1. Claimed for longer than the lease: never sent, so ready again.
    2. Sending for longer than any conversation lasts: unknown, to be sent once more when 15
       minutes have passed without evidence; a second time failed; a letter is held for a person.
    """
    now = clock.now()
    with engine.begin() as connection:
        claimed = _recover_claimed(connection, now)
        outcomes = _recover_sending(connection, now)
    return Recovered(
        ready=claimed,
        unknown=outcomes.count(EmailState.UNKNOWN),
        failed=outcomes.count(EmailState.FAILED),
        held=outcomes.count(EmailState.HELD),
    )


def after_unknown(priority: int, unknowns: int) -> EmailState:
    """What an email becomes whose fate is not known, having been so `unknowns` times before."""
    if priority == Priority.LETTER:
        return EmailState.HELD
    return EmailState.FAILED if unknowns else EmailState.UNKNOWN


def _take(
    connection: Connection, owner: str, states: Sequence[EmailState], limit: int
) -> list[Claimed]:
    if limit < 1:
        return []
    now = clock.now()
    parameters = {"states": list(states), "moment": now, "most": limit, "worker": owner}
    return [Claimed(*row) for row in connection.execute(_CLAIM, parameters)]


def _claim_statement() -> Update:
    idle = select(MAILINGS.c.id).where(MAILINGS.c.state != MailingState.ACTIVE)
    due = (
        select(EMAILS.c.id)
        .where(
            EMAILS.c.state.in_(bindparam("states", expanding=True)),
            EMAILS.c.due_at <= bindparam("moment", type_=EMAILS.c.due_at.type),
            EMAILS.c.mailing_id.not_in(idle),
        )
        .order_by(EMAILS.c.priority, EMAILS.c.due_at, EMAILS.c.id)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    return (
        update(EMAILS)
        .where(EMAILS.c.id.in_(select(due.c.id)))
        .values(
            state=EmailState.CLAIMED,
            owner=bindparam("worker"),
            held_at=bindparam("moment", type_=EMAILS.c.due_at.type),
        )
        .returning(*(EMAILS.c[name] for name in Claimed.__dataclass_fields__))
    )


_CLAIM = _claim_statement()


def _recover_claimed(connection: Connection, now: datetime) -> int:
    gone = connection.execute(
        update(EMAILS)
        .where(EMAILS.c.state == EmailState.CLAIMED, EMAILS.c.held_at < now - DURATIONS.lease)
        .values(state=EmailState.READY, owner=None, held_at=None)
    )
    return gone.rowcount


def _recover_sending(connection: Connection, now: datetime) -> list[EmailState]:
    letter = EMAILS.c.priority == Priority.LETTER
    again = EMAILS.c.unknowns > 0
    after = case(
        (letter, literal(EmailState.HELD, EMAILS.c.state.type)),
        (again, literal(EmailState.FAILED, EMAILS.c.state.type)),
        else_=literal(EmailState.UNKNOWN, EMAILS.c.state.type),
    )
    # The owner stays: a late reply of the first attempt is fenced by it.
    turned = connection.execute(
        update(EMAILS)
        .where(EMAILS.c.state == EmailState.SENDING, EMAILS.c.held_at < now - DURATIONS.lease)
        .values(
            state=after,
            unknowns=EMAILS.c.unknowns + 1,
            due_at=now + DURATIONS.unknown_wait,
            finished_at=case((again & ~letter, literal(now, EMAILS.c.due_at.type)), else_=None),
        )
        .returning(EMAILS.c.id, EMAILS.c.attempt, EMAILS.c.state)
    ).all()
    events = [
        {"email_id": number, "at": now, "state": state, "attempt": attempt, "reason": "worker died"}
        for number, attempt, state in turned
    ]
    if events:
        connection.execute(insert(EVENTS), events)
    return [EmailState(state) for _, _, state in turned]
