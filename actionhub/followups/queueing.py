"""Queueing a follow-up: its audience as it stood at the start, in batches that survive kills."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic, sleep

import structlog
from sqlalchemy import exists, func, select

from actionhub import clock
from actionhub.database import db
from actionhub.followups import emails
from actionhub.followups.audience import Reach, end_of_batch
from actionhub.followups.models import FollowUp, FollowUpState
from actionhub.outbox import queue
from actionhub.outbox.models import Email, EmailState
from actionhub.outbox.states import FINISHED
from actionhub.supporters.models import Supporter

log = structlog.get_logger(__name__)

#: Signers looked at, and at most so many emails written, in one transaction.
BATCH = {"postgresql": 1000, "sqlite": 250}
#: Seconds between two batches at most, while SQLite's writer is left to others.
LONGEST_REST = 0.5
#: Emails of one follow-up that may stand ready ahead of the senders.
AHEAD = 20_000

S = FollowUpState


@dataclass(frozen=True)
class _Step:
    queued: int
    goes_on: bool


def advance() -> int:
    """Queue the next batches of every follow-up that is on; how many emails were queued.

    1. A batch's emails and the cursor beyond them are one transaction: killed in between, nothing
       of the batch is there and it comes again.
    2. The follow-up's row is held meanwhile; a second worker passes it by.
    3. Each email's key is unique, so that even a cursor set back queues nobody twice.
    4. One that fails is logged and comes again; it holds up no other.
    """
    queued = 0
    for follow_up_id in _due():
        try:
            queued += _advance_while_it_goes(follow_up_id)
        except Exception as problem:
            db.session.rollback()
            log.error("followup_stuck", followup=follow_up_id, problem=type(problem).__name__)
    return queued


def begin(follow_up: FollowUp, moment: datetime) -> None:
    """From here its words stand, and its audience is those who are there by now."""
    follow_up.state, follow_up.started_at = S.SENDING, moment
    follow_up.audience_until = db.session.scalar(select(func.max(Supporter.id))) or 0


def halt(follow_up: FollowUp) -> None:
    """Let nothing more of it be queued or sent; what is being handed over ends."""
    follow_up.state, follow_up.finished_at = S.PAUSED, None
    for mailing_id in emails.mailing_ids(follow_up.id):
        queue.pause(mailing_id)


def _due() -> list[int]:
    on = FollowUp.state == S.SENDING
    starting = (FollowUp.state == S.SCHEDULED) & (FollowUp.starts_at <= clock.now())
    # what of it was tried again later (`outbox retry`) may be refused, too
    refused = (FollowUp.state == S.SENT) & emails.is_refused()
    due = select(FollowUp.id).where(on | starting | refused).order_by(FollowUp.id)
    found = list(db.session.scalars(due))
    db.session.commit()
    return found


def _advance_while_it_goes(follow_up_id: int) -> int:
    queued, goes_on = 0, True
    while goes_on:
        began = monotonic()
        step = _advance_one(follow_up_id)
        db.session.commit()
        queued, goes_on = queued + step.queued, step.goes_on
        if goes_on:
            _give_way(monotonic() - began)
    return queued


def _give_way(seconds: float) -> None:
    """Leave SQLite's one writer to others for as long as a batch had it.

    They ask for it only now and then: batch upon batch, they would wait for seconds.
    """
    if db.engine.dialect.name == "sqlite":
        sleep(min(seconds, LONGEST_REST))


def _advance_one(follow_up_id: int) -> _Step:
    moment = clock.now()
    held = select(FollowUp).where(FollowUp.id == follow_up_id).with_for_update(skip_locked=True)
    follow_up = db.session.scalar(held, execution_options={"populate_existing": True})
    if follow_up is None:  # another worker is at it
        return _Step(0, goes_on=False)
    if follow_up.state is S.SCHEDULED and follow_up.starts_at and follow_up.starts_at <= moment:
        begin(follow_up, moment)
    if follow_up.state in {S.SENDING, S.SENT} and emails.refusal_of(follow_up.id) is not None:
        log.warning("followup_paused_by_itself", followup=follow_up.id)
        halt(follow_up)
    if follow_up.state is not S.SENDING:
        return _Step(0, goes_on=False)
    until = follow_up.audience_until or 0
    if follow_up.cursor < until:
        return _queue_batch(follow_up, until)
    if _all_ended(follow_up.id):
        follow_up.state, follow_up.finished_at = S.SENT, moment
    return _Step(0, goes_on=False)


def _queue_batch(follow_up: FollowUp, until: int) -> _Step:
    size = BATCH[db.engine.dialect.name]
    mailings = emails.ensure_mailings_of(follow_up)
    if _ready(list(mailings.values())) + size > AHEAD:
        return _Step(0, goes_on=False)
    by = follow_up.started_at or clock.now()
    left = Reach(follow_up.action_id, by, follow_up.cursor, until)
    end = end_of_batch(left, size) or until
    queued = emails.enqueue(follow_up, mailings, replace(left, until=end))
    follow_up.cursor = end
    follow_up.queued += queued
    return _Step(queued, goes_on=True)


def _ready(mailing_ids: list[int]) -> int:
    """How many emails stand ready, counted no further than matters."""
    ready = (
        select(Email.id)
        .where(Email.mailing_id.in_(mailing_ids), Email.state == EmailState.READY)
        .limit(AHEAD)
    )
    return db.session.scalar(select(func.count()).select_from(ready.subquery())) or 0


def _all_ended(follow_up_id: int) -> bool:
    unfinished = exists().where(
        Email.mailing_id.in_(emails.mailing_ids(follow_up_id)),
        Email.state.in_([state for state in EmailState if state not in FINISHED]),
    )
    return not db.session.scalar(select(unfinished))
