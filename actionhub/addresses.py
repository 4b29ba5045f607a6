"""Email addresses: where mail goes, and the canonical form that tells one inbox from another."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from actionhub.config import settings
from actionhub.errors import ActionHubError

#: Domains that ignore what follows a plus sign, by their own documentation.
_PLUS = frozenset(
    [
        "gmail.com",
        "googlemail.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "msn.com",
        "icloud.com",
        "me.com",
        "mac.com",
        "fastmail.com",
        "fastmail.fm",
        "hey.com",
        "proton.me",
        "protonmail.com",
        "pm.me",
    ]
)
#: Domains that ignore dots before the at sign.
_DOTS = frozenset(["gmail.com", "googlemail.com", "proton.me", "protonmail.com", "pm.me"])
#: Domains that are other names of one.
_SAME = {"googlemail.com": "gmail.com", "protonmail.com": "proton.me", "pm.me": "proton.me"}


class BadAddress(ActionHubError):
    """The text is not an email address that mail could reach."""


@dataclass(frozen=True)
class Address:
    """`mailbox` is where mail goes, as typed; `canonical` is one inbox's one name."""

    mailbox: str
    canonical: str

    @property
    def hash(self) -> str:
        return address_hash(self.canonical)


def read_address(text: str) -> Address:
    """Read what somebody typed. Raises BadAddress with the reason. Asks no DNS."""
    try:
        found = validate_email(text.strip(), check_deliverability=False)
    except EmailNotValidError as bad:
        raise BadAddress(str(bad)) from bad
    return Address(found.normalized, canonical(found.local_part, found.ascii_domain or ""))


def canonical(local: str, domain: str) -> str:
    """One name for one inbox: lower case, and per domain without `+tag` and dots."""
    local, domain = local.casefold(), domain.lower()
    if domain in _PLUS:
        local = local.partition("+")[0] or local
    if domain in _DOTS:
        local = local.replace(".", "") or local
    return f"{local}@{_SAME.get(domain, domain)}"


def address_hash(canonical_address: str) -> str:
    """64 hex digits: HMAC-SHA256 of a canonical address under the address key.

    It keeps a suppression after the address itself was erased.
    """
    key = settings().address_key.encode()
    return hmac.new(key, b"address:" + canonical_address.encode(), hashlib.sha256).hexdigest()


def domain_of(address: str) -> str:
    """The part after the at sign, in lower case."""
    return address.rpartition("@")[2].lower()
