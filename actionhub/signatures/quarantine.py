"""Signatures kept aside for an organizer's eye: released to their owner's mailbox, or removed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from actionhub import clock, wakeups
from actionhub.database import db
from actionhub.signatures import counts, emails, rows, withdrawing
from actionhub.signatures.models import Signature, SignatureState
from actionhub.supporters import joining
from actionhub.supporters.models import Supporter

_S = rows.SIGNATURES

#: Signatures shown at a time.
SHOWN = 500


@dataclass(frozen=True)
class Waiting:
    """One signature kept aside. `reason`: limit, honeypot, or address (too many names on one)."""

    signature_id: int
    action_id: int
    reason: str
    name: str
    comment: str | None
    zip: str | None
    country: str
    locale: str
    source: dict[str, Any]
    posted_at: datetime


def waiting(action_id: int | None = None, limit: int = SHOWN) -> list[Waiting]:
    """What is kept aside, of one action or of all, the oldest first."""
    kept = select(Signature).where(Signature.state == SignatureState.QUARANTINED)
    if action_id is not None:
        kept = kept.where(Signature.action_id == action_id)
    found = db.session.scalars(kept.order_by(Signature.posted_at, Signature.id).limit(limit))
    return [
        Waiting(
            signature_id=one.id,
            action_id=one.action_id,
            reason=one.state_reason or "",
            name=one.name or "",
            comment=one.comment,
            zip=one.zip,
            country=one.country,
            locale=one.locale,
            source=one.source,
            posted_at=one.posted_at,
        )
        for one in found
    ]


def how_many_wait(action_id: int | None = None) -> int:
    """How many signatures are kept aside, of one action or of all."""
    kept = select(func.count()).where(Signature.state == SignatureState.QUARANTINED)
    if action_id is not None:
        kept = kept.where(Signature.action_id == action_id)
    return db.session.scalar(kept) or 0


def release(signature_ids: Collection[int]) -> int:
    """Let signatures go on as if they had not been kept aside; how many.

    Each becomes pending and its owner is asked to confirm, as far as the day's mails to that
    address allow: the reminder asks the others. Those no longer kept aside are passed over.
    All supporters are held first, so that nobody who waits for one of them is waited for.
    """
    at, released = clock.now(), 0
    owners = _owners(signature_ids)
    held = {supporter_id: joining.hold(supporter_id) for _signature, supporter_id in owners}
    for signature_id, supporter_id in owners:
        supporter = held[supporter_id]
        row = db.session.execute(
            emails.ground()
            .add_columns(*_S.c)
            .join(_S, _S.c.text_id == emails.TEXTS.c.id)
            .where(_S.c.id == signature_id, _S.c.state == SignatureState.QUARANTINED)
        ).one_or_none()
        if row is None:
            continue
        freed = {"state": SignatureState.PENDING, "state_reason": None, "posted_at": at}
        db.session.execute(rows.change(signature_id, **freed))
        counts.note(row.action_id, SignatureState.QUARANTINED, SignatureState.PENDING)
        if emails.may_ask(supporter.address_hash):
            key = f"confirm:{row.id}:{row.posting}"
            emails.ask_to_confirm(row, row, supporter.address, supporter.address_hash, key)
        released += 1
    wakeups.on_commit(wakeups.Task.FOLD_COUNTS)
    return released


def remove(signature_ids: Collection[int], reason: str = "organizer") -> int:
    """Take signatures out for good, kept aside or not; how many stood until now."""
    return sum(
        withdrawing.end(signature_id, SignatureState.REMOVED, reason)
        for signature_id, _supporter_id in _owners(signature_ids)
    )


def _owners(signature_ids: Collection[int]) -> list[tuple[int, int]]:
    """(signature, supporter), in the order of supporters, in which everybody holds several."""
    found = db.session.execute(
        select(Signature.id, Supporter.id)
        .join(Supporter, Supporter.id == Signature.supporter_id)
        .where(Signature.id.in_(list(signature_ids)))
        .order_by(Supporter.id, Signature.id)
    )
    return [(signature_id, supporter_id) for signature_id, supporter_id in found]
