"""Variable envelope return paths: a bounce tells by its own address which email it speaks of.

`bounces+1f4-k2jq5x7nmh3wdyzc@example.org`: the email's number and a keyed hash of it, so that
nobody but us can write one. Only letters, digits and a hyphen, in either case (RFC 5321, 4.5.3.1.1
allows 64 octets; RFC 5233 speaks of the plus sign).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from actionhub.config import Settings, settings

_MARK = re.compile(r"([0-9a-f]{1,16})-([a-z2-7]{16})", re.IGNORECASE)


def mark_of(given: Settings, email_id: int) -> str:
    """What tells an email from all others, and proves that we wrote it: `1f4-k2jq5x7nmh3wdyzc`.

    Keyed with the address key, which never changes: the same email always has the same mark.
    """
    digest = hmac.new(given.address_key.encode(), f"verp:{email_id}".encode(), hashlib.sha256)
    return f"{email_id:x}-{base64.b32encode(digest.digest()[:10]).decode().lower()}"


def read_mark(text: str) -> int | None:
    """The id of the email that a mark names; None if it is not one of ours, or forged."""
    found = _MARK.fullmatch(text.strip())
    if found is None:
        return None
    email_id = int(found[1], 16)
    genuine = mark_of(settings(), email_id)
    return email_id if hmac.compare_digest(genuine, found[0].lower()) else None


def sender_of(given: Settings, email_id: int) -> str:
    """The envelope sender of an email: the bounce address with the email's mark."""
    local, _at, domain = given.bounce_address.rpartition("@")
    return f"{local}+{mark_of(given, email_id)}@{domain}"


def email_of(address: str) -> int | None:
    """The id of the email that was sent from this envelope address; None if none of ours was."""
    local = address.strip().strip("<>").rpartition("@")[0]
    return read_mark(local.rpartition("+")[2])
