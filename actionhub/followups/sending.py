"""Sending a follow-up: start, pause, resume, cancel, and a test. `queueing` does the rest.

Doors record the audit and commit; `advance` commits by itself, once a batch.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from flask_babel import gettext as _

from actionhub import clock, wakeups
from actionhub.addresses import read_address
from actionhub.config import LOCALES
from actionhub.database import db
from actionhub.followups import emails, filling
from actionhub.followups.models import FollowUp, FollowUpState
from actionhub.followups.progress import Progress, progress_of
from actionhub.followups.queueing import advance, begin, halt
from actionhub.followups.writing import Incomplete, OnItsWay, lock, problems_of
from actionhub.organizers.models import Organizer
from actionhub.outbox import queue
from actionhub.outbox.models import Priority, Scope

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
        begin(follow_up, moment)
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
    halt(follow_up)
    db.session.flush()


def resume(follow_up: FollowUp) -> None:
    """Go on where it paused; one that paused by itself also tries anew what was refused.

    Raises OnItsWay.
    """
    _hold(follow_up, {S.PAUSED})
    follow_up.state = S.SENDING
    mailing_ids = emails.mailing_ids(follow_up.id)
    if emails.refusal_of(follow_up.id) is not None:
        queue.retry_refused(mailing_ids)
    for mailing_id in mailing_ids:
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
        fields=filling.fields_of(emails.NOBODY, organizer.shown_name, locale),
        priority=Priority.URGENT,
    )


def _hold(follow_up: FollowUp, allowed: Collection[FollowUpState]) -> None:
    lock(follow_up)
    if follow_up.state not in allowed:
        raise OnItsWay(_("This follow-up has moved on meanwhile. Look at how it stands now."))
