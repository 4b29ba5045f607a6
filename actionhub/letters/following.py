"""What became of the letters that were mailed: accepted, failed, or held for a person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String, bindparam, cast, or_, select, union_all, update

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


def follow() -> int:
    """Turn the letters whose email has come to something; commits by itself. How many turned.

    What an operator sends again (`outbox retry`) may still be accepted, and what was accepted may
    come back: neither is the end of it.
    """
    turned = 0
    while batch := _settled():
        moment = clock.now()
        changes = [_change(row, moment) for row in batch]
        db.session.connection().execute(_TURN, changes)
        db.session.commit()
        turned += len(batch)
        if len(batch) < BATCH:
            break
    db.session.rollback()
    return turned


def _settled() -> list[Any]:
    """Letters that stand otherwise than their email does."""
    found = union_all(*(_of(table) for table in (Email, ArchivedEmail))).limit(BATCH)
    return list(db.session.execute(found))


def _of(table: type[Email | ArchivedEmail]) -> Any:
    came_back = (
        select(Report.digest).where(Report.email_id == table.id, Report.kind == "bounced").exists()
    )
    turns = [
        (table.state == email)
        & (Letter.state != letter)
        & Letter.state.in_((LetterState.QUEUED, LetterState.HELD, LetterState.FAILED))
        & (~came_back if email is EmailState.SENT else True)
        for email, letter in _BECOMES.items()
    ]
    back = came_back & Letter.state.in_((LetterState.QUEUED, LetterState.ACCEPTED))
    return (
        select(Letter.id, table.state, table.finished_at, came_back.label("came_back"))
        .join(table, table.key == "letter:" + cast(Letter.id, String))
        .where(Letter.channel == ChannelName.EMAIL, or_(*turns, back))
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
