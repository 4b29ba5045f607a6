"""Agreeing to hear more, and leaving."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from actionhub import clock
from actionhub.database import db
from actionhub.outbox import suppressions
from actionhub.outbox.models import Scope
from actionhub.supporters import joining
from actionhub.supporters.models import Subscription, SubscriptionState


def subscribe(supporter_id: int, wording_id: int | None, at: datetime) -> None:
    """Make the supporter a member, who agreed to this wording at this time.

    An earlier leaving, or an erasure they have come back from, is lifted: they agreed anew. Call
    it only for an address whose owner has shown that it is theirs. Raises NotFound.
    """
    supporter = joining.hold(supporter_id)
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert
    agreed = {
        "state": SubscriptionState.LIVE,
        "wording_id": wording_id,
        "agreed_at": at,
        "left_at": None,
    }
    db.session.execute(
        insert(Subscription)
        .values(supporter_id=supporter_id, **agreed)
        .on_conflict_do_update(index_elements=[Subscription.supporter_id], set_=agreed)
    )
    suppressions.lift(supporter.address_hash, Scope.FOLLOWUPS)


def leave(supporter_id: int) -> bool:
    """End the subscription and suppress follow-ups in the same transaction.

    True if they were a member until now. Leaving twice, or without ever having joined, still
    writes the suppression: they said no. Signatures and their receipts stay. Raises NotFound.
    """
    supporter = joining.hold(supporter_id)
    left = db.session.execute(
        update(Subscription)
        .where(
            Subscription.supporter_id == supporter_id,
            Subscription.state == SubscriptionState.LIVE,
        )
        .values(state=SubscriptionState.LEFT, left_at=clock.now())
        .returning(Subscription.id),
        execution_options={"synchronize_session": False},
    ).scalar_one_or_none()
    suppressions.suppress(supporter.address_hash, Scope.FOLLOWUPS, "left")
    return left is not None


def is_member(supporter_id: int) -> bool:
    """Whether the supporter agreed to hear more and has not left since."""
    state = db.session.scalar(
        select(Subscription.state).where(Subscription.supporter_id == supporter_id)
    )
    return state is SubscriptionState.LIVE
