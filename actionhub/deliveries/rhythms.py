"""When an office's next delivery is due, and beginning it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import structlog
from sqlalchemy import func, select

from actionhub import clock
from actionhub.actions.models import Action
from actionhub.database import db
from actionhub.deliveries.lines import heard_by
from actionhub.deliveries.making import begin
from actionhub.deliveries.models import Delivery, DeliveryWish, Rhythm
from actionhub.deliveries.volumes import addressee_of
from actionhub.signatures.models import Signature, SignatureState

log = structlog.get_logger(__name__)

#: How many days lie between the deliveries of a rhythm.
DAYS = {Rhythm.DAILY: 1, Rhythm.WEEKLY: 7}
#: The hour of such a day at which the next one is due, by the office's clock.
MORNING = time(9)
#: The first numbers of signatures at which a delivery goes; then ten times each, and so on.
THRESHOLDS = (100, 250, 500)

_S: Any = Signature.__table__


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


def begin_now(one: DeliveryWish, confirmed: int | None = None) -> Delivery:
    """Begin a delivery for an office, whatever its rhythm. The caller holds the wish, and commits.

    `confirmed`: how many count for it by now, where that is known.
    """
    action = db.session.get_one(Action, one.action_id)
    delivery = begin(action, addressee_of(one), wish=one)
    one.last_lines = _confirmed(one)[0] if confirmed is None else confirmed
    one.last_at = clock.now()
    return delivery


def next_due(one: DeliveryWish) -> datetime | None:
    """When an office's next delivery may begin at the earliest; None: never again."""
    if one.last_at is None:
        return clock.now()
    if one.rhythm is Rhythm.ONCE:
        return None
    if one.rhythm is Rhythm.THRESHOLDS:
        return one.last_at
    zone = addressee_of(one).zone
    day = one.last_at.astimezone(zone).date() + timedelta(days=DAYS[one.rhythm])
    return datetime.combine(day, MORNING, zone).astimezone(UTC)


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
    begin_now(one, confirmed)
    return True


def _has_come(one: DeliveryWish) -> bool:
    """Whether its day came: asked first, since counting takes longer."""
    due = next_due(one)
    return due is not None and due <= clock.now()


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
