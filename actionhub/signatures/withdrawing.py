"""Withdrawing: a signature that its owner takes back."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from actionhub import clock, wakeups
from actionhub.database import db
from actionhub.errors import NotFound
from actionhub.signatures import counts, emails, rows
from actionhub.signatures.models import Signature, SignatureState
from actionhub.supporters import joining

_OPEN = (SignatureState.PENDING, SignatureState.CONFIRMED, SignatureState.QUARANTINED)


def withdraw(signature_id: int) -> bool:
    """Take the signature back: uncounted, its unsent mails cancelled. Again is harmless.

    True if it stood until now. Its owner may sign again, and confirm again. Raises NotFound if
    there is no such signature or it is anonymous.
    """
    return end(signature_id, SignatureState.WITHDRAWN, None)


def end(signature_id: int, state: SignatureState, reason: str | None) -> bool:
    """Bring a signature to `state` (withdrawn or removed) if it stands; whether it did."""
    owner = db.session.scalar(select(Signature.supporter_id).where(Signature.id == signature_id))
    if owner is None:
        raise NotFound(_("There is nothing here any more."))
    supporter = joining.hold(owner)
    table: Any = rows.SIGNATURES
    before = db.session.execute(
        select(table.c.action_id, table.c.state).where(
            table.c.id == signature_id, table.c.supporter_id == owner
        )
    ).one()
    if before.state not in _OPEN:
        return False
    change = rows.change(signature_id, state=state, state_reason=reason, ended_at=clock.now())
    db.session.execute(change)
    counts.note(before.action_id, before.state, state)
    emails.cancel_unsent(signature_id, supporter.address_hash)
    wakeups.on_commit(wakeups.Task.FOLD_COUNTS)
    return True
