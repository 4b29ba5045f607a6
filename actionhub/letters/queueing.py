"""Letters into the outbox: to each office in its hours, and so many an hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import bindparam, func, select, update

from actionhub import clock
from actionhub.actions import contacts
from actionhub.actions.addressees import current
from actionhub.actions.letter_words import letter_of
from actionhub.actions.models import ActionText
from actionhub.config import settings
from actionhub.database import db
from actionhub.letters import hours
from actionhub.letters.channels import ways_to
from actionhub.letters.composing import compose
from actionhub.letters.emails import enqueue
from actionhub.letters.models import ChannelName, Letter, LetterState
from actionhub.letters.writing import read_back, text_for, texts_of, writer_of
from actionhub.signatures.models import Signature, SignatureState
from actionhub.supporters.models import Supporter

log = structlog.get_logger(__name__)

#: Letters that one transaction queues.
BATCH = 200
LETTERS: Any = Letter.__table__
_WAITS = (Letter.state == LetterState.WAITING) & (Letter.channel == ChannelName.EMAIL)


#: The key of the advisory lock under which PostgreSQL queues: "letters", in ASCII.
QUEUEING = int.from_bytes(b"letters")


@dataclass(frozen=True)
class Office:
    """An office that letters wait for, and how many of them it gets an hour."""

    key: str
    per_hour: int


def advance() -> int:
    """Queue what may go now, office by office; commits batch by batch. How many were queued.

    1. An office's letters are taken oldest first, in its hours, as many as its pace allows.
    2. Each batch is one transaction: the emails, and the letters turned `queued`. Killed in
       between, nothing of it is there and it comes again; an email's key is unique.
    3. One worker at a time queues, so that two do not each fill an office's hour.
    4. One that fails is logged and holds up no other office.
    """
    queued = 0
    for office in _offices(clock.now()):
        try:
            queued += _queue_for(office)
        except Exception as problem:
            db.session.rollback()
            log.error("letters_stuck", office=office.key, problem=type(problem).__name__)
    return queued


def _offices(at: datetime) -> list[Office]:
    waiting = db.session.execute(
        select(Letter.addressee_key, func.min(Letter.id))
        .where(_WAITS)
        .group_by(Letter.addressee_key)
        .order_by(func.min(Letter.id))
    ).all()
    known = contacts.of(row.addressee_key for row in waiting)
    found = []
    for key, first in waiting:
        addressee = read_back(db.session.get_one(Letter, first).addressee)
        contact = known.get(key)
        per_hour = (contact.per_hour if contact else None) or settings().letters_per_hour
        if hours.is_open(addressee, at):
            found.append(Office(key, per_hour))
    db.session.rollback()
    return found


def _room(office: Office, at: datetime) -> int:
    """How many more an office gets now."""
    this_hour, lately = db.session.execute(
        select(func.count(), func.count().filter(Letter.queued_at > at - hours.PART)).where(
            Letter.addressee_key == office.key, Letter.queued_at > at - hours.HOUR
        )
    ).one()
    return min(office.per_hour - this_hour, hours.part_of(office.per_hour) - lately)


def _queue_for(office: Office) -> int:
    queued = 0
    while letters := _take(office):
        queued += _queue(letters)
        db.session.commit()
    db.session.rollback()
    return queued


def _take(office: Office) -> list[Letter]:
    """What goes to an office next; nothing where another worker queues at this moment."""
    if db.engine.dialect.name == "postgresql":  # SQLite has one writer
        alone = func.pg_try_advisory_xact_lock(QUEUEING)
        if not db.session.scalar(select(alone)):
            return []
    room = _room(office, clock.now())
    held = (
        select(Letter)
        .where(_WAITS, Letter.addressee_key == office.key)
        .order_by(Letter.id)
        .limit(max(0, min(room, BATCH)))
        .with_for_update(skip_locked=True)
    )
    return list(db.session.scalars(held, execution_options={"populate_existing": True}))


def _queue(letters: list[Letter]) -> int:
    at = clock.now()
    people = {
        signature.id: (signature, supporter)
        for signature, supporter in db.session.execute(
            select(Signature, Supporter)
            .outerjoin(Supporter, Supporter.id == Signature.supporter_id)
            .where(Signature.id.in_([letter.signature_id for letter in letters]))
        )
    }
    texts: dict[int, dict[str, ActionText]] = {}
    changes: list[dict[str, Any]] = []
    for letter in letters:
        signature, supporter = people[letter.signature_id]
        stands = signature.state is SignatureState.CONFIRMED and supporter is not None
        if not stands:
            changes.append(_turned(letter, LetterState.CANCELLED, ended_at=at))
            continue
        if signature.text_id not in texts:
            texts[signature.text_id] = texts_of(signature)
        addressee = current(read_back(letter.addressee))
        if not addressee.email:  # taken away since: the next way is its writer's
            letter.channel = ways_to(addressee)[0].name
            continue
        text = text_for(addressee, texts[signature.text_id])
        composed = compose(
            letter_of(text), addressee, writer_of(signature), text.locale, thanks=letter.thanks
        )
        mine = (signature.name or "", supporter.address or "")
        if not enqueue(letter, text, addressee, composed, *mine):
            log.error("letter_key_taken", letter=letter.id)  # another's email: a person looks
            changes.append(_turned(letter, LetterState.HELD))
            continue
        changes.append(_turned(letter, LetterState.QUEUED, queued_at=at))
    db.session.flush()
    if changes:
        db.session.connection().execute(_TURN, changes)
    db.session.expire_all()
    return sum(change["to_state"] is LetterState.QUEUED for change in changes)


def _turned(letter: Letter, state: LetterState, **at: datetime) -> dict[str, Any]:
    return {"letter": letter.id, "to_state": state, "queued": None, "ended": None} | {
        name.removesuffix("_at"): moment for name, moment in at.items()
    }


_TURN = (
    update(LETTERS)
    .where(LETTERS.c.id == bindparam("letter"), LETTERS.c.state == LetterState.WAITING)
    .values(
        state=bindparam("to_state", type_=LETTERS.c.state.type),
        queued_at=bindparam("queued", type_=LETTERS.c.queued_at.type),
        ended_at=bindparam("ended", type_=LETTERS.c.ended_at.type),
    )
)
