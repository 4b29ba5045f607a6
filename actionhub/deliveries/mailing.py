"""A delivery's email: queued once its list is ready, followed until its office accepted it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from sqlalchemy import or_, select, union_all
from sqlalchemy.orm import aliased

from actionhub import clock, links
from actionhub.actions.showing import actions_by_id
from actionhub.addresses import read_address
from actionhub.config import LOCALES
from actionhub.database import db
from actionhub.deliveries import handing
from actionhub.deliveries.models import Delivery, DeliveryState, DeliveryWish, Format
from actionhub.deliveries.readers import office_token, wish_token
from actionhub.deliveries.rhythms import addressed, begin_now
from actionhub.deliveries.volumes import addressee_of
from actionhub.outbox import dropping, queue
from actionhub.outbox.models import (
    ArchivedEmail,
    Email,
    EmailState,
    Mailing,
    Priority,
    Scope,
)

log = structlog.get_logger(__name__)

#: How long after its email was queued a delivery may still be accepted.
PATIENCE = timedelta(days=30)
#: States of an email that will not come to anything.
LOST = frozenset(
    {EmailState.FAILED, EmailState.SUPPRESSED, EmailState.EXPIRED, EmailState.CANCELLED}
)


def hold(wish_id: int) -> DeliveryWish | None:
    """A wish, as it is now and until the caller's commit."""
    held = select(DeliveryWish).where(DeliveryWish.id == wish_id).with_for_update()
    return db.session.scalar(held, execution_options={"populate_existing": True})


def mail_ready() -> int:
    """Queue the emails of each office's newest delivery that got ready; commits one by one.

    How many. Where somebody has taken their signature back meanwhile, a new list is begun in its
    stead: no office is mailed a link that opens nothing.
    """
    mailed = 0
    newer = aliased(Delivery)
    ready = (
        select(Delivery.id, DeliveryWish.id)
        .where(
            Delivery.state == DeliveryState.READY,
            Delivery.mailed_at.is_(None),
            Delivery.handed_at.is_(None),
            ~select(newer.id)
            .where(newer.wish_id == Delivery.wish_id, newer.id > Delivery.id)
            .exists(),
            or_(~DeliveryWish.paused, Delivery.asked_anew),
        )
        .join(DeliveryWish, DeliveryWish.id == Delivery.wish_id)
        .order_by(Delivery.id)
    )
    for delivery_id, wish_id in db.session.execute(ready).all():
        try:
            mailed += _mail_first(delivery_id, wish_id)
            db.session.commit()
        except Exception as problem:
            db.session.rollback()
            log.error("digest_unmailed", delivery=delivery_id, problem=type(problem).__name__)
    db.session.rollback()
    return mailed


def mail(delivery: Delivery, office: DeliveryWish, key: str = "") -> bool:
    """Queue the one email of a delivery, or under another key its link once more."""
    addressee = addressee_of(delivery)
    locale = addressee.locale or LOCALES[0]
    view = actions_by_id([delivery.action_id], locale)[delivery.action_id]
    address = read_address(office.email)
    counts = json.loads(delivery.manifest or "{}")["counts"]
    content = {
        "action_title": view.title,
        "words_locale": view.locale,
        "action_url": links.absolute(links.action_path(view.slug, locale)),
        "addressee": addressee.shown_name,
        "represents": addressee.state is not None,
    }
    mailing_id = queue.ensure_mailing(
        f"{_mailings_of(office)}{locale}:{_digest(content)}",
        template="delivery",
        locale=locale,
        priority=Priority.LETTER,
        scope=Scope.SIGNING,
        content=content,
    )
    download, wishes = office_token(delivery, office), wish_token(office)
    return queue.enqueue(
        mailing_id,
        key=key or _key_of(delivery.id),
        address=address.mailbox,
        address_hash=address.hash,
        fields={
            "confirmed": f"{counts['confirmed']:,}",
            "one": counts["confirmed"] == 1,
            "withheld": f"{counts['names_withheld']:,}",
            "names_withheld": counts["names_withheld"] > 0,
            "with_names": office.format is not Format.COUNTS,
            "download_url": links.absolute(f"/deliveries/office/{download}"),
            "verify_url": links.absolute(f"/deliveries/{delivery.public_id}"),
            "wishes_url": links.absolute(f"/deliveries/wishes/{wishes}"),
        },
        priority=Priority.LETTER,
    )


