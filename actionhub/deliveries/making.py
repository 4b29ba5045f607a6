"""Making a delivery: volume by volume, then its manifest, by a worker."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy import delete, insert, select

from actionhub import clock, wakeups
from actionhub.actions.addressees import Addressee
from actionhub.actions.models import Action
from actionhub.database import db
from actionhub.deliveries import handing, signing
from actionhub.deliveries.lines import next_signatures, tally, those_who_stand, write_volume
from actionhub.deliveries.manifests import manifest_of
from actionhub.deliveries.models import (
    DeliveredSignature,
    Delivery,
    DeliveryState,
    DeliveryVolume,
    DeliveryWish,
)
from actionhub.deliveries.volumes import VOLUME, addressee_of, pack

log = structlog.get_logger(__name__)

#: The cursor of a list in which everybody stands who counts.
ALL_IN = 2**62


def begin(
    action: Action,
    addressee: Addressee,
    organizer_id: int | None = None,
    wish: DeliveryWish | None = None,
) -> Delivery:
    """A delivery to be made, of the signatures that count by now. The caller commits."""
    delivery = Delivery(
        public_id=secrets.token_urlsafe(15),
        action_id=action.id,
        addressee_key=addressee.key,
        addressee=addressee.as_json(),
        wish_id=wish.id if wish else None,
        state=DeliveryState.MAKING,
        as_of_at=clock.now(),
        made_by=organizer_id,
    )
    db.session.add(delivery)
    db.session.flush()
    wakeups.on_commit(wakeups.Task.MAKE_DELIVERIES)
    return delivery


def make() -> int:
    """Make every delivery that waits, one volume of each in turn; how many got ready."""
    ready = 0
    while True:
        done, goes_on = make_next()
        ready += done
        if not goes_on:
            return ready


def make_next() -> tuple[int, bool]:
    """One step of every delivery that is being made; commits each. How many got ready; any left?

    1. A volume, its lines' signatures and the cursor beyond them are one transaction: killed in
    between, nothing of it is there and it comes again. 2. The delivery's row is held meanwhile;
    a second worker passes it by. 3. Where somebody has taken their signature back since, their
    volume is written once more without them, one a step; other lines keep their numbers. 4. The
    last transaction hashes what is stored, and signs.
    """
    ready, goes_on = 0, False
    waiting = select(Delivery.id).where(Delivery.state == DeliveryState.MAKING)
    ids = list(db.session.scalars(waiting.order_by(Delivery.id)))
    db.session.commit()
    for delivery_id in ids:
        try:
            left = _step(delivery_id)
            db.session.commit()
        except Exception as problem:
            db.session.rollback()
            log.error("delivery_stuck", delivery=delivery_id, problem=type(problem).__name__)
        else:
            ready += left is False
            goes_on |= left is True
    return ready, goes_on


def _step(delivery_id: int) -> bool | None:
    """Make the next volume (True), or the end of it (False); None: another worker is at it."""
    handing.hold_still(delivery_id)
    held = select(Delivery).where(Delivery.id == delivery_id).with_for_update(skip_locked=True)
    delivery = db.session.scalar(held, execution_options={"populate_existing": True})
    if delivery is None or delivery.state is not DeliveryState.MAKING:
        return None
    if delivery.cursor != ALL_IN:
        _keep_next(delivery)
        return True
    if volume := handing.touched_volume(delivery):
        _write_again(delivery, volume)
        return True
    _finish(delivery)
    return False


def _keep_next(delivery: Delivery) -> None:
    rows = next_signatures(
        delivery.action_id, addressee_of(delivery), delivery.as_of_at, delivery.cursor
    )
    first = delivery.lines + 1
    if rows or first == 1:
        lines = list(enumerate(_shuffled(rows), first))
        volume = DeliveryVolume(
            delivery_id=delivery.id,
            number=delivery.lines // VOLUME + 1,
            first_line=first,
            last_line=delivery.lines + len(rows),
        )
        _write(volume, lines)
        db.session.add(volume)
        _keep_lines(delivery, lines)
    delivery.lines += len(rows)
    delivery.cursor = rows[-1].id if len(rows) == VOLUME else ALL_IN
    db.session.flush()


def _shuffled(rows: Sequence[Any]) -> list[Any]:
    """In no order: else a line's number, which the public log tells, was its signer's rank."""
    return secrets.SystemRandom().sample(rows, len(rows))


def _write(volume: DeliveryVolume, lines: Sequence[tuple[int, Any]]) -> None:
    volume.packed = pack(write_volume(lines, first=volume.first_line == 1))
    volume.tally = tally([row for _line, row in lines])


def _keep_lines(delivery: Delivery, lines: Sequence[tuple[int, Any]]) -> None:
    kept = [
        {
            "delivery_id": delivery.id,
            "line": line,
            "signature_id": row.id,
            "nameless": row.name is None,
        }
        for line, row in lines
    ]
    if kept:
        db.session.execute(insert(DeliveredSignature), kept)


def _write_again(delivery: Delivery, volume: DeliveryVolume) -> None:
    """Write a volume without those who stand no more; who was erased and counts has no name.

    Lines keep their numbers, so that no other volume is written; those of the last one move up.
    """
    rows = those_who_stand(volume, addressee_of(delivery), delivery.as_of_at)
    lines = [(row.line, row) for row in rows]
    db.session.execute(
        delete(DeliveredSignature)
        .where(
            DeliveredSignature.delivery_id == delivery.id,
            DeliveredSignature.line.between(volume.first_line, volume.last_line),
        )
        .execution_options(synchronize_session=False)
    )
    if volume.last_line == delivery.lines:
        lines = list(enumerate(rows, volume.first_line))
        volume.last_line = delivery.lines = volume.first_line + len(rows) - 1
    _write(volume, lines)
    _keep_lines(delivery, lines)
    db.session.flush()


def _finish(delivery: Delivery) -> None:
    told = manifest_of(delivery)
    text = signing.canonical(told)
    delivery.lines = told["counts"]["confirmed"]
    delivery.manifest, delivery.signature = text, signing.sign(text)
    delivery.state, delivery.made_at = DeliveryState.READY, clock.now()
    db.session.flush()
