"""Letters that must not go: their signature was taken back, or its writer erased."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import delete, select, update

from actionhub import clock
from actionhub.database import db
from actionhub.letters.cwc import keeping
from actionhub.letters.emails import key_of
from actionhub.letters.models import Letter, LetterState
from actionhub.outbox import dropping
from actionhub.signatures import quarantine, withdrawing

_NOT_GONE = (LetterState.WAITING, LetterState.QUEUED, LetterState.HELD)


def withdraw(signature_id: int) -> None:
    """Take a signature back, and stop those of its letters that have not gone."""
    withdrawing.withdraw(signature_id)
    stop([signature_id])


def remove(signature_ids: Collection[int]) -> int:
    """Take signatures out for good, with those of their letters that have not gone; how many."""
    stop(signature_ids)
    return quarantine.remove(signature_ids)


def stop(signature_ids: Collection[int]) -> None:
    """Let no letter of these signatures go that has not gone, and none be sent again.

    What is being sent in this moment still goes, and is then told as accepted.
    """
    letters = _of(signature_ids, Letter.state != LetterState.ACCEPTED)
    dropping.forget_keys([key_of(letter_id) for letter_id in letters])
    keeping.wipe(letters)
    db.session.execute(
        update(Letter)
        .where(Letter.id.in_(letters), Letter.state.in_(_NOT_GONE))
        .values(state=LetterState.CANCELLED, ended_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def forget(signature_ids: Collection[int]) -> int:
    """Stop the letters of these signatures, and erase what their emails said. How many letters.

    The rows go with their numbers: an office's counts are of those who still stand behind them.
    """
    letters = _of(signature_ids)
    dropping.forget_keys([key_of(letter_id) for letter_id in letters])
    gone: Any = db.session.execute(delete(Letter).where(Letter.id.in_(letters)))
    return int(gone.rowcount)


def _of(signature_ids: Collection[int], *which: Any) -> list[int]:
    found = select(Letter.id).where(Letter.signature_id.in_(signature_ids), *which)
    return list(db.session.scalars(found))
