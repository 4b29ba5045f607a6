"""Mailgun's webhook: proving a request and reading its event.

https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks
https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-payloads
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from actionhub import clock, limits
from actionhub.outbox import verp
from actionhub.outbox.reported import Kind, Reported, Unproven, digest_of
from actionhub.outbox.reports import MARK_HEADER

SOURCE = "mailgun"
#: How long Mailgun tries to hand over an event, each time as it was signed first: so long a
#: signature counts, once; and how far its clock may be ahead of ours.
FRESH = timedelta(hours=9)
AHEAD = timedelta(minutes=15)
#: Its token opens nothing for so long again: far longer than it is fresh.
_ONCE = limits.Rate(1, 86400)

_STATUS = re.compile(r"\s*#?([245]\.\d{1,3}\.\d{1,3})(?!\d)")
_KINDS = {
    "delivered": Kind.DELIVERED,
    "complained": Kind.COMPLAINED,
    "unsubscribed": Kind.LEFT,
}
#: Failures without a try, because of what Mailgun keeps on its own lists.
_KEPT_BY_THEM = {"suppress-complaint": Kind.COMPLAINED, "suppress-unsubscribe": Kind.LEFT}


class Mailgun:
    """The provider `mailgun`, with the account's webhook signing key."""

    def __init__(self, signing_key: str) -> None:
        self._key = signing_key.encode()

    def read(self, body: bytes, headers: Mapping[str, str]) -> list[Reported]:  # noqa: ARG002
        """The event of a request. Raises Unproven.

        Mailgun signs the time and a token, not the event: so each token is taken once, in the
        caller's transaction, and one whose effect was rolled back may come again.
        """
        told = _json(body)
        self._prove(_dict(told, "signature"))
        event = _dict(told, "event-data")
        email_id, kind = _email_of(event), _kind_of(event)
        if email_id is None or kind is None:
            return []
        # Their id is unique within a day only.
        name = _bytes(f"{event.get('id')}:{event.get('timestamp')}:{event.get('event')}")
        enhanced = _status_of(event) if kind in (Kind.BOUNCED, Kind.DELAYED) else None
        return [Reported(digest_of(SOURCE, name), SOURCE, email_id, kind, enhanced)]

    def _prove(self, signature: dict[str, Any]) -> None:
        timestamp, token = str(signature.get("timestamp")), str(signature.get("token"))
        genuine = hmac.new(self._key, _bytes(f"{timestamp}{token}"), hashlib.sha256).hexdigest()
        shown = _bytes(str(signature.get("signature")))
        if not hmac.compare_digest(genuine.encode(), shown):
            raise Unproven("the signature is not Mailgun's")
        if not timestamp.isdecimal() or not timestamp.isascii() or len(timestamp) > 12:
            raise Unproven("the time is none")
        age = clock.now().timestamp() - int(timestamp)
        if not -AHEAD.total_seconds() <= age <= FRESH.total_seconds():
            raise Unproven("the request is too old")
        if not limits.take(digest_of(SOURCE, _bytes(token)), _ONCE):
            raise Unproven("the token was used before")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")  # JSON can hold half a letter


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Unproven("the request is not JSON") from None


def _dict(told: Any, name: str) -> dict[str, Any]:
    found = told.get(name) if isinstance(told, dict) else None
    return found if isinstance(found, dict) else {}


def _email_of(event: dict[str, Any]) -> int | None:
    """By the envelope sender, as we gave it over SMTP; else by the header that holds the mark."""
    email_id = verp.email_of(str(_dict(event, "envelope").get("sender")))
    if email_id is not None:
        return email_id
    headers = _dict(_dict(event, "message"), "headers")
    for name, value in headers.items():
        if name.lower() == MARK_HEADER.lower():
            return verp.read_mark(str(value))
    return None


def _kind_of(event: dict[str, Any]) -> Kind | None:
    """What an event is; None for one that is nothing to us (opened, clicked, accepted ...)."""
    name = str(event.get("event"))
    if name != "failed":
        return _KINDS.get(name)
    if event.get("severity") != "permanent":
        return Kind.DELAYED
    return _KEPT_BY_THEM.get(str(event.get("reason")), Kind.BOUNCED)


def _status_of(event: dict[str, Any]) -> str | None:
    """The RFC 3463 status: told by itself, or first in the other server's words, or by code.

    A plain 5xx without one, or an address on their bounce list (605), is a failure that counts
    but says no more.
    """
    status = _dict(event, "delivery-status")
    for text in (status.get("enhanced-code"), status.get("message"), status.get("description")):
        found = _STATUS.match(str(text))
        if found:
            return found[1]
    code = str(status.get("code"))
    refused = re.fullmatch(r"5\d\d", code) is not None or code == "605"
    return "5.0.0" if refused else None