def mail_again(delivery: Delivery, office: DeliveryWish) -> bool:
    """Queue a delivery's link once more, once an hour at most."""
    return mail(delivery, office, f"{_key_of(delivery.id)}:{clock.now():%Y%m%d%H}")


def stop(office: DeliveryWish) -> None:
    """Let none of the emails to an office go that has not gone."""
    theirs = select(Mailing.id).where(Mailing.key.startswith(_mailings_of(office), autoescape=True))
    dropping.cancel(Email.mailing_id.in_(theirs))


def stop_unasked(office: DeliveryWish) -> None:
    """Let none go that comes by itself."""
    of_theirs = select(Delivery.id).where(Delivery.wish_id == office.id, ~Delivery.asked_anew)
    dropping.cancel_keys([_key_of(number) for number in db.session.scalars(of_theirs)])


def follow() -> int:
    """Note which deliveries their offices' servers have accepted; commits. How many."""
    waiting = select(Delivery).where(
        Delivery.mailed_at > clock.now() - PATIENCE, Delivery.handed_at.is_(None)
    )
    arrived = 0
    for delivery in db.session.scalars(waiting.order_by(Delivery.id)).all():
        email = _email_of(delivery.id)
        if email.state is EmailState.SENT:
            handing.hand_over(delivery, email.finished_at)
            arrived += 1
    db.session.commit()
    return arrived


def is_lost(delivery: Delivery) -> bool:
    """Whether a delivery has not come to its office, and its email will not either."""
    return delivery.handed_at is None and _email_of(delivery.id).state in {None, *LOST}


def standings(deliveries: Collection[Delivery]) -> dict[int, EmailState]:
    """How the emails stand of those deliveries that no office has accepted yet, by delivery."""
    waiting = [one.id for one in deliveries if one.mailed_at and one.handed_at is None]
    found = {number: _email_of(number).state for number in waiting}
    return {number: state for number, state in found.items() if state}


def _mail_first(delivery_id: int, wish_id: int) -> bool:
    office = hold(wish_id)
    delivery = db.session.get_one(
        Delivery, delivery_id, with_for_update=True, populate_existing=True
    )
    if office is None or delivery.mailed_at or (office.paused and not delivery.asked_anew):
        return False
    if office.ended_at or addressed(office) is None:
        return False
    if not handing.may_be_given(delivery):
        if fresh := begin_now(office):
            fresh.asked_anew = delivery.asked_anew
        return False
    delivery.mailed_at = clock.now()
    return mail(delivery, office)


class _Standing(NamedTuple):
    state: EmailState | None
    finished_at: datetime | None


def _email_of(delivery_id: int) -> _Standing:
    """How the email of a delivery stands; that of its link once more is not looked at."""
    parts = [
        select(table.state, table.finished_at).where(table.key == _key_of(delivery_id))
        for table in (Email, ArchivedEmail)
    ]
    row = db.session.execute(union_all(*parts)).first()
    return _Standing(*row) if row else _Standing(None, None)


def _digest(content: dict[str, Any]) -> str:
    """What makes a mailing another one: other words, another name."""
    told = json.dumps(content, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def _key_of(delivery_id: int) -> str:
    return f"delivery:{delivery_id}"


def _mailings_of(office: DeliveryWish) -> str:
    """How the keys of an office's mailings begin."""
    return f"delivery:{office.action_id}:{office.id}:"
