"""How far a follow-up has got, from the outbox itself."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from actionhub.database import db
from actionhub.followups import emails
from actionhub.followups.audience import remaining
from actionhub.followups.models import FollowUp, FollowUpState
from actionhub.outbox import queue
from actionhub.outbox.models import Email, EmailState
from actionhub.outbox.states import FINISHED
from actionhub.supporters.models import Subscription, SubscriptionState, Supporter

E = EmailState


@dataclass(frozen=True)
class Progress:
    """Numbers of people. `waiting`: queued, not handed over yet. `unqueued`: still to come."""

    state: FollowUpState
    unqueued: int
    queued: int
    waiting: int
    sent: int
    failed: int
    suppressed: int
    cancelled: int
    unsubscribed: int  # of those it was queued for, since it started

    @property
    def total(self) -> int:
        return self.queued + self.unqueued

    @property
    def done(self) -> float:
        """The share that has ended, 0 to 1."""
        return (self.queued - self.waiting) / self.total if self.total else 0.0


def progress_of(follow_up: FollowUp) -> Progress:
    """How a follow-up stands; a draft's `unqueued` is everyone it would go to now."""
    mailing_ids = emails.mailing_ids(follow_up.id)
    states: dict[EmailState, int] = {}
    for mailing_id in mailing_ids:
        for state, count in queue.progress(mailing_id).items():
            states[state] = states.get(state, 0) + count
    over = follow_up.state in {FollowUpState.SENT, FollowUpState.CANCELLED}
    until = follow_up.audience_until
    to_come = 0 if over else remaining(follow_up.action_id, follow_up.cursor, until)
    return Progress(
        state=follow_up.state,
        unqueued=to_come,
        queued=sum(states.values()),
        waiting=sum(count for state, count in states.items() if state not in FINISHED),
        sent=states.get(E.SENT, 0),
        failed=states.get(E.FAILED, 0) + states.get(E.EXPIRED, 0),
        suppressed=states.get(E.SUPPRESSED, 0),
        cancelled=states.get(E.CANCELLED, 0),
        unsubscribed=_left_since(follow_up, mailing_ids),
    )


def _left_since(follow_up: FollowUp, mailing_ids: list[int]) -> int:
    if follow_up.started_at is None or not mailing_ids:
        return 0
    left = (
        select(func.count())
        .select_from(Email)
        .join(Supporter, Supporter.address_hash == Email.address_hash)
        .join(Subscription, Subscription.supporter_id == Supporter.id)
        .where(
            Email.mailing_id.in_(mailing_ids),
            Subscription.state == SubscriptionState.LEFT,
            Subscription.left_at >= follow_up.started_at,
        )
    )
    return int(db.session.execute(left).scalar_one())
