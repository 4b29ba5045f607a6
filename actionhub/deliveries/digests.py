"""Deliveries by email as an office or an organizer wishes them: a link and the counts, no names."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select

from actionhub import clock
from actionhub.actions.addressees import Addressee
from actionhub.actions.models import Action
from actionhub.addresses import BadAddress, read_address
from actionhub.database import db
from actionhub.deliveries import handing, mailing
from actionhub.deliveries.models import Delivery, DeliveryState, DeliveryWish, Format, Rhythm
from actionhub.deliveries.readers import reader_of
from actionhub.deliveries.rhythms import addressed, begin_now
from actionhub.errors import ActionHubError


class BadWish(ActionHubError):
    """Deliveries cannot go so."""

    status = 422


def wish(
    action: Action,
    addressee: Addressee,
    *,
    email: str,
    rhythm: Rhythm,
    format: Format,
    organizer_id: int | None = None,
) -> DeliveryWish:
    """Let an addressee get deliveries by email, in the place of what was set. Raises BadWish.

    A mailbox that has paused stays paused, though another one was set in between.
    """
    mailbox = _mailbox(email)
    # Two who set up the same office at once: one after the other.
    db.session.execute(
        select(Action.id).where(Action.id == action.id).with_for_update(key_share=True)
    )
    found = db.session.scalar(
        select(DeliveryWish)
        .where(DeliveryWish.action_id == action.id, DeliveryWish.addressee_key == addressee.key)
        .with_for_update()
    )
    if found is None:
        found = DeliveryWish(
            action_id=action.id,
            addressee_key=addressee.key,
            email=mailbox,
            created_by=organizer_id,
            created_at=clock.now(),
        )
        db.session.add(found)
    elif found.email == mailbox:
        _respect(found)
    else:
        _hand_to(found, mailbox)
    found.addressee = addressee.as_json()
    found.rhythm, found.format, found.ended_at = rhythm, format, None
    db.session.flush()
    return found


def end(one: DeliveryWish) -> None:
    """Let an office get no more: its emails that have not gone, and its links, end too.

    The caller commits.
    """
    held = mailing.hold(one.id)
    if held is not None and held.ended_at is None:
        held.ended_at, held.chosen = clock.now(), False
        mailing.stop(held)
        db.session.flush()


def ask_anew(delivery: Delivery) -> None:
    """A list without those who fell away from this one, for its office: by mail, to its mailbox.

    Where a newer one is on its way to being mailed, that is enough; where one stands, its link is
    mailed again, once an hour at most. The caller commits. Raises NoLongerThere where the office
    gets none by email (any more), or is no longer addressed.
    """
    one = mailing.hold(delivery.wish_id or 0)
    if one is None or one.ended_at or addressed(one) is None:
        raise handing.NoLongerThere
    newest = _newest(one)
    if newest is not None and _comes(newest):
        newest.asked_anew = True
    elif newest is None or not handing.may_be_given(newest) or mailing.is_lost(newest):
        if fresh := begin_now(one):
            fresh.asked_anew = True
    else:
        mailing.mail_again(newest, one)
    db.session.flush()


def choose(one: DeliveryWish, rhythm: Rhythm, format: Format, *, paused: bool) -> None:
    """What an office wishes itself. The caller commits.

    A pause stops also what is on its way. Who goes on gets at once what never came to it.
    """
    held = mailing.hold(one.id)
    if held is None:
        return
    went_on = held.paused and not paused
    held.rhythm, held.format, held.paused, held.chosen = rhythm, format, paused, True
    if paused:
        mailing.stop_unasked(held)
    elif went_on:
        reader = reader_of(held)
        held.paused_readers = [mark for mark in held.paused_readers if mark != reader]
        newest = _newest(held)
        if newest and newest.state is DeliveryState.READY and mailing.is_lost(newest):
            begin_now(held)
    db.session.flush()


def _mailbox(email: str) -> str:
    try:
        return read_address(email.strip()).mailbox
    except BadAddress:
        raise BadWish(_("That does not look like an email address.")) from None


def _respect(one: DeliveryWish) -> None:
    """Raise BadWish where an office has said itself what it wants, and its link still works."""
    if one.ended_at:
        return
    if one.paused:
        raise BadWish(_("This office has paused its deliveries: only it can go on, by its link."))
    if one.chosen:
        raise BadWish(_("This office has chosen that itself: only it can change it, by its link."))


def _hand_to(one: DeliveryWish, mailbox: str) -> None:
    """Let another mailbox get them: whoever reads it has got nothing yet."""
    if one.paused:
        one.paused_readers = [*one.paused_readers, reader_of(one)]
    mailing.stop(one)
    one.email, one.last_at, one.last_lines, one.chosen = mailbox, None, 0, False
    one.paused = reader_of(one) in one.paused_readers


def _comes(delivery: Delivery) -> bool:
    """Whether a delivery is on its way to being mailed."""
    if delivery.state is DeliveryState.MAKING:
        return True
    return delivery.mailed_at is None and handing.may_be_given(delivery)


def _newest(one: DeliveryWish) -> Delivery | None:
    found = select(Delivery).where(Delivery.wish_id == one.id).order_by(Delivery.id.desc())
    return db.session.scalars(found.limit(1)).first()
