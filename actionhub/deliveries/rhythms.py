"""When an office's next delivery is due, and beginning it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple

import structlog
from sqlalchemy import func, select

from actionhub import clock
from actionhub.actions.addressees import Addressee, whom_to_deliver
from actionhub.actions.models import Action
from actionhub.database import db
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


class _Place(NamedTuple):
    """How many count who live in one district, and when the last of them confirmed."""

    state: str | None
    district: int | None
    number: int
    newest_at: datetime


def begin_due() -> int:
    """Begin the deliveries whose day came, where somebody new signed; commits. How many."""
    wishes = select(DeliveryWish).where(~DeliveryWish.paused, DeliveryWish.ended_at.is_(None))
    due: dict[int, list[int]] = defaultdict(list)
    for one in db.session.scalars(wishes.order_by(DeliveryWish.id)):
        if _has_come(one):
            due[one.action_id].append(one.id)
    db.session.commit()
    return sum(_begin_of(action_id, wish_ids) for action_id, wish_ids in due.items())


def begin_now(one: DeliveryWish) -> Delivery | None:
    """Begin a delivery for an office, whatever its rhythm; None: the action addresses it no more.

    The caller holds the wish, and commits.
    """
    addressee = addressed(one)
    if addressee is None:
        return None
    return _begin(one, addressee, _heard(addressee, _places(one.action_id)))


def addressed(one: DeliveryWish) -> Addressee | None:
    """Whom an action addresses today under a wish's key; None: nobody any more."""
    action = db.session.get_one(Action, one.action_id)
    everyone = {addressee.key: addressee for addressee in whom_to_deliver(action)}
    return everyone.get(one.addressee_key)


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


def _begin_of(action_id: int, wish_ids: list[int]) -> int:
    """Begin what is due of an action: its signatures are counted once for all of its offices."""
    begun = 0
    places = _places(action_id)
    action = db.session.get_one(Action, action_id)
    everyone = {addressee.key: addressee for addressee in whom_to_deliver(action)}
    db.session.commit()
    for wish_id in wish_ids:
        try:
            begun += _begin_due(wish_id, everyone, places)
            db.session.commit()
        except Exception as problem:  # one that cannot be made holds up no other
            db.session.rollback()
            log.error("digest_stuck", wish=wish_id, problem=type(problem).__name__)
    return begun


def _begin_due(wish_id: int, everyone: Mapping[str, Addressee], places: Sequence[_Place]) -> bool:
    held = select(DeliveryWish).where(DeliveryWish.id == wish_id)
    one = db.session.scalar(
        held.with_for_update(skip_locked=True), execution_options={"populate_existing": True}
    )
    if one is None or one.paused or one.ended_at or not _has_come(one):
        return False
    addressee = everyone.get(one.addressee_key)
    if addressee is None:
        return False
    heard = _heard(addressee, places)
    confirmed = sum(place.number for place in heard)
    new = any(one.last_at is None or place.newest_at > one.last_at for place in heard)
    least = next_threshold(one.last_lines) if one.rhythm is Rhythm.THRESHOLDS else 1
    if not (new or confirmed > one.last_lines) or confirmed < least:  # nothing new, or not enough
        return False
    _begin(one, addressee, heard)
    return True


def _begin(one: DeliveryWish, addressee: Addressee, heard: Sequence[_Place]) -> Delivery:
    one.addressee = addressee.as_json()  # as they are today
    one.last_at, one.last_lines = clock.now(), sum(place.number for place in heard)
    return begin(db.session.get_one(Action, one.action_id), addressee, wish=one)


def _has_come(one: DeliveryWish) -> bool:
    due = next_due(one)
    return due is not None and due <= clock.now()


def _places(action_id: int) -> Sequence[_Place]:
    found = db.session.execute(
        select(_S.c.us_state, _S.c.us_district, func.count(), func.max(_S.c.confirmed_at))
        .where(_S.c.action_id == action_id, _S.c.state == SignatureState.CONFIRMED)
        .group_by(_S.c.us_state, _S.c.us_district)
    )
    return [_Place(*row) for row in found]


def _heard(addressee: Addressee, places: Sequence[_Place]) -> list[_Place]:
    return [place for place in places if addressee.hears(place.state, place.district)]
