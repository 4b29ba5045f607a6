"""What somebody reports about an email that we handed over: the facts, whoever told them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from actionhub.errors import ActionHubError


class Kind(StrEnum):
    """What a report says became of an email; also the reason of the event it leaves."""

    BOUNCED = "bounced"  # given up for good
    DELAYED = "delayed"  # still being tried
    DELIVERED = "delivered"  # delivered, relayed or expanded
    COMPLAINED = "complained"  # its reader called it unwanted
    LEFT = "left"  # its reader unsubscribed at the provider


@dataclass(frozen=True)
class Reported:
    """One report about one of our emails, its mark proven.

    `digest` (64 hex digits) is the report's own name: it counts once. `enhanced` is an RFC 3463
    status such as `5.1.1`, where one was told.
    """

    digest: str
    source: str  # mailbox, or the provider's name
    email_id: int
    kind: Kind
    enhanced: str | None = None


class Unproven(ActionHubError):
    """A webhook's request whose signature is missing, wrong, stale or used before."""

    status = 406


class Provider(Protocol):
    """A mail provider's webhook: one file each, which proves a request and reads its events."""

    def read(self, body: bytes, headers: Mapping[str, str]) -> list[Reported]:
        """The events of one request that are about emails of ours; empty for all others.

        Part of the caller's transaction. Raises Unproven.
        """


def digest_of(source: str, name: bytes) -> str:
    """The digest of a report by what is unique in it at that source."""
    return hashlib.sha256(source.encode() + b":" + name).hexdigest()
