"""Writing letters: what a confirmed signature sends, one to each addressee."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from actionhub import clock, wakeups
from actionhub.actions.addressees import Addressee
from actionhub.actions.letter_words import letter_of
from actionhub.actions.models import Action, ActionKind, ActionText
from actionhub.actions.outcomes import cosponsors
from actionhub.congress.sitting import District
from actionhub.database import db
from actionhub.letters.channels import ways_to
from actionhub.letters.composing import Composed, Writer, compose
from actionhub.letters.cwc import keeping
from actionhub.letters.cwc.documents import Sender
from actionhub.letters.cwc.models import CwcLetter
from actionhub.letters.cwc.preparing import prepare
from actionhub.letters.emails import key_of
from actionhub.letters.models import ChannelName, Letter, LetterState
from actionhub.letters.standing_in import those_of
from actionhub.outbox import dropping
from actionhub.signatures.models import Signature
from actionhub.supporters.models import Supporter

#: A letter that was handed over so lately may still be on the wire.
UNDER_WAY = timedelta(minutes=2)


def write_letters(signature_id: int, sender: Sender | None = None) -> int:
    """Write a confirmed signature's letters, once each; how many are new. The caller commits."""
    signature = db.session.get_one(Signature, signature_id, populate_existing=True)
    action = db.session.get_one(Action, signature.action_id)
    if action.kind is not ActionKind.LETTER:
        return 0
    writer = writer_of(signature)
    texts = texts_of(signature)
    thanked = cosponsors(action.id)
    prepared: dict[str, CwcLetter] = {}
    rows = []
    for addressee in those_of(action, writer.place):
        thanks = addressee.key in thanked
        text = text_for(addressee, texts)
        composed = compose(letter_of(text), addressee, writer, text.locale, thanks=thanks)
        way = ways_to(addressee, street=sender is not None)[0]
        if way.needs_street and sender is not None:
            email = _address_of(signature)
            ready = prepare(action, addressee.key, email, sender, writer, composed)
            if ready is None:
                way = ways_to(addressee)[0]
            else:
                prepared[addressee.key] = ready
        rows.append(_row(signature, addressee, way.name, composed, thanks=thanks))
    _make_room(signature.id)
    return _write(rows, prepared) if rows else 0


def _make_room(signature_id: int) -> None:
    """Let go of letters that were stopped when this signature was withdrawn: it stands again.

    Those stay that were under way just then, or whose email is: they may have gone.
    """
    stopped = select(Letter.id).where(
        Letter.signature_id == signature_id,
        Letter.state == LetterState.CANCELLED,
        or_(
            Letter.channel != ChannelName.CWC,  # of an email its own state tells
            Letter.queued_at.is_(None),
            Letter.queued_at < clock.now() - UNDER_WAY,
        ),
    )
    ids = list(db.session.scalars(stopped))
    if not ids:  # as for all but those who come back
        return
    gone = dropping.unsent_for_good([key_of(letter_id) for letter_id in ids])
    db.session.execute(
        delete(Letter)
        .where(Letter.id.in_([letter_id for letter_id in ids if key_of(letter_id) in gone]))
        .execution_options(synchronize_session=False)
    )


def _write(rows: list[dict[str, Any]], prepared: Mapping[str, CwcLetter]) -> int:
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert
    new = db.session.execute(
        insert(Letter)
        .values(rows)
        .on_conflict_do_nothing()
        .returning(Letter.id, Letter.addressee_key)
    ).all()
    for letter_id, key in new:
        if key in prepared:
            keeping.keep(letter_id, prepared[key])
    wakeups.on_commit(wakeups.Task.ADVANCE_LETTERS)
    return len(new)


def _address_of(signature: Signature) -> str:
    return db.session.get_one(Supporter, signature.supporter_id).address or ""


def writer_of(signature: Signature) -> Writer:
    """Who writes: name, town and ZIP as posted, the district as found."""
    state, number = signature.us_state, signature.us_district
    return Writer(
        name=signature.name or "",
        town=signature.town or "",
        zip=(signature.zip or "")[:5],
        place=District(state, number) if state is not None and number is not None else None,
        own=signature.comment,
    )


def texts_of(signature: Signature) -> dict[str, ActionText]:
    """The signed version's words by language; the signed ones first."""
    signed = db.session.get_one(ActionText, signature.text_id)
    others = select(ActionText).where(
        ActionText.action_id == signed.action_id, ActionText.number == signed.number
    )
    return {signed.locale: signed} | {text.locale: text for text in db.session.scalars(others)}


def text_for(addressee: Addressee, texts: dict[str, ActionText]) -> ActionText:
    """The words in the language that an addressee reads, or else those that were signed."""
    return texts.get(addressee.locale) or next(iter(texts.values()))


def _row(
    signature: Signature,
    addressee: Addressee,
    channel: ChannelName,
    composed: Composed,
    *,
    thanks: bool,
) -> dict[str, Any]:
    return {
        "signature_id": signature.id,
        "action_id": signature.action_id,
        "addressee_key": addressee.key,
        "addressee": kept(addressee),
        "channel": channel,
        "thanks": thanks,
        "own_words": composed.own_words,
        "words": composed.words,
        "state": LetterState.WAITING,
        "created_at": clock.now(),
    }


def kept(addressee: Addressee) -> dict[str, Any]:
    """An addressee as JSON, to be read by `read_back`."""
    return addressee.as_json()


def read_back(kept_as: dict[str, Any]) -> Addressee:
    """The addressee of a letter, as they were when it was written."""
    return Addressee(**kept_as)
