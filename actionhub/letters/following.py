"""What became of the letters that were mailed: accepted, failed, or held for a person."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    String,
    bindparam,
    case,
    cast,
    false,
    func,
    or_,
    select,
    true,
    union_all,
    update,
)

from actionhub import clock
from actionhub.database import db
from actionhub.letters.models import ChannelName, Letter, LetterState
from actionhub.outbox.models import ArchivedEmail, Email, EmailState, Report

LETTERS: Any = Letter.__table__
#: Letters that one transaction looks at.
BATCH = 500

#: What a letter's email has come to, and what that makes of the letter.
_BECOMES = {
    EmailState.SENT: LetterState.ACCEPTED,
    EmailState.FAILED: LetterState.FAILED,
    EmailState.SUPPRESSED: LetterState.FAILED,
    EmailState.EXPIRED: LetterState.FAILED,
    EmailState.CANCELLED: LetterState.CANCELLED,
    EmailState.HELD: LetterState.HELD,
}
REFUSED, CAME_BACK = "refused", "came back"
BOUNCED = "bounced"
#: How long ago a report may have come in that this still looks for.
LATELY = timedelta(days=7)


def follow() -> int:
    """Turn the letters whose email has come to something; commits by itself. How many turned.

    What an operator sends again (`outbox retry`) may still be accepted, and what was accepted may
    come back: neither is the end of it.
    """
    turned = 0
    while batch := _settled():
        moment = clock.now()
        # In the order in which whoever withdraws holds them: none waits for the other.
        changes = [_change(row, moment) for row in sorted(batch, key=lambda row: int(row.id))]
        db.session.connection().execute(_TURN, changes)
        db.session.commit()
        turned += len(batch)
        if len(batch) < BATCH:
            break
    db.session.rollback()
    return turned


def _settled() -> list[Any]:
    """Letters that stand otherwise than their email does."""
    tables = (Email, ArchivedEmail)
    parts = [*(_turned(table) for table in tables), *(_back(table) for table in tables)]
    return list(db.session.execute(union_all(*parts).limit(BATCH)))


def _turned(table: type[Email | ArchivedEmail]) -> Any:
    """Letters on their way whose email has come to something else than they tell."""
    came_back = select(Report.digest).where(Report.email_id == table.id, Report.kind == BOUNCED)
    turns = [
        (table.state == email)
        & (Letter.state != letter)
        & (~came_back.exists() if email is EmailState.SENT else true())
        for email, letter in _BECOMES.items()
    ]
    on_their_way = or_(
        Letter.state.in_((LetterState.QUEUED, LetterState.HELD, LetterState.FAILED)),
        # Stopped while it was being sent: it did go.
        (Letter.state == LetterState.CANCELLED) & (table.state == EmailState.SENT),
    )
    return (
        select(Letter.id, table.state, table.finished_at, false().label("came_back"))
        .join(table, table.key == "letter:" + cast(Letter.id, String))
        .where(on_their_way, Letter.channel == ChannelName.EMAIL, or_(*turns))
    )


def _back(table: type[Email | ArchivedEmail]) -> Any:
    """Letters that came back lately: from the reports, which are few, and not from all letters."""
    # A case, since other emails' keys are no numbers and may be looked at first.
    digits = func.substr(table.key, len("letter:") + 1)
    number = case((table.key.like("letter:%"), cast(digits, BigInteger)))
    return (
        select(Letter.id, table.state, table.finished_at, true().label("came_back"))
        .join(table, table.id == Report.email_id)
        .join(Letter, Letter.id == number)
        .where(
            Report.kind == BOUNCED,
            Report.received_at > clock.now() - LATELY,
            table.key.like("letter:%"),
            Letter.channel == ChannelName.EMAIL,
            Letter.state.in_((LetterState.QUEUED, LetterState.ACCEPTED)),
        )
        .select_from(Report)
    )


def _change(row: Any, moment: datetime) -> dict[str, Any]:
    state = LetterState.FAILED if row.came_back else _BECOMES[row.state]
    reasons = {LetterState.FAILED: REFUSED}
    return {
        "letter": row.id,
        "to_state": state,
        "why": CAME_BACK if row.came_back else reasons.get(state),
        "ended": None if state is LetterState.HELD else row.finished_at or moment,
    }


_TURN = (
    update(LETTERS)
    .where(LETTERS.c.id == bindparam("letter"))
    .values(
        state=bindparam("to_state", type_=LETTERS.c.state.type),
        reason=bindparam("why", type_=LETTERS.c.reason.type),
        ended_at=bindparam("ended", type_=LETTERS.c.ended_at.type),
    )
)
