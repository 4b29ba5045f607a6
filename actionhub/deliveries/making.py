"""Making a delivery: volume by volume, then its manifest, by a worker."""

from __future__ import annotations

import secrets
from typing import Any

import structlog
from sqlalchemy import insert, select

from actionhub import clock, wakeups
from actionhub.actions.addressees import Addressee
from actionhub.actions.models import Action
from actionhub.database import db
from actionhub.deliveries import handing, signing
from actionhub.deliveries.lines import next_signatures, write_volume
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
    """Go on with every delivery that is being made; commits volume by volume. How many got ready.

    1. A volume, its lines' signatures and the cursor beyond them are one transaction: killed in
    between, nothing of it is there and it comes again. 2. The delivery's row is held meanwhile;
    a second worker passes it by. 3. The last transaction hashes what is stored, and signs; where
    somebody has taken their signature back since, the list begins anew without them.
    """
    ready = 0
    waiting = select(Delivery.id).where(Delivery.state == DeliveryState.MAKING)
    ids = list(db.session.scalars(waiting.order_by(Delivery.id)))
    db.session.commit()
    for delivery_id in ids:
        try:
            while (goes_on := _step(delivery_id)) is True:
                db.session.commit()
            db.session.commit()
            ready += goes_on is False
        except Exception as problem:
            db.session.rollback()
            log.error("delivery_stuck", delivery=delivery_id, problem=type(problem).__name__)
    return ready


def _step(delivery_id: int) -> bool | None:
    """Make the next volume (True), or the end of it (False); None: another worker is at it."""
    held = select(Delivery).where(Delivery.id == delivery_id).with_for_update(skip_locked=True)
    delivery = db.session.scalar(held, execution_options={"populate_existing": True})
    if delivery is None or delivery.state is not DeliveryState.MAKING:
        return None
    rows = next_signatures(
        delivery.action_id, addressee_of(delivery), delivery.as_of_at, delivery.cursor
    )
    if rows or not delivery.lines:
        _keep_volume(delivery, rows)
    if len(rows) == VOLUME:
        return True
    if handing.fell_away(delivery):  # taken back while the list was made
        handing.begin_anew([delivery.id])
        return True
    _finish(delivery)
    return False


def _keep_volume(delivery: Delivery, rows: Any) -> None:
    first = delivery.lines + 1
    db.session.add(
        DeliveryVolume(
            delivery_id=delivery.id,
            number=delivery.lines // VOLUME + 1,
            first_line=first,
            last_line=delivery.lines + len(rows),
            packed=pack(write_volume(rows, first)),
        )
    )
    if rows:
        lines = [
            {
                "delivery_id": delivery.id,
                "line": line,
                "signature_id": row.id,
                "nameless": row.name is None,
            }
            for line, row in enumerate(rows, first)
        ]
        db.session.execute(insert(DeliveredSignature), lines)
        delivery.cursor = rows[-1].id
    delivery.lines += len(rows)
    db.session.flush()


def _finish(delivery: Delivery) -> None:
    text = signing.canonical(manifest_of(delivery))
    delivery.manifest, delivery.signature = text, signing.sign(text)
    delivery.state, delivery.made_at = DeliveryState.READY, clock.now()
    db.session.flush()
