"""Erasing: everything of a person goes; what was delivered stays, anonymous and counted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from actionhub import clock, wakeups
from actionhub.database import db
from actionhub.deliveries import handing
from actionhub.errors import NotFound
from actionhub.letters import stopping
from actionhub.organizers import auditing
from actionhub.outbox import dropping, suppressions
from actionhub.outbox.models import Scope
from actionhub.signatures import counts
from actionhub.signatures.models import Signature, SignatureState
from actionhub.supporters import joining
from actionhub.supporters.models import Subscription, Supporter

ERASED = "erased"

#: What makes a signature somebody's, emptied.
NOBODY: dict[str, Any] = {
    "supporter_id": None,
    "name_key": "",
    "name": None,
    "zip": None,
    "town": None,
    "comment": None,
    "source": {},
    "network_hash": None,
}


def erase(supporter_id: int, organizer_id: int | None = None) -> bool:
    """Erase a person; False if there is nobody (any more) of that id.

    A delivered signature keeps its state, its words and its country, and counts; its name, ZIP,
    comment and supporter are gone. Any other is removed and no longer counts. Emails to the
    person lose their address and contents, unsent ones are cancelled. The keyed hash of the
    address stays suppressed for follow-ups, so that no import writes to them again; signing
    anew, by themselves, makes a new supporter. All their links lead to nothing from here on.
    """
    try:
        supporter = joining.hold(supporter_id)
    except NotFound:
        return False
    at = clock.now()
    signatures = _signatures_of(supporter_id)
    stopping.forget([signature.id for signature in signatures])
    handing.forget([signature.id for signature in signatures])
    for signature in signatures:
        _let_go(signature, at)
    dropping.forget(supporter.address_hash)
    suppressions.suppress(supporter.address_hash, Scope.FOLLOWUPS, ERASED)
    suppressions.forget_reasons(supporter.address_hash)
    forget_supporter(supporter_id, at)
    auditing.record("erase", "supporter", supporter_id, organizer_id=organizer_id)
    wakeups.on_commit(wakeups.Task.FOLD_COUNTS)
    return True


def forget_supporter(supporter_id: int, at: datetime) -> None:
    """Empty a supporter's row, who has no signatures any more; the id stays, never used again."""
    db.session.execute(delete(Subscription).where(Subscription.supporter_id == supporter_id))
    db.session.execute(
        update(Supporter)
        .where(Supporter.id == supporter_id)
        .values(canonical=None, address=None, address_hash=None, erased_at=at)
    )


def _signatures_of(supporter_id: int) -> Any:
    return db.session.execute(
        select(Signature.id, Signature.action_id, Signature.state, Signature.delivered_at).where(
            Signature.supporter_id == supporter_id
        )
    ).all()


def _let_go(signature: Any, at: datetime) -> None:
    change = dict(NOBODY)
    over = signature.state in (SignatureState.WITHDRAWN, SignatureState.REMOVED)
    delivered = signature.state is SignatureState.CONFIRMED and signature.delivered_at is not None
    if not over and not delivered:
        change |= {"state": SignatureState.REMOVED, "state_reason": ERASED, "ended_at": at}
        counts.note(signature.action_id, signature.state, SignatureState.REMOVED)
    db.session.execute(
        update(Signature)
        .where(Signature.id == signature.id)
        .values(change)
        .execution_options(synchronize_session="fetch")
    )
