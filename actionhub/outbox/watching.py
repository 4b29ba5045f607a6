"""What waits in the outbox, by priority, and for how long.

Nothing here reads what grows. Emails that wait are counted mailing by mailing, through the index
of mailing and state alone; the oldest are looked for at the head of the partial indexes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, literal, select, text, union_all

from actionhub import clock
from actionhub.database import db
from actionhub.outbox.claiming import MAILINGS
from actionhub.outbox.models import EmailState, MailingState, MailTotal, Priority
from actionhub.outbox.pacing import EMAILS
from actionhub.outbox.states import FINISHED

PRIORITIES = (Priority.URGENT, Priority.THANKS, Priority.LETTER, Priority.FOLLOWUP)
#: States of an email that is not over.
OPEN = tuple(state for state in EmailState if state not in FINISHED)
#: Mail that should have gone so long ago is late; by priority.
LATE = {
    Priority.URGENT: timedelta(minutes=2),
    Priority.THANKS: timedelta(minutes=10),
    Priority.LETTER: timedelta(hours=1),
    Priority.FOLLOWUP: timedelta(hours=6),
}
#: Rows looked at for the oldest ready email: the lowest number is nearly always the oldest.
HEAD = 100

_READY = text("emails.state IN ('ready')")  # as the partial indexes spell it
_LATER = text("emails.state IN ('deferred', 'unknown')")


@dataclass(frozen=True)
class Live:
    """So many emails of one kind of mailing in one state; `going`: their mailings are active."""

    template: str
    priority: int
    state: EmailState
    going: bool
    number: int


@dataclass(frozen=True)
class Queue:
    """What waits of one priority. `later`: put off until a time ahead; `paused`: its mailing is."""

    priority: int
    due: int = 0
    later: int = 0
    paused: int = 0
    oldest_due_at: datetime | None = None

    @property
    def age(self) -> timedelta:
        """How long the oldest email due has waited; zero without one."""
        if self.oldest_due_at is None:
            return timedelta()
        return max(clock.now() - self.oldest_due_at, timedelta())

    @property
    def is_late(self) -> bool:
        return self.age > LATE[self.priority]


def live(states: Iterable[EmailState] = OPEN) -> list[Live]:
    """Emails of the outbox in those states, without the archive; empty groups are left out."""
    wanted = tuple(states)
    about = (MAILINGS.c.template, MAILINGS.c.priority, MAILINGS.c.state)
    numbers = [func.sum(number_in(state)).label(state.value) for state in wanted]
    rows = db.session.execute(select(*about, *numbers).group_by(*about))
    return [
        Live(row.template, row.priority, state, row.state == MailingState.ACTIVE, int(number))
        for row in rows
        for state in wanted
        if (number := getattr(row, state.value))
    ]


def queues(found: Iterable[Live] | None = None) -> list[Queue]:
    """What waits, by priority, the most urgent first; `found` spares a second count."""
    counted = list(live() if found is None else found)
    due_later, oldest = _put_off_until_now(), _oldest_due()
    return [
        _queue(priority, [one for one in counted if one.priority == priority], due_later, oldest)
        for priority in PRIORITIES
    ]


def number_in(*states: EmailState) -> Any:
    """The expression for how many emails of a mailing are in those states, from the index alone."""
    return (
        select(func.count())
        .where(EMAILS.c.mailing_id == MAILINGS.c.id, EMAILS.c.state.in_(states))
        .correlate(MAILINGS)
        .scalar_subquery()
    )


def archived() -> dict[tuple[str, EmailState], int]:
    """Emails of the archive, by template and the state in which they ended."""
    rows = db.session.execute(
        select(MAILINGS.c.template, MailTotal.state, func.sum(MailTotal.number))
        .join(MAILINGS, MAILINGS.c.id == MailTotal.mailing_id)
        .group_by(MAILINGS.c.template, MailTotal.state)
    )
    return {(template, state): int(number) for template, state, number in rows if number}


def _queue(
    priority: int, counted: list[Live], due_later: dict[int, int], oldest: dict[int, datetime]
) -> Queue:
    def number(states: tuple[EmailState, ...], *, going: bool) -> int:
        return sum(o.number for o in counted if o.state in states and o.going == going)

    put_off = (EmailState.DEFERRED, EmailState.UNKNOWN)
    due = due_later.get(priority, 0)
    return Queue(
        priority=priority,
        due=number((EmailState.READY,), going=True) + due,
        later=max(number(put_off, going=True) - due, 0),
        paused=number((EmailState.READY, *put_off), going=False),
        oldest_due_at=oldest.get(priority),
    )


def _put_off_until_now() -> dict[int, int]:
    parts = [
        select(literal(priority).label("priority"), func.count())
        .select_from(EMAILS)
        .where(_LATER, EMAILS.c.priority == priority, EMAILS.c.due_at <= clock.now(), _goes())
        for priority in PRIORITIES
    ]
    return {priority: number for priority, number in db.session.execute(union_all(*parts))}  # noqa: C416


def _oldest_due() -> dict[int, datetime]:
    parts: list[Any] = []
    for priority in PRIORITIES:
        mine = (EMAILS.c.priority == priority, _goes())
        ready = select(EMAILS.c.due_at).where(_READY, *mine).order_by(EMAILS.c.id).limit(HEAD)
        later = select(EMAILS.c.due_at).where(_LATER, *mine, EMAILS.c.due_at <= clock.now())
        later = later.order_by(EMAILS.c.due_at).limit(1)
        parts += [
            select(literal(priority).label("priority"), func.min(head.c.due_at).label("due_at"))
            for head in (ready.subquery(), later.subquery())
        ]
    found: dict[int, datetime] = {}
    for priority, due_at in db.session.execute(union_all(*parts)):
        if due_at is not None:
            found[priority] = min(found.get(priority, due_at), due_at)
    return found


def _goes() -> ColumnElement[bool]:
    idle = select(MAILINGS.c.id).where(MAILINGS.c.state != MailingState.ACTIVE)
    return EMAILS.c.mailing_id.not_in(idle)
