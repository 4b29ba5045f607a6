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
from actionhub.letters.showing import keep_words
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

    What is being sent in this moment still goes, and is then told as accepted. Those that went, or
    may have, keep their words: the signature may be given anew with others.
    """
    letters = _held(signature_ids)
    if not letters:
        return
    keep_words([letter for letter in letters if letter.queued_at or letter.ended_at])
    unsent = [letter.id for letter in letters if letter.state is not LetterState.ACCEPTED]
    dropping.forget_keys([key_of(letter_id) for letter_id in unsent])
    db.session.execute(
        update(Letter)
        .where(Letter.id.in_(unsent), Letter.state.in_(_NOT_GONE))
        .values(state=LetterState.CANCELLED, ended_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    db.session.expire_all()


def forget(signature_ids: Collection[int]) -> int:
    """Stop the letters of these signatures, and erase what their emails said. How many letters.

    The rows go with their numbers: an office's counts are of those who still stand behind them.
    """
    letters = [letter.id for letter in _held(signature_ids)]
    if not letters:
        return 0
    dropping.forget_keys([key_of(letter_id) for letter_id in letters])
    gone: Any = db.session.execute(delete(Letter).where(Letter.id.in_(letters)))
    return int(gone.rowcount)


def _held(signature_ids: Collection[int]) -> list[Letter]:
    """The letters of these signatures, held: who queues one in this moment is waited for.

    What CWC keeps goes first, in the order in which who posts one holds them.
    """
    of_theirs = Letter.signature_id.in_(signature_ids)
    ids = list(db.session.scalars(select(Letter.id).where(of_theirs))) if signature_ids else []
    if not ids:
        return []
    keeping.wipe(ids)
    return list(
        db.session.scalars(
            select(Letter).where(of_theirs).order_by(Letter.id).with_for_update(),
            execution_options={"populate_existing": True},
        )
    )
