"""Signatures kept aside for an organizer's eye: released to their owner's mailbox, or removed."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from actionhub import clock, wakeups
from actionhub.database import db
from actionhub.signatures import counts, emails, rows, withdrawing
from actionhub.signatures.models import Signature, SignatureState
from actionhub.supporters import joining
from actionhub.supporters.models import Supporter

_S = rows.SIGNATURES


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
