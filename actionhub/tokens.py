"""Keyed links: what a mailed address proves, one salt a purpose, old keys still accepted."""

from __future__ import annotations

import binascii
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer
from itsdangerous.encoding import int_to_bytes

from actionhub import clock
from actionhub.config import settings
from actionhub.errors import ActionHubError

Value = int | str

#: Values that take fewer bytes than this are not worth packing: ids and a word never are.
WORTH_PACKING = 64

_TO_URL = bytes.maketrans(b"+/", b"-_")
_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Purpose(StrEnum):
    """What a link is for; a token made for one purpose opens no other."""

    CONFIRM = "confirm"  # (signature id, posting number)
    UNSUBSCRIBE = "unsubscribe"  # (supporter id, mailing scope)
    ME = "me"  # (supporter id,)
    LETTER = "letter"  # (letter id,)
    DELIVERY = "delivery"  # (delivery id,): what its office downloads
    WISH = "wish"  # (delivery wish id,): what its office changes
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


class _Signer:
    """Writes what `URLSafeTimedSerializer` reads, much faster: its key schedule is kept."""

    def __init__(self, purpose: Purpose, secret_key: str) -> None:
        self._serializer = URLSafeTimedSerializer(secret_key, salt=_salt(purpose))
        signer = self._serializer.make_signer()
        self._keyed = hmac.new(signer.derive_key(), digestmod=signer.digest_method)

    def token(self, values: Sequence[Value], at: int) -> str:
        told = _compact(values).encode()
        packs = len(told) >= WORTH_PACKING
        payload = self._serializer.dump_payload(values) if packs else _base64(told)
        signed = payload + _moment(at)
        mac = self._keyed.copy()
        mac.update(signed)
        return (signed + b"." + _base64(mac.digest())).decode()


_signer = lru_cache(maxsize=64)(_Signer)


def _salt(purpose: Purpose) -> str:
    return f"actionhub.{purpose}"


def sign(purpose: Purpose, *values: Value, at: datetime | None = None, key: str = "") -> str:
    """A token safe in an address, holding `values` and the time of signing.

    The same `values`, `at` (aware; to the second; None: now) and `key` make the same token. `key`
    is the fingerprint of the secret key to sign with; the newest signs if that one is gone.
    """
    moment = at or clock.now()
    secret_key = _secret_key(settings().secret_keys, key)
    return _signer(purpose, secret_key).token(values, int(moment.timestamp()))


def fingerprint() -> str:
    """What tells the newest secret key from the others, and nothing about it: 12 hex digits."""
    return _fingerprint(settings().secret_keys[0])


@lru_cache(maxsize=64)
def _moment(at: int) -> bytes:
    """How a token writes its second: the links of a mailing are all of the same."""
    return b"." + _base64(int_to_bytes(at))


def _base64(raw: bytes) -> bytes:
    """As itsdangerous writes it: safe in an address, without padding."""
    return binascii.b2a_base64(raw, newline=False).translate(_TO_URL).rstrip(b"=")


@lru_cache(maxsize=64)
def _secret_key(keys: tuple[str, ...], wanted: str) -> str:
    return next((key for key in keys if wanted and _fingerprint(key) == wanted), keys[0])


@lru_cache(maxsize=64)
def _fingerprint(secret_key: str) -> str:
    return hmac.digest(secret_key.encode(), b"actionhub.fingerprint", "sha256").hex()[:12]


def read(purpose: Purpose, token: str, max_age: timedelta | None = None) -> Token:
    """What a token holds.

    Raises BadToken if it was not signed here for this purpose, StaleToken if older than max_age.
    """
    loaded: Any
    try:
        newest_last = list(reversed(settings().secret_keys))  # tried from the end
        serializer = URLSafeTimedSerializer(newest_last, salt=_salt(purpose))
        loaded, signed_at = serializer.loads(token, return_timestamp=True)
    except (BadSignature, SignatureExpired) as bad:
        raise BadToken("that link is not one of ours, or is incomplete") from bad
    signed_at = signed_at.astimezone(UTC)
    values = tuple(loaded)
    if max_age is not None and clock.now() - signed_at > max_age:
        raise StaleToken(values, signed_at)
    return Token(values, signed_at)
