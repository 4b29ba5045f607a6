"""Sending what waits for CWC: one letter at a time, each try with the letter's own DeliveryId."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import and_, or_, select, update

from actionhub import clock
from actionhub.actions.letter_words import letter_of
from actionhub.actions.models import Action
from actionhub.database import db
from actionhub.letters.composing import compose
from actionhub.letters.cwc import keeping, posting
from actionhub.letters.cwc.agency import Agency, agency
from actionhub.letters.cwc.documents import Message, to_xml
from actionhub.letters.cwc.models import CwcLetter
from actionhub.letters.cwc.posting import Answer, Said
from actionhub.letters.cwc.preparing import message_of
from actionhub.letters.models import ChannelName, Letter, LetterState
from actionhub.letters.writing import read_back, text_for, texts_of, writer_of
from actionhub.outbox.durations import DURATIONS
from actionhub.signatures.models import Signature, SignatureState
from actionhub.supporters.models import Supporter

log = structlog.get_logger(__name__)

#: How long one run goes on; the next one is woken every half minute.
RUN = timedelta(seconds=20)
#: Seconds between two messages: vendors are told five to ten a second.
PACE = 0.2
#: For how long nobody else takes a letter that is being posted.
LEASE = timedelta(seconds=3 * posting.PATIENCE)
#: When a chamber that turned us away is asked again, and after how long one stays with a retry.
CLOSED_FOR = timedelta(minutes=15)
LONGEST_DELAY = timedelta(hours=6)
#: For how long letters wait for a chamber, or all of CWC, that was taken out of the settings.
GRACE = timedelta(days=1)
#: Why a letter failed whose office was taken out of the operator's file.
NO_OFFICE = "office not set up"


@dataclass(frozen=True)
class Claimed:
    """A letter to be posted."""

    letter_id: int
    office: str
    xml: bytes


def send() -> int:
    """Post what is due, until nothing is or the run's time is over; how many were accepted.

    1. Claim one letter: leased, counted as a try, committed. 2. Post it, outside of any
    transaction. 3. Record the answer and commit. Killed in between, it is posted again when the
    lease is over, under the same DeliveryId: the chamber knows that it is the same letter.
    A chamber that turns us away (key, address list, proxy) is left alone for CLOSED_FOR.
    """
    with_whom = agency()
    _end_unreachable(with_whom)
    if with_whom is None:
        return 0
    accepted = 0
    until = time.monotonic() + RUN.total_seconds()
    with posting.open_client(with_whom) as client:
        while time.monotonic() < until:
            claimed = _claim(with_whom)
            if claimed is None:
                break
            said = posting.post(client, with_whom, claimed.office, claimed.xml)
            _record(claimed, said)
            accepted += said.answer is Answer.ACCEPTED
            time.sleep(PACE)
    return accepted


def _end_unreachable(with_whom: Agency | None) -> None:
    """End what waits for a chamber that is set up no more, after a day's grace; commits."""
    chambers = with_whom.endpoints if with_whom else {}
    gone = [~CwcLetter.office.startswith(letter) for letter in chambers]
    waiting = select(CwcLetter.letter_id).where(
        CwcLetter.next_at.is_not(None), CwcLetter.written_at < clock.now() - GRACE, *gone
    )
    keeping.give_up(list(db.session.scalars(waiting.limit(500))), NO_OFFICE)
    db.session.commit()


def _claim(with_whom: Agency) -> Claimed | None:
    """The next letter that is due; commits. Those that must not go end on the way."""
    open_to_us = sorted(set(with_whom.endpoints) - keeping.closed_chambers())
    while open_to_us:
        at = clock.now()
        kept = db.session.scalars(_due(at, open_to_us)).first()
        if kept is None:
            db.session.rollback()
            return None
        letter_id = kept.letter_id
        letter = db.session.get_one(Letter, letter_id)
        try:
            message = _message(letter, kept, with_whom)
        except _MustNotGo as end:
            _end(letter, end)
            db.session.commit()
            continue
        except Exception as problem:
            log.error("cwc_stuck", letter=letter_id, problem=type(problem).__name__)
            _put_off(letter_id)
            continue
        letter.state, letter.queued_at = LetterState.QUEUED, letter.queued_at or at
        kept.attempts += 1
        kept.leased_until = at + LEASE
        claimed = Claimed(letter.id, kept.office, to_xml(message, with_whom))
        db.session.commit()
        return claimed
    db.session.rollback()
    return None


