"""Confirming: what a mailed link is about, and making the signature count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, or_, select, update

from actionhub import clock, tokens, wakeups
from actionhub.actions.models import Action, ActionState, ActionText
from actionhub.actions.states import ActionClosed, effective_state
from actionhub.database import db
from actionhub.errors import ActionHubError, NotFound
from actionhub.signatures import counts, emails, rows
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
    first_time = row.state is not SignatureState.CONFIRMED
    if first_time:
        at = clock.now()
        _refuse(row, posting, at)
        _count(row, at)
        _take_over(row, supporter)
    number = number_of(signature_id)
    if first_time:
        member = subscribing.is_member(supporter_id)
        mailbox = _mailbox(row, supporter)
        emails.say_thanks(row, row, supporter, mailbox, number, member)
    return Confirmed(signature_id, supporter_id, number, row.action_id, first_time)


def number_of(signature_id: int) -> int:
    """Which confirmed signature of its action this is, from 1, by (confirmed_at, id).

    All confirmed ones, as noted beside each in the same transaction, less those after it: one
    statement, so one snapshot; quick for the newest, however many there are. 0 if it is not
    confirmed. Two confirmed in the same instant may both be told the earlier number in their
    mail; their pages then show each its own.
    """
    later = _S.alias("later")
    after = select(func.count()).where(
        later.c.action_id == _S.c.action_id,
        later.c.state == SignatureState.CONFIRMED,
        later.c.confirmed_at >= _S.c.confirmed_at,
        or_(later.c.confirmed_at > _S.c.confirmed_at, later.c.id > _S.c.id),
    )
    totals = [
        select(func.coalesce(func.sum(table.confirmed), 0)).where(table.action_id == _S.c.action_id)
        for table in (ActionCount, CountDelta)
    ]
    folded, noted = (total.correlate(_S).scalar_subquery() for total in totals)
    number = db.session.scalar(
        select(folded + noted - after.correlate(_S).scalar_subquery()).where(
            _S.c.id == signature_id, _S.c.state == SignatureState.CONFIRMED
        )
    )
    return int(number or 0)


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
    db.session.execute(rows.change(row.id, state=SignatureState.CONFIRMED, confirmed_at=at))
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


def _take_over(row: Any, supporter: Any) -> None:
    """Let the supporter become what the confirmed form says."""
    db.session.execute(
        update(Supporter.__table__)  # type: ignore[arg-type]
        .where(Supporter.id == supporter.id)
        .values(address=_mailbox(row, supporter), locale=row.locale)
    )
    if row.wants_followups:
        subscribing.subscribe(supporter.id, row.wording_id, row.consented_at)


def _mailbox(row: Any, supporter: Any) -> str:
    mailed = emails.mailbox_of(row.id, row.posting, supporter.address_hash)
    return mailed or str(supporter.address)
