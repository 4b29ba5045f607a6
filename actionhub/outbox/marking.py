"""The fenced updates of the hot path: this one is sent, the next is being sent, in one commit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg as driver_errors
from sqlalchemy import (
    Engine,
    Update,
    insert,
    update,
)
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from actionhub import clock
from actionhub.outbox import statements
from actionhub.outbox.claiming import EVENTS, Claimed
from actionhub.outbox.hotline import hotline
from actionhub.outbox.models import EmailState, Scope
from actionhub.outbox.pacing import EMAILS
from actionhub.outbox.replies import Reply


@dataclass(frozen=True)
class Settled:
    """What became of one try: the state that the email turns into."""

    email: Claimed
    state: EmailState
    reply: Reply | None = None
    due_at: datetime | None = None
    charged: bool = True  # False: nobody's fault, so no attempt
    unknown: bool = False


@dataclass(frozen=True)
class Marked:
    """Whether the last one's record and the next one's mark were made, or fenced off."""

    settled: bool
    marked: bool


def connect(engine: Engine) -> Connection:
    """A connection for `advance`: on PostgreSQL each of its statements is a commit by itself."""
    connection = engine.connect()
    if engine.dialect.name == "postgresql":
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        # Never back in the pool: on a rollback psycopg forgets all statements that were prepared.
        connection.detach()
    return connection


def advance(
    connection: Connection,
    owner: str,
    sent: Settled | None,
    following: tuple[Claimed, Scope] | None,
    meanwhile: Callable[[], None] | None = None,
) -> Marked:
    """Record that one was sent and mark the next as being sent, in one commit.

    The mark is refused when its mailing is not active or its address is suppressed by now.
    `meanwhile` runs once PostgreSQL has the statement, which a death of ours then cannot stop; on
    SQLite after the commit, if the next one was marked.
    """
    values: dict[str, Any] = {"worker": owner, "moment": clock.now()}
    if sent is not None:
        values |= _of_sent(sent)
    if following is not None:
        values |= _of_mark(*following)
    if connection.dialect.name == "postgresql":
        say = (sent is not None, following is not None, values, meanwhile)
        return _advance_at_once(connection, *say)
    with connection.begin():
        settled = marked = False
        if sent is not None:
            settled = connection.execute(statements.SENT, values).rowcount == 1
            if settled:
                connection.execute(statements.EVENT, values)
        if following is not None:
            marked = connection.execute(statements.MARK, values).rowcount == 1
    if marked and meanwhile is not None:
        meanwhile()
    return Marked(settled, marked)


def _advance_at_once(
    connection: Connection,
    sent: bool,
    mark: bool,
    values: dict[str, Any],
    meanwhile: Callable[[], None] | None,
) -> Marked:
    """One statement, one round trip, one commit. Raises DBAPIError, as SQLAlchemy would."""
    driver: Any = connection.connection.dbapi_connection
    try:
        return Marked(*hotline(driver).say(sent, mark, values, meanwhile))
    except driver_errors.Error as problem:
        driver.close()  # and let a fresh connection try
        raise DBAPIError.instance(None, None, problem, driver_errors.Error) from None


def settle(connection: Connection, owner: str, settled: Settled) -> bool:
    """Record any other outcome, within the caller's transaction; False if fenced off."""
    email, now = settled.email, clock.now()
    finished = settled.state in (EmailState.FAILED, EmailState.EXPIRED, EmailState.SENT)
    values: dict[str, Any] = {"state": settled.state, "finished_at": now if finished else None}
    if settled.due_at is not None:
        values["due_at"] = settled.due_at
    if not settled.charged:
        values |= {"attempt": email.attempt, "unknowns": email.unknowns}
        values |= {"owner": None, "held_at": None}
    if settled.unknown:
        values["unknowns"] = EMAILS.c.unknowns + 1
    done = connection.execute(_fenced(update(EMAILS), owner, email.attempt + 1, email.id, values))
    if done.rowcount != 1:
        return False
    note(connection, email.id, settled.state, email.attempt + 1, settled.reply)
    return True


def sent_late(connection: Connection, email: Claimed) -> bool:
    """The server took what we had given up for lost: sent, whatever it became meanwhile.

    Part of the caller's transaction.
    """
    done = connection.execute(
        update(EMAILS)
        .where(
            EMAILS.c.id == email.id,
            EMAILS.c.attempt > email.attempt,
            EMAILS.c.state != EmailState.SENT,
        )
        .values(state=EmailState.SENT, finished_at=clock.now(), owner=None)
    )
    if done.rowcount != 1:
        return False
    note(connection, email.id, EmailState.SENT, email.attempt + 1, None, "taken late")
    return True


def forget_unknown(connection: Connection, owner: str, email: Claimed) -> None:
    """A claimed email was never taken, as is known for sure now. The caller commits."""
    connection.execute(
        update(EMAILS)
        .where(
            EMAILS.c.id == email.id,
            EMAILS.c.owner == owner,
            EMAILS.c.state == EmailState.CLAIMED,
        )
        .values(unknowns=0)
    )


def turn_claimed(
    connection: Connection, owner: str, email: Claimed, after: EmailState, reason: str
) -> bool:
    """Turn an email that was claimed, and cannot or must not be sent, into `after`."""
    now = clock.now()
    done = connection.execute(
        update(EMAILS)
        .where(
            EMAILS.c.id == email.id,
            EMAILS.c.owner == owner,
            EMAILS.c.attempt == email.attempt,
            EMAILS.c.state == EmailState.CLAIMED,
        )
        .values(state=after, owner=None, held_at=None, finished_at=now)
    )
    if done.rowcount != 1:
        return False
    note(connection, email.id, after, email.attempt, None, reason)
    return True


def note(
    connection: Connection,
    email_id: int,
    state: EmailState,
    attempt: int,
    reply: Reply | None,
    reason: str | None = None,
) -> None:
    """Add an event."""
    row = {"email_id": email_id, "at": clock.now(), "state": state, "attempt": attempt}
    row |= {"code": reply.code, "enhanced": reply.enhanced} if reply else {}
    connection.execute(insert(EVENTS), row | {"reason": reply.reason if reply else reason})


def _fenced(
    statement: Update, owner: str, attempt: int, email_id: int, values: dict[str, Any]
) -> Update:
    return statement.where(
        EMAILS.c.id == email_id,
        EMAILS.c.owner == owner,
        EMAILS.c.attempt == attempt,
        statements.IS_OPEN,
    ).values(**values)


def _of_sent(sent: Settled) -> dict[str, Any]:
    reply = sent.reply
    return {
        "sent_id": sent.email.id,
        "sent_attempt": sent.email.attempt + 1,
        "reply_code": reply.code if reply else None,
        "reply_status": reply.enhanced if reply else None,
    }


def _of_mark(email: Claimed, scope: Scope) -> dict[str, Any]:
    return {"next_id": email.id, "next_attempt": email.attempt, "of_scope": scope}