def _due(at: datetime, chambers: list[str]) -> Any:
    theirs = or_(*(CwcLetter.office.startswith(letter) for letter in chambers))
    free = or_(CwcLetter.leased_until.is_(None), CwcLetter.leased_until < at)
    return (
        select(CwcLetter)
        .where(and_(CwcLetter.next_at <= at, CwcLetter.street.is_not(None), free, theirs))
        .order_by(CwcLetter.next_at, CwcLetter.letter_id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )


class _MustNotGo(Exception):
    """A letter that is not to be posted (any more), and what becomes of it."""

    def __init__(self, state: LetterState, reason: str | None = None) -> None:
        super().__init__(state)
        self.state, self.reason = state, reason


def _message(letter: Letter, kept: CwcLetter, with_whom: Agency) -> Message:
    """What a letter says. Raises _MustNotGo."""
    signature = db.session.get_one(Signature, letter.signature_id)
    supporter = db.session.get(Supporter, signature.supporter_id or 0)
    if signature.state is not SignatureState.CONFIRMED or not (supporter and supporter.address):
        raise _MustNotGo(LetterState.CANCELLED)
    if with_whom.office_of(letter.addressee_key) != kept.office:
        raise _MustNotGo(LetterState.FAILED, NO_OFFICE)
    addressee, writer = read_back(letter.addressee), writer_of(signature)
    text = text_for(addressee, texts_of(signature))
    said = compose(letter_of(text), addressee, writer, text.locale, thanks=letter.thanks)
    action = db.session.get_one(Action, letter.action_id)
    return message_of(action, kept, with_whom, supporter.address, writer, said)


def _end(letter: Letter, end: _MustNotGo) -> None:
    """Let go of a letter that is not posted; one that ended before stays as it is."""
    if letter.state in {LetterState.WAITING, LetterState.QUEUED}:
        letter.state, letter.reason, letter.ended_at = end.state, end.reason, clock.now()
    db.session.flush()
    keeping.wipe([letter.id])


def _put_off(letter_id: int) -> None:
    """Let one letter that cannot be made hold up no other; commits."""
    db.session.rollback()
    db.session.execute(
        update(CwcLetter)
        .where(CwcLetter.letter_id == letter_id)
        .values(next_at=clock.now() + LONGEST_DELAY)
    )
    db.session.commit()


def _record(claimed: Claimed, said: Said) -> None:
    """Keep what a chamber answered; commits."""
    if said.answer is Answer.ACCEPTED:
        # Also one that was stopped or given up meanwhile: it did go.
        given_up = and_(Letter.state == LetterState.FAILED, Letter.reason == keeping.TOO_LATE)
        open_ones = (LetterState.QUEUED, LetterState.CANCELLED)
        _turn(claimed, LetterState.ACCEPTED, None, or_(Letter.state.in_(open_ones), given_up))
    elif said.answer is Answer.REFUSED:
        queued = Letter.state == LetterState.QUEUED
        _turn(claimed, LetterState.FAILED, f"refused: {said.reason}", queued)
    else:
        _try_again(claimed, said)
    db.session.commit()
    if said.answer is not Answer.ACCEPTED:
        say = log.error if said.answer is Answer.CLOSED else log.warning
        say("cwc_not_taken", letter=claimed.letter_id, answer=said.answer, reason=said.reason)


def _turn(claimed: Claimed, state: LetterState, reason: str | None, which: Any) -> None:
    keeping.wipe([claimed.letter_id])  # first, as whoever withdraws does: nobody waits in a ring
    db.session.execute(
        update(Letter)
        .where(Letter.id == claimed.letter_id, Letter.channel == ChannelName.CWC, which)
        .values(state=state, reason=reason, ended_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def _try_again(claimed: Claimed, said: Said) -> None:
    kept = db.session.get(CwcLetter, claimed.letter_id, with_for_update=True)
    if kept is None or kept.street is None:  # erased or stopped meanwhile
        return
    kept.problem = f"{said.answer}: {said.reason}"[:150]
    if said.answer is Answer.CLOSED:
        kept.attempts -= 1
        wait = CLOSED_FOR
    else:
        usual = DURATIONS.after_attempt(kept.attempts) or LONGEST_DELAY
        wait = max(said.wait or timedelta(), min(usual, LONGEST_DELAY))
    kept.next_at, kept.leased_until = clock.now() + wait, None
