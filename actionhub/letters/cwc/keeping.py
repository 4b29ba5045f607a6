"""Keeping what a CWC letter needs, and letting go of it: accepted, refused, stopped or too old."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlalchemy import func, or_, select, update

from actionhub import clock, wakeups
from actionhub.config import settings
from actionhub.database import db
from actionhub.letters.cwc.models import CwcLetter
from actionhub.letters.models import Letter, LetterState

#: Why a letter failed that no chamber took in time.
TOO_LATE = "too late"
#: How the problem of a letter begins whose chamber, or the proxy, turned us away.
CLOSED = "closed:"
NOBODY: dict[str, Any] = dict.fromkeys(
    ("prefix", "first_name", "last_name", "street", "next_at", "leased_until")
)


def keep(letter_id: int, prepared: CwcLetter) -> None:
    """Keep what a letter needs to go, and wake who sends it. The caller commits."""
    prepared.letter_id = letter_id
    db.session.add(prepared)
    wakeups.on_commit(wakeups.Task.POST_LETTERS)


def wipe(letter_ids: Collection[int]) -> None:
    """Let go of whom these letters are from; they are not tried again. The caller commits."""
    if letter_ids:
        db.session.execute(
            update(CwcLetter)
            .where(CwcLetter.letter_id.in_(letter_ids))
            .values(NOBODY)
            .execution_options(synchronize_session=False)
        )


def held_of(letter_id: int) -> dict[str, str] | None:
    """What is held of a letter's writer, as long as it is."""
    kept = db.session.get(CwcLetter, letter_id)
    if kept is None or kept.street is None:
        return None
    names = ("prefix", "first_name", "last_name", "street")
    return {name: getattr(kept, name) or "" for name in names}


def waiting() -> int:
    """How many letters are not over."""
    return _number(CwcLetter.next_at.is_not(None))


def turned_away() -> int:
    """How many wait because a chamber or the proxy turned us away: no letter's fault."""
    return _number(CwcLetter.next_at.is_not(None), CwcLetter.problem.startswith(CLOSED))


def closed_chambers() -> set[str]:
    """Those that turned a letter away which still waits for its next try, by their first letter."""
    chamber = func.substr(CwcLetter.office, 1, 1)
    refused = (CwcLetter.next_at > clock.now(), CwcLetter.problem.startswith(CLOSED))
    return set(db.session.scalars(select(chamber).where(*refused).distinct()))


def _number(*which: Any) -> int:
    return int(db.session.scalar(select(func.count()).select_from(CwcLetter).where(*which)) or 0)


def forget_old(limit: int) -> int:
    """End up to `limit` letters that nobody took in time; how many. The caller commits.

    Their writers are then offered the other ways.
    """
    days = settings().retention.letter_street_days
    old = list(
        db.session.scalars(
            select(CwcLetter.letter_id)
            .where(
                CwcLetter.street.is_not(None),
                CwcLetter.written_at < clock.now() - timedelta(days=days),
                or_(CwcLetter.leased_until.is_(None), CwcLetter.leased_until < clock.now()),
            )
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    )
    give_up(old, TOO_LATE)
    return len(old)


def give_up(letter_ids: Collection[int], reason: str) -> None:
    """Let these fail that have not ended, and let go of whom they are from. The caller commits.

    What is kept goes first: whoever withdraws holds the two in this order.
    """
    if letter_ids:
        wipe(letter_ids)
        db.session.execute(
            update(Letter)
            .where(
                Letter.id.in_(letter_ids),
                Letter.state.in_((LetterState.WAITING, LetterState.QUEUED)),
            )
            .values(state=LetterState.FAILED, reason=reason, ended_at=clock.now())
            .execution_options(synchronize_session=False)
        )
