"""Sending a follow-up: start, pause, resume, cancel, and queueing it in batches that survive kills.

Doors record the audit and commit; `advance` commits by itself, once a batch.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import structlog
from flask_babel import gettext as _
from sqlalchemy import exists, func, select

from actionhub import clock, wakeups
from actionhub.addresses import read_address
from actionhub.config import LOCALES
from actionhub.database import db
from actionhub.followups import emails
from actionhub.followups.audience import Recipient, next_recipients
from actionhub.followups.models import FollowUp, FollowUpState
from actionhub.followups.progress import Progress, progress_of
from actionhub.followups.writing import Incomplete, OnItsWay, lock, problems_of
from actionhub.organizers.models import Organizer
from actionhub.outbox import queue
from actionhub.outbox.models import Email, EmailState, Priority, Scope
from actionhub.outbox.states import FINISHED
from actionhub.supporters.models import Supporter

__all__ = [
    "Progress",
    "advance",
    "cancel",
    "pause",
    "progress_of",
    "resume",
    "send_test",
    "start",
    "unschedule",
]

log = structlog.get_logger(__name__)

#: Recipients queued in one transaction: signers wait less than 0.1 s for SQLite's one writer.
BATCH = 250
#: Emails of one follow-up that may stand ready ahead of the senders.
AHEAD = 10_000

S = FollowUpState


def start(follow_up: FollowUp, organizer_id: int | None, at: datetime | None = None) -> None:
    """Send a draft now, or at a time ahead; whoever starts an automatic one approves it.

    Raises Incomplete with a sentence for each field, OnItsWay.
    """
    _hold(follow_up, {S.DRAFT, S.SCHEDULED})
    moment = clock.now()
    problems = problems_of(follow_up)
    if at is not None and at <= moment:
        problems["starts_at"] = _("The time to send must lie ahead.")
    if problems:
        raise Incomplete(problems)
    follow_up.approved_by = organizer_id
    follow_up.starts_at = at or moment
    if at is not None:
        follow_up.state = S.SCHEDULED
    else:
        _begin(follow_up, moment)
    db.session.flush()
    wakeups.on_commit(wakeups.Task.ADVANCE_FOLLOWUPS)


def unschedule(follow_up: FollowUp) -> None:
    """Make a scheduled follow-up a draft again. Raises OnItsWay."""
    _hold(follow_up, {S.SCHEDULED})
    follow_up.state, follow_up.starts_at, follow_up.approved_by = S.DRAFT, None, None
    db.session.flush()


def pause(follow_up: FollowUp) -> None:
    """Queue and send no more for now; what is being handed over ends. Raises OnItsWay."""
    _hold(follow_up, {S.SENDING})
    follow_up.state = S.PAUSED
    for mailing_id in emails.mailing_ids(follow_up.id):
        queue.pause(mailing_id)
    db.session.flush()


def resume(follow_up: FollowUp) -> None:
    """Go on where it paused. Raises OnItsWay."""
    _hold(follow_up, {S.PAUSED})
    follow_up.state = S.SENDING
    for mailing_id in emails.mailing_ids(follow_up.id):
        queue.resume(mailing_id)
    db.session.flush()
    wakeups.on_commit(wakeups.Task.ADVANCE_FOLLOWUPS)


def cancel(follow_up: FollowUp) -> None:
    """Drop a draft, or stop for good what has not gone out yet. Raises OnItsWay."""
    _hold(follow_up, {S.DRAFT, S.SCHEDULED, S.SENDING, S.PAUSED})
    follow_up.state, follow_up.finished_at = S.CANCELLED, clock.now()
    for mailing_id in emails.mailing_ids(follow_up.id):
        queue.cancel_mailing(mailing_id)
    db.session.flush()


def send_test(follow_up: FollowUp, organizer: Organizer, locale: str = LOCALES[0]) -> None:
    """Mail the follow-up as it now reads to the organizer, and to nobody else.

    Raises Incomplete.
    """
    if problems := problems_of(follow_up):
        raise Incomplete(problems)
    address = read_address(organizer.email)
    number = int(clock.now().timestamp() * 1_000_000)
    mailing_id = queue.ensure_mailing(
        f"followuptest:{follow_up.id}:{organizer.id}:{number}",
        template="followup_test",
        locale=locale,
        priority=Priority.URGENT,
        scope=Scope.STAFF,
        content=emails.content_of(follow_up, locale),
    )
    queue.enqueue(
        mailing_id,
        key=f"followuptest:{follow_up.id}:{organizer.id}:{number}",
        address=address.mailbox,
        address_hash=address.hash,
        fields=emails.fields_of(emails.NOBODY, organizer.shown_name, locale),
        priority=Priority.URGENT,
    )


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


def _advance_while_it_goes(follow_up_id: int) -> int:
    queued, goes_on = 0, True
    while goes_on:
        step = _advance_one(follow_up_id)
        db.session.commit()
        queued, goes_on = queued + step.queued, step.goes_on
    return queued


def _due() -> list[int]:
    on = FollowUp.state == S.SENDING
    starting = (FollowUp.state == S.SCHEDULED) & (FollowUp.starts_at <= clock.now())
    found = list(db.session.scalars(select(FollowUp.id).where(on | starting).order_by(FollowUp.id)))
    db.session.commit()
    return found


def _advance_one(follow_up_id: int) -> _Step:
    moment = clock.now()
    held = select(FollowUp).where(FollowUp.id == follow_up_id).with_for_update(skip_locked=True)
    follow_up = db.session.scalar(held, execution_options={"populate_existing": True})
    if follow_up is None:  # another worker is at it
        return _Step(0, goes_on=False)
    if follow_up.state is S.SCHEDULED and follow_up.starts_at and follow_up.starts_at <= moment:
        _begin(follow_up, moment)
    if follow_up.state is not S.SENDING:
        return _Step(0, goes_on=False)
    until = follow_up.audience_until or 0
    if follow_up.cursor < until:
        return _queue_batch(follow_up, until)
    if _all_ended(follow_up.id):
        follow_up.state, follow_up.finished_at = S.SENT, moment
    return _Step(0, goes_on=False)


def _queue_batch(follow_up: FollowUp, until: int) -> _Step:
    room = min(BATCH, AHEAD - _ready(follow_up.id))
    if room <= 0:
        return _Step(0, goes_on=False)
    people = next_recipients(follow_up.action_id, after=follow_up.cursor, until=until, limit=room)
    queued = 0
    for locale in LOCALES:
        queued += _queue(follow_up, locale, [p for p in people if p.locale == locale])
    follow_up.cursor = people[-1].supporter_id if len(people) == room else until
    follow_up.queued += queued
    return _Step(queued, goes_on=True)


def _queue(follow_up: FollowUp, locale: str, people: list[Recipient]) -> int:
    if not people:
        return 0
    mailing_id = emails.ensure_mailing_of(follow_up, locale)
    rows = [emails.outgoing(follow_up.id, person) for person in people]
    return queue.enqueue_many(mailing_id, rows, Priority.FOLLOWUP)


def _begin(follow_up: FollowUp, moment: datetime) -> None:
    """From here its words stand, and its audience is those who are there by now."""
    follow_up.state, follow_up.started_at = S.SENDING, moment
    follow_up.audience_until = db.session.scalar(select(func.max(Supporter.id))) or 0


def _ready(follow_up_id: int) -> int:
    waiting = select(func.count()).where(
        Email.mailing_id.in_(emails.mailing_ids(follow_up_id)), Email.state == EmailState.READY
    )
    return int(db.session.execute(waiting).scalar_one())


def _all_ended(follow_up_id: int) -> bool:
    unfinished = exists().where(
        Email.mailing_id.in_(emails.mailing_ids(follow_up_id)),
        Email.state.in_([state for state in EmailState if state not in FINISHED]),
    )
    return not db.session.scalar(select(unfinished))


def _hold(follow_up: FollowUp, allowed: Collection[FollowUpState]) -> None:
    lock(follow_up)
    if follow_up.state not in allowed:
        raise OnItsWay(_("This follow-up has moved on meanwhile. Look at how it stands now."))
