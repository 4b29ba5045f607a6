"""How far a follow-up has got, from the outbox itself."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, func, or_, select

from actionhub import clock
from actionhub.database import db
from actionhub.followups import emails
from actionhub.followups.audience import Reach, remaining
from actionhub.followups.models import FollowUp, FollowUpState
from actionhub.outbox import queue
from actionhub.outbox.models import ArchivedEmail, Email, EmailState
from actionhub.outbox.states import FINISHED
from actionhub.supporters.models import Subscription, SubscriptionState

E = EmailState

#: From so many people on, a page that is left open counts less often.
LARGE = 20_000
RENEW_SECONDS = 3
RENEW_LARGE_SECONDS = 20


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
    refusal: str | None  # what the mail server answered until it paused by itself: 550 5.7.1
    refused: int  # emails answered so, which go again when it is resumed

    @property
    def total(self) -> int:
        return self.queued + self.unqueued

    @property
    def renew_seconds(self) -> int:
        """How often a page may count anew: counting a large one takes a while."""
        return RENEW_SECONDS if self.total < LARGE else RENEW_LARGE_SECONDS

    @property
    def done(self) -> float:
        """The share that has ended, 0 to 1."""
        return (self.queued - self.waiting) / self.total if self.total else 0.0


def progress_of(follow_up: FollowUp) -> Progress:
    """How a follow-up stands; a draft's `unqueued` is everyone it would go to now."""
    mailing_ids = emails.mailing_ids(follow_up.id)
    states = queue.progress(*mailing_ids)
    refusal = emails.refusal_of(follow_up.id)
    return Progress(
        state=follow_up.state,
        unqueued=_to_come(follow_up),
        queued=sum(states.values()),
        waiting=sum(count for state, count in states.items() if state not in FINISHED),
        sent=states.get(E.SENT, 0),
        failed=states.get(E.FAILED, 0) + states.get(E.EXPIRED, 0),
        suppressed=states.get(E.SUPPRESSED, 0),
        cancelled=states.get(E.CANCELLED, 0),
        unsubscribed=_left_since(follow_up),
        refusal=refusal,
        refused=queue.refused(mailing_ids) if refusal is not None else 0,
    )


def _to_come(follow_up: FollowUp) -> int:
    if follow_up.state in {FollowUpState.SENT, FollowUpState.CANCELLED}:
        return 0
    until = follow_up.audience_until
    if until is None:
        return remaining(Reach(follow_up.action_id, clock.now()))
    if follow_up.cursor >= until:
        return 0
    by = follow_up.started_at or clock.now()
    return remaining(Reach(follow_up.action_id, by, follow_up.cursor, until))


def _left_since(follow_up: FollowUp) -> int:
    """From those who left, few, to their emails by key: whether these are archived or not."""
    if follow_up.started_at is None:
        return 0
    key = emails.key_for(Subscription.supporter_id)  # type: ignore[arg-type]
    left = select(func.count()).where(
        Subscription.state == SubscriptionState.LEFT,
        Subscription.left_at >= follow_up.started_at,
        or_(*(exists().where(table.key == key) for table in (Email, ArchivedEmail))),
    )
    return int(db.session.execute(left, {"prefix": f"followup:{follow_up.id}:"}).scalar_one())
