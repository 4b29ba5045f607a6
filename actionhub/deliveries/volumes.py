"""The stored list of a delivery: its volumes, as bytes."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from sqlalchemy import select

from actionhub.actions.addressees import Addressee
from actionhub.database import db
from actionhub.deliveries.models import Delivery, DeliveryVolume, DeliveryWish

#: Lines of one volume.
VOLUME = 5_000


def pack(raw: bytes) -> bytes:
    """A volume as it is stored."""
    return zlib.compress(raw, 6)


def addressee_of(delivery: Delivery | DeliveryWish) -> Addressee:
    """Whom a delivery is for, as they were."""
    return Addressee(**delivery.addressee)


def stored_bytes(delivery_id: int) -> Iterator[bytes]:
    """The list of a delivery as it was made, volume by volume."""
    numbers = select(DeliveryVolume.number).where(DeliveryVolume.delivery_id == delivery_id)
    for number in list(db.session.scalars(numbers.order_by(DeliveryVolume.number))):
        yield volume_bytes(delivery_id, number)


def volume_bytes(delivery_id: int, number: int) -> bytes:
    """One volume of a delivery's list."""
    packed = db.session.scalar(
        select(DeliveryVolume.packed).where(
            DeliveryVolume.delivery_id == delivery_id, DeliveryVolume.number == number
        )
    )
    return zlib.decompress(packed or b"")
