"""Confirming: what a mailed link is about, and making the signature count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import and_, func, or_, select, tuple_, update

from actionhub import clock, tokens, wakeups
from actionhub.actions.models import Action, ActionState, ActionText
from actionhub.actions.states import ActionClosed, effective_state
from actionhub.database import db
from actionhub.errors import ActionHubError, NotFound
from actionhub.signatures import counts, districts, emails, rows
from actionhub.signatures.models import (
    ActionCount,
    CountDelta,
    NameDisplay,
    Signature,
    SignatureState,
)
from actionhub.supporters import joining, subscribing
from actionhub.supporters.models import Supporter

#: How long after its posting a form is confirmed although the action has closed meanwhile: its
#: owner signed in time, and mail is sometimes read at the week's end.
GRACE = timedelta(days=7)

#: The reason of a signature that its owner's newer one, under new words, has replaced.
SUPERSEDED = "superseded"

#: Signatures with fewer later ones than this are numbered from the end.
NEAR_THE_END = 1000

_S = rows.SIGNATURES


class OlderPosting(ActionHubError):
    """The link was mailed for a form that a later one has replaced."""

    status = 410

    def __init__(self) -> None:
        super().__init__(_("A newer mail has taken this one’s place. Please use its link."))


class NotConfirmable(ActionHubError):
    """The signature was withdrawn, removed or kept aside: this link does not make it count."""

    status = 410

    def __init__(self) -> None:
        super().__init__(_("This link no longer confirms a signature."))


@dataclass(frozen=True)
class Confirmable:
    """What a confirming link is about, as it stands now.

    `is_current`: it was mailed for the latest form. `can_confirm`: its button would count.
    `is_superseded`: its owner signed newer words since, and that signature counts instead.
    """

    signature_id: int
    posting: int
    state: SignatureState
    name: str
    comment: str | None
    zip: str | None
    country: str
    display: NameDisplay
    wants_followups: bool
    action_id: int
    locale: str
    is_current: bool
    can_confirm: bool
    supporter_id: int
    is_superseded: bool
    us_state: str | None
    us_district: int | None


@dataclass(frozen=True)
class Confirmed:
    """A signature that counts; `first_time` is False if it did already."""

    signature_id: int
    supporter_id: int
    number: int
    action_id: int
    first_time: bool


def look_up(token: str) -> Confirmable:
    """What the link is about. Changes nothing. Raises BadToken, NotFound once erased."""
    signature_id, posting = _read(token)
    row = db.session.execute(
        _with_words().where(_S.c.id == signature_id, _S.c.supporter_id.is_not(None))
    ).one_or_none()
    if row is None:
        raise NotFound(_("There is nothing here any more."))
    current = posting == row.posting
    pending = row.state is SignatureState.PENDING
    return Confirmable(
        signature_id=signature_id,
        posting=posting,
        state=row.state,
        name=row.name or "",
        comment=row.comment,
        zip=row.zip,
        country=row.country,
        display=row.display,
        wants_followups=row.wants_followups,
        action_id=row.action_id,
        locale=row.locale,
        is_current=current,
        can_confirm=current and pending and _in_time(row, clock.now()),
        supporter_id=row.supporter_id,
        is_superseded=row.state_reason == SUPERSEDED,
        us_state=row.us_state,
        us_district=row.us_district,
    )


def confirm(token: str) -> Confirmed:
    """Make the signature that this link was mailed for count, once; again is harmless.

    Only now does anything change on a known supporter: whoever has the link owns the address.
    They become a member if the form said so (which lifts an earlier leaving), their language
    and the spelling of their address become those of this form. The thanks are queued.
    A form posted while the action was open is still taken for GRACE after its posting, should
    the action have closed since. Raises BadToken, NotFound (erased), OlderPosting,
    NotConfirmable, ActionClosed.

    1. Hold the supporter, so that posting, confirming and erasing pass one after the other.
    2. Read the signature as it stands now. 3. Count it, subscribe, thank.
    """
    signature_id, posting = _read(token)
    supporter_id = db.session.scalar(
        select(Signature.supporter_id).where(Signature.id == signature_id)
    )
    if supporter_id is None:
        raise NotFound(_("There is nothing here any more."))
    supporter = joining.hold(supporter_id)
    row = db.session.execute(
        _with_words().where(_S.c.id == signature_id, _S.c.supporter_id == supporter_id)
    ).one_or_none()
    if row is None:
        raise NotFound(_("There is nothing here any more."))
    if row.state is SignatureState.CONFIRMED:
        number = number_of(signature_id)
        return Confirmed(signature_id, supporter_id, number, row.action_id, first_time=False)
    at = clock.now()
    _refuse(row, posting, at)
    _count(row, at)
    mailbox = _take_over(row, supporter)
    number = number_of(signature_id)
    member = row.wants_followups or subscribing.is_member(supporter_id)
    emails.say_thanks(row, row, supporter, mailbox, number, member)
    return Confirmed(signature_id, supporter_id, number, row.action_id, first_time=True)


def number_of(signature_id: int) -> int:
    """Which confirmed signature of its action this is, from 1, by (confirmed_at, id).

    Exact, and quick for the latest ones however many there are. 0 if it is not confirmed. Two
    confirmed in the same instant may both be told the earlier number in their mail; their pages
    then show each its own.
    """
    total, later = db.session.execute(_near_the_end(signature_id)).one_or_none() or (0, 0)
    if later < NEAR_THE_END:
        return int(total - later)
    return db.session.scalar(_from_the_start(signature_id)) or 0


def _near_the_end(signature_id: int) -> Any:
    """(all confirmed ones, how many of them came later, up to NEAR_THE_END).

    All are the folded ones and the noted ones: noted in the transaction that confirms, so one
    statement sees both alike. The order and the limit keep PostgreSQL on the index.
    """
    other = _S.alias("other")
    later = (
        select(other.c.id)
        .where(_confirmed_beside(other), _place(other) > _place(_S))
        .order_by(other.c.confirmed_at.desc(), other.c.id.desc())
        .limit(NEAR_THE_END)
        .correlate(_S)
        .subquery()
    )
    folded, noted = (
        select(func.coalesce(func.sum(table.confirmed), 0))
        .where(table.action_id == _S.c.action_id)
        .correlate(_S)
        .scalar_subquery()
        for table in (ActionCount, CountDelta)
    )
    after = select(func.count()).select_from(later).scalar_subquery()
    return select(folded + noted, after).where(
        _S.c.id == signature_id, _S.c.state == SignatureState.CONFIRMED
    )


def _from_the_start(signature_id: int) -> Any:
    other = _S.alias("other")
    before = select(func.count()).where(_confirmed_beside(other), _place(other) <= _place(_S))
    return select(before.correlate(_S).scalar_subquery()).where(
        _S.c.id == signature_id, _S.c.state == SignatureState.CONFIRMED
    )


def _confirmed_beside(other: Any) -> Any:
    return and_(other.c.action_id == _S.c.action_id, other.c.state == SignatureState.CONFIRMED)


def _place(signatures: Any) -> Any:
    return tuple_(signatures.c.confirmed_at, signatures.c.id)


def _read(token: str) -> tuple[int, int]:
    signature_id, posting = tokens.read(tokens.Purpose.CONFIRM, token).values
    return int(signature_id), int(posting)


def _with_words() -> Any:
    """A signature and the words it is given under."""
    words = emails.ground().add_columns(*_S.c)
    return words.join(_S, (_S.c.text_id == ActionText.id) & (_S.c.action_id == Action.id))


def _in_time(row: Any, at: datetime) -> bool:
    state = effective_state(row.action_state, row.opens_at, row.closes_at, at)
    return state is ActionState.OPEN or row.posted_at + GRACE > at


def _refuse(row: Any, posting: int, at: datetime) -> None:
    if row.state is not SignatureState.PENDING:
        raise NotConfirmable
    if posting != row.posting:
        raise OlderPosting
    if not _in_time(row, at):
        raise ActionClosed


def _count(row: Any, at: datetime) -> None:
    """Make it count, and the owner's earlier one under older words no more."""
    # What its owner chose before stays.
    where = {} if row.district_found else districts.located(row.zip, row.country)
    confirmed = {"state": SignatureState.CONFIRMED, "confirmed_at": at}
    db.session.execute(rows.change(row.id, **confirmed, **where))
    counts.note(row.action_id, SignatureState.PENDING, SignatureState.CONFIRMED)
    base, again, _number = row.name_key.partition(rows.AGAIN)
    if again:
        same_name = or_(_S.c.name_key == base, _S.c.name_key.like(f"{base}{rows.AGAIN}%"))
        superseded = db.session.execute(
            update(_S)
            .where(
                _S.c.action_id == row.action_id,
                _S.c.supporter_id == row.supporter_id,
                _S.c.state == SignatureState.CONFIRMED,
                _S.c.id != row.id,
                same_name,
            )
            .values(state=SignatureState.WITHDRAWN, state_reason=SUPERSEDED, ended_at=at)
            .returning(_S.c.id)
        ).all()
        for _signature in superseded:
            counts.note(row.action_id, SignatureState.CONFIRMED, SignatureState.WITHDRAWN)
    wakeups.on_commit(wakeups.Task.FOLD_COUNTS)


def _take_over(row: Any, supporter: Any) -> str:
    """Let the supporter become what the confirmed form says; where their mail goes now."""
    mailed = emails.mailbox_of(row.id, row.posting, supporter.address_hash)
    mailbox = mailed or str(supporter.address)
    if (mailbox, row.locale) != (supporter.address, supporter.locale):
        db.session.execute(
            update(Supporter.__table__)  # type: ignore[arg-type]
            .where(Supporter.id == supporter.id)
            .values(address=mailbox, locale=row.locale)
        )
    if row.wants_followups:
        subscribing.subscribe(supporter.id, row.wording_id, row.consented_at)
    return mailbox
