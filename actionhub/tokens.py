"""Keyed links: what a mailed address proves, one salt a purpose, old keys still accepted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from itsdangerous import BadSignature, SignatureExpired, TimestampSigner, URLSafeTimedSerializer

from actionhub import clock
from actionhub.config import settings
from actionhub.errors import ActionHubError

Value = int | str


class Purpose(StrEnum):
    """What a link is for; a token made for one purpose opens no other."""

    CONFIRM = "confirm"  # (signature id, posting number)
    UNSUBSCRIBE = "unsubscribe"  # (supporter id, mailing scope)
    ME = "me"  # (supporter id,)
    TYPED = "typed"  # what a form carries over a failure


class BadToken(ActionHubError):
    """The link is not one of ours, or was cut short on its way."""

    status = 404


class StaleToken(ActionHubError):
    """The link is ours but older than allowed; `values` may be used to send a fresh one."""

    status = 410

    def __init__(self, values: tuple[Value, ...], signed_at: datetime) -> None:
        super().__init__("that link has expired")
        self.values, self.signed_at = values, signed_at


@dataclass(frozen=True)
class Token:
    values: tuple[Value, ...]
    signed_at: datetime


class _ClockSigner(TimestampSigner):
    def get_timestamp(self) -> int:
        return int(clock.now().timestamp())


def _serializer(purpose: Purpose) -> URLSafeTimedSerializer:
    # itsdangerous signs with the last key of a list and accepts any of them
    keys = list(reversed(settings().secret_keys))
    return URLSafeTimedSerializer(keys, salt=f"actionhub.{purpose}", signer=_ClockSigner)


def sign(purpose: Purpose, *values: Value) -> str:
    """A token safe in an address, holding `values` and the time of signing."""
    return str(_serializer(purpose).dumps(list(values)))


def read(purpose: Purpose, token: str, max_age: timedelta | None = None) -> Token:
    """What a token holds.

    Raises BadToken if it was not signed here for this purpose, StaleToken if older than max_age.
    """
    loaded: Any
    try:
        loaded, signed_at = _serializer(purpose).loads(token, return_timestamp=True)
    except (BadSignature, SignatureExpired) as bad:
        raise BadToken("that link is not one of ours, or is incomplete") from bad
    signed_at = signed_at.astimezone(UTC)
    values = tuple(loaded)
    if max_age is not None and clock.now() - signed_at > max_age:
        raise StaleToken(values, signed_at)
    return Token(values, signed_at)
