"""Claiming due emails in batches, and giving them back.

No two workers hold one email: PostgreSQL skips rows that another has locked, SQLite has one
writer at a time. Every later update is fenced by owner and attempt.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import Engine, Table, Update, bindparam, literal, or_, select, update
from sqlalchemy.engine import Connection

from actionhub import clock
from actionhub.outbox import beats, pacing
from actionhub.outbox.destinations import Outlook
from actionhub.outbox.models import EmailEvent, EmailState, Mailing, MailingState, Priority
from actionhub.outbox.pacing import EMAILS, Limits

MAILINGS = cast(Table, Mailing.__table__)
EVENTS = cast(Table, EmailEvent.__table__)


@dataclass(frozen=True)
class Claimed:
    """An email that this worker holds."""

    id: int
    mailing_id: int
    address: str | None
    address_hash: str
    domain: str | None
    fields: dict[str, Any] | None
    priority: int
    attempt: int  # tries before this one
    unknowns: int
    message_id: str
    created_at: datetime


def new_owner() -> str:
    """A name for one run of one worker, never used twice."""
    where = f"{socket.gethostname()[:24]}:{os.getpid()}:{threading.get_ident() % 10**8}"
    return f"{where}:{secrets.token_hex(6)}"


def claim(
    engine: Engine,
    owner: str,
    limit: int,
    *,
    outlook: Outlook | None = None,
    limits: Limits | None = None,
    first: bool = False,
) -> list[Claimed]:
    """Hold up to `limit` due emails of active mailings, the most urgent first. Commits.

    Passes over domains that cool, and those for which as many workers as may are at it. With the
    `first` that it finds, `owner` begins to beat.
    """
    with engine.begin() as connection:
        # 1. Who may have what: under a lock where connections are counted.
        if limits and not pacing.may_connect(connection, limits, first=first):
            return []
        outlook = outlook or Outlook()
        full = pacing.full_domains(connection, owner, limits or Limits(), outlook.slow)
        shut: set[str] = full | set(outlook.cooling)
        # 2. What was put off, for up to half of the batch: new mail must not starve it.
        rows = _take(connection, owner, limit // 2, shut, later=True)
        # 3. What is new, straight from the index.
        rows += _take(connection, owner, limit - len(rows), shut, later=False)
        # 4. Its beat, in the same commit: from here on a sweeper watches it.
        if rows and first:
            beats.write_first(connection, owner)
    return sorted(rows, key=lambda email: (email.priority, email.id))


def release(engine: Engine, owner: str, emails: Sequence[Claimed], due_at: datetime | None) -> None:
    """Give back what was claimed and not sent: due at once, or put off to a time. Commits."""
    if not emails:
        return
    values: dict[str, Any] = {"state": EmailState.READY}
    if due_at is not None:
        values = {"state": EmailState.DEFERRED, "due_at": due_at}
    with engine.begin() as connection:
        connection.execute(
            update(EMAILS)
            .where(
                EMAILS.c.id.in_([email.id for email in emails]),
                EMAILS.c.owner == owner,
                EMAILS.c.state == EmailState.CLAIMED,
            )
            .values(owner=None, held_at=None, **values)
        )


def after_unknown(priority: int, unknowns: int, can_ask: bool) -> EmailState:
    """What an email becomes whose fate is not known, having been so `unknowns` times before.

    `can_ask`: the relay can tell whether it took one, and is asked before it is given up.
    """
    if priority == Priority.LETTER:
        return EmailState.HELD
    return EmailState.FAILED if unknowns and not can_ask else EmailState.UNKNOWN


def _take(
    connection: Connection, owner: str, limit: int, shut: Collection[str], *, later: bool
) -> list[Claimed]:
    if limit < 1:
        return []
    parameters = {"moment": clock.now(), "most": limit, "worker": owner}
    if shut:
        parameters["shut"] = sorted(shut)
    statement = _claim_statement(later, bool(shut))
    return [Claimed(*row) for row in connection.execute(statement, parameters)]


@cache
def _claim_statement(later: bool, passes_over: bool) -> Update:
    """States are spelt out: only so does SQLite use the partial indexes."""
    moment = bindparam("moment", type_=EMAILS.c.due_at.type)
    states = ("deferred", "unknown") if later else ("ready",)
    idle = select(MAILINGS.c.id).where(MAILINGS.c.state != MailingState.ACTIVE)
    due = select(EMAILS.c.id).where(
        EMAILS.c.state.in_([literal(state, literal_execute=True) for state in states]),
        EMAILS.c.mailing_id.not_in(idle),
    )
    if later:
        due = due.where(EMAILS.c.due_at <= moment).order_by(
            EMAILS.c.priority, EMAILS.c.due_at, EMAILS.c.id
        )
    else:
        due = due.order_by(EMAILS.c.priority, EMAILS.c.id)
    if passes_over:
        closed = EMAILS.c.domain.in_(bindparam("shut", expanding=True))
        due = due.where(or_(EMAILS.c.domain.is_(None), ~closed))
    chosen = due.limit(bindparam("most")).with_for_update(skip_locked=True).cte("due")
    return (
        update(EMAILS)
        .where(EMAILS.c.id.in_(select(chosen.c.id)))
        .values(state=EmailState.CLAIMED, owner=bindparam("worker"), held_at=moment)
        .returning(*(EMAILS.c[name] for name in Claimed.__dataclass_fields__))
    )
