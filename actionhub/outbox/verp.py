"""Variable envelope return paths: a bounce tells by its own address which email it speaks of.

`bounces+1f4-k2jq5x7nmh3wdyzc@example.org`: the email's number and a keyed hash of it, so that
nobody but us can write one. Only letters, digits and a hyphen, in either case (RFC 5321, 4.5.3.1.1
allows 64 octets; RFC 5233 speaks of the plus sign).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from functools import lru_cache
from itertools import product

from email_validator import validate_email

from actionhub.config import Settings, settings

#: Characters of a bounce address before its @: what the longest mark leaves of 64 octets.
LONGEST_LOCAL_PART = 64 - len("+") - len("7fffffffffffffff-k2jq5x7nmh3wdyzc")
#: Base32 in lower case, ten bits at a time.
_PAIRS = ["".join(pair) for pair in product("abcdefghijklmnopqrstuvwxyz234567", repeat=2)]
_SHIFTS = range(70, -1, -10)
_MARK = re.compile(r"([0-9a-f]{1,16})-([a-z2-7]{16})", re.IGNORECASE)


def mark_of(given: Settings, email_id: int) -> str:
    """What tells an email from all others, and proves that we wrote it: `1f4-k2jq5x7nmh3wdyzc`.

    Keyed with the address key, which never changes: the same email always has the same mark.
    """
    digest = _keyed(given.address_key).copy()
    digest.update(b"%d" % email_id)
    number = int.from_bytes(digest.digest()[:10])
    return f"{email_id:x}-" + "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])


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
    return return_path(given, mark_of(given, email_id))


def return_path(given: Settings, mark: str) -> str:
    """The envelope sender with a mark that is known already."""
    local, domain = _bounces_to(given.bounce_address)
    return f"{local}+{mark}@{domain}"


def email_of(address: str) -> int | None:
    """The id of the email that was sent from this envelope address; None if none of ours was."""
    local = address.strip().strip("<>").rpartition("@")[0]
    return read_mark(local.rpartition("+")[2])


@lru_cache(maxsize=8)
def _keyed(key: str) -> hmac.HMAC:
    """The hash's state before any number: a copy of it costs less than keying anew."""
    return hmac.new(key.encode(), b"verp:", hashlib.sha256)


@lru_cache(maxsize=8)
def _bounces_to(address: str) -> tuple[str, str]:
    """The two sides of the bounce address, its domain in ASCII: a return path has no other."""
    local, _at, domain = address.rpartition("@")
    if not domain.isascii():
        domain = validate_email(address, check_deliverability=False).ascii_domain
    return local, domain
