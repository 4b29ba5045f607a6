"""Deliveries by email: to each office in its own rhythm, a link and the counts, no names."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from flask_babel import gettext as _
from sqlalchemy import func, or_, select

from actionhub import clock, links, tokens
from actionhub.actions.addressees import Addressee
from actionhub.actions.models import Action
from actionhub.actions.showing import actions_by_id
from actionhub.addresses import BadAddress, read_address
from actionhub.config import LOCALES
from actionhub.database import db
from actionhub.deliveries import handing
from actionhub.deliveries.lines import heard_by
from actionhub.deliveries.making import begin
from actionhub.deliveries.models import Delivery, DeliveryState, DeliveryWish, Format, Rhythm
from actionhub.deliveries.volumes import addressee_of
from actionhub.errors import ActionHubError
from actionhub.outbox import dropping, queue
from actionhub.outbox.models import Priority, Scope
from actionhub.signatures.models import Signature, SignatureState

log = structlog.get_logger(__name__)

#: How far apart the deliveries of a rhythm are, less what a beat may be late.
APART = {
    Rhythm.ONCE: timedelta.max,
    Rhythm.DAILY: timedelta(hours=23, minutes=50),
    Rhythm.WEEKLY: timedelta(days=6, hours=23, minutes=50),
    Rhythm.THRESHOLDS: timedelta(0),
}
#: The first numbers of signatures at which a delivery goes; then ten times each, and so on.
THRESHOLDS = (100, 250, 500)

_S: Any = Signature.__table__


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
    try:
        mailbox = read_address(email.strip()).mailbox
    except BadAddress:
        raise BadWish(_("That does not look like an email address.")) from None
    found = db.session.scalar(
        select(DeliveryWish).where(
            DeliveryWish.action_id == action.id, DeliveryWish.addressee_key == addressee.key
        )
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
    elif found.paused and found.email == mailbox:
        raise BadWish(_("This office has paused its deliveries: only it can go on, by its link."))
    if found.email != mailbox:
        _hand_to(found, mailbox)
    found.addressee = addressee.as_json()
    found.rhythm, found.format = rhythm, format
    db.session.flush()
    return found


def _hand_to(one: DeliveryWish, mailbox: str) -> None:
    """Let another mailbox get them: whoever reads it has got nothing yet."""
    if one.paused:
        one.paused_readers = [*one.paused_readers, _reader(one)]
    one.email, one.last_at, one.last_lines = mailbox, None, 0
    one.paused = _reader(one) in one.paused_readers


def begin_due() -> int:
    """Begin the deliveries whose day came, where somebody new signed; commits. How many."""
    begun = 0
    ids = list(db.session.scalars(select(DeliveryWish.id).where(~DeliveryWish.paused)))
    db.session.commit()
    for wish_id in ids:
        try:
            begun += _begin(wish_id)
            db.session.commit()
        except Exception as problem:  # one that cannot be made holds up no other
            db.session.rollback()
            log.error("digest_stuck", wish=wish_id, problem=type(problem).__name__)
    return begun


def mail_ready() -> int:
    """Mail the digests of the deliveries that got ready; commits one by one. How many."""
    mailed = 0
    ready = (
        select(Delivery.id)
        .where(
            Delivery.state == DeliveryState.READY,
            Delivery.wish_id.is_not(None),
            Delivery.handed_at.is_(None),
            or_(~DeliveryWish.paused, Delivery.asked_anew),
        )
        .join(DeliveryWish, DeliveryWish.id == Delivery.wish_id)
        .order_by(Delivery.id)
    )
    for delivery_id in list(db.session.scalars(ready)):
        try:
            delivery = db.session.get_one(Delivery, delivery_id)
            mailed += _mail(delivery, db.session.get_one(DeliveryWish, delivery.wish_id))
            handing.hand_over(delivery)
            db.session.commit()
        except Exception as problem:
            db.session.rollback()
            log.error("digest_unmailed", delivery=delivery_id, problem=type(problem).__name__)
    db.session.rollback()
    return mailed


def ask_anew(delivery: Delivery) -> None:
    """A list without those who fell away from this one, for its office: by mail, to its mailbox.

    Where a newer one is being made, that is enough; where one stands, its link is mailed again,
    once an hour at most. The caller commits. Raises NoLongerThere where the office gets none by
    email (any more).
    """
    held = select(DeliveryWish).where(DeliveryWish.id == delivery.wish_id).with_for_update()
    one = db.session.scalar(held)
    if one is None:
        raise handing.NoLongerThere
    newest = db.session.scalars(
        select(Delivery).where(Delivery.wish_id == one.id).order_by(Delivery.id.desc())
    ).first()
    if newest is not None and newest.state is DeliveryState.MAKING:
        newest.asked_anew = True
    elif newest is not None and newest.emptied_at is None and not handing.fell_away(newest):
        _mail(newest, one, key=f"delivery:{newest.id}:{clock.now():%Y%m%d%H}")
    else:
        action = db.session.get_one(Action, one.action_id)
        begin(action, addressee_of(one), wish=one).asked_anew = True
        one.last_at, one.last_lines = clock.now(), _confirmed(one)[0]
    db.session.flush()


def pause(one: DeliveryWish) -> None:
    """Let an office get none by itself until it says so, nor what is on its way. Caller commits."""
    one.paused = True
    of_theirs = select(Delivery.id).where(Delivery.wish_id == one.id, ~Delivery.asked_anew)
    dropping.cancel_keys([f"delivery:{number}" for number in db.session.scalars(of_theirs)])


def go_on(one: DeliveryWish) -> None:
    """Let an office that paused get them again. Caller commits."""
    one.paused = False
    one.paused_readers = [reader for reader in one.paused_readers if reader != _reader(one)]


def office_token(delivery: Delivery, one: DeliveryWish) -> str:
    """What opens a delivery for its office, as long as that reads at the same address."""
    return tokens.sign(tokens.Purpose.DELIVERY, delivery.id, _reader(one))


def wish_token(one: DeliveryWish) -> str:
    """What lets an office choose its rhythm, as long as it reads at the same address."""
    return tokens.sign(tokens.Purpose.WISH, one.id, _reader(one))


def is_for(one: DeliveryWish, mark: str) -> bool:
    """Whether a link was mailed to the address that an office has now."""
    return mark == _reader(one)  # it stands in a signed token


def _reader(one: DeliveryWish) -> str:
    return read_address(one.email).hash[:16]


def next_threshold(number: int) -> int:
    """The first threshold above a number of signatures."""
    scale = 1
    while True:
        for step in THRESHOLDS:
            if step * scale > number:
                return step * scale
        scale *= 10


def _begin(wish_id: int) -> bool:
    held = select(DeliveryWish).where(DeliveryWish.id == wish_id)
    one = db.session.scalar(held.with_for_update(skip_locked=True))
    if one is None or one.paused or not _has_come(one):
        return False
    confirmed, new = _confirmed(one)
    least = next_threshold(one.last_lines) if one.rhythm is Rhythm.THRESHOLDS else 1
    if not (new or confirmed > one.last_lines) or confirmed < least:  # nothing new, or not enough
        return False
    begin(db.session.get_one(Action, one.action_id), addressee_of(one), wish=one)
    one.last_at, one.last_lines = clock.now(), confirmed
    return True


def _has_come(one: DeliveryWish) -> bool:
    """Whether its day came: asked first, since counting takes longer."""
    return one.last_at is None or clock.now() - one.last_at >= APART[one.rhythm]


def _confirmed(one: DeliveryWish) -> tuple[int, int]:
    """How many count for this office, and how many of them came since its last delivery."""
    since = one.last_at or datetime.min.replace(tzinfo=UTC)
    counted, new = db.session.execute(
        select(func.count(), func.count().filter(_S.c.confirmed_at > since))
        .select_from(_S)
        .where(
            _S.c.action_id == one.action_id,
            _S.c.state == SignatureState.CONFIRMED,
            heard_by(addressee_of(one)),
        )
    ).one()
    return counted, new


def _mail(delivery: Delivery, office: DeliveryWish, key: str = "") -> bool:
    """Queue the one email of a delivery, or under another key its link once more."""
    addressee = addressee_of(delivery)
    locale = addressee.locale or LOCALES[0]
    view = actions_by_id([delivery.action_id], locale)[delivery.action_id]
    address = read_address(office.email)
    counts = json.loads(delivery.manifest or "{}")["counts"]
    mailing_id = queue.ensure_mailing(
        f"delivery:{delivery.action_id}:{office.id}:{locale}",
        template="delivery",
        locale=locale,
        priority=Priority.LETTER,
        scope=Scope.SIGNING,
        content={
            "action_title": view.title,
            "words_locale": view.locale,
            "action_url": links.absolute(links.action_path(view.slug, locale)),
            "addressee": addressee.shown_name,
        },
    )
    download, wishes = office_token(delivery, office), wish_token(office)
    return queue.enqueue(
        mailing_id,
        key=key or f"delivery:{delivery.id}",
        address=address.mailbox,
        address_hash=address.hash,
        fields={
            "confirmed": f"{counts['confirmed']:,}",
            "withheld": f"{counts['names_withheld']:,}",
            "with_names": office.format is not Format.COUNTS,
            "download_url": links.absolute(f"/deliveries/office/{download}"),
            "verify_url": links.absolute(f"/deliveries/{delivery.public_id}"),
            "wishes_url": links.absolute(f"/deliveries/wishes/{wishes}"),
        },
        priority=Priority.LETTER,
    )
