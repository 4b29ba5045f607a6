"""Who reads an office's deliveries: its links hold as long as it reads at the same address."""

from __future__ import annotations

from actionhub import tokens
from actionhub.addresses import read_address
from actionhub.deliveries.models import Delivery, DeliveryWish


def office_token(delivery: Delivery, one: DeliveryWish) -> str:
    """What opens a delivery for its office, as long as that reads at the same address."""
    return tokens.sign(tokens.Purpose.DELIVERY, delivery.id, reader_of(one))


def wish_token(one: DeliveryWish) -> str:
    """What lets an office choose its rhythm, as long as it reads at the same address."""
    return tokens.sign(tokens.Purpose.WISH, one.id, reader_of(one))


def is_for(one: DeliveryWish, mark: str) -> bool:
    """Whether a link was mailed to the address at which an office gets deliveries now."""
    return one.ended_at is None and mark == reader_of(one)  # it stands in a signed token


def reader_of(one: DeliveryWish) -> str:
    """The mark of the mailbox that an office has now."""
    return read_address(one.email).hash[:16]
