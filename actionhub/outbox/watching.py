"""What waits in the outbox, by priority, and for how long.

Nothing that is asked often reads what grows: what waits is counted in the partial indexes, what is
rare mailing by mailing, and the oldest are looked for at the heads of the indexes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, String, func, literal, select, text, union_all
from sqlalchemy import cast as as_type

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
_IN_HAND = text("emails.state IN ('claimed', 'sending')")
_PUT_OFF = "deferred or unknown"

#: How many emails there are in a state with a priority.
Numbers = dict[tuple[EmailState, int], int]


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


def numbers() -> Numbers:
    """Emails that are not over, by state and priority; all of OPEN and PRIORITIES are told."""
    rows = db.session.execute(union_all(*_counts())).all()
    found = dict.fromkeys(product(OPEN, PRIORITIES), 0)
    found |= {(EmailState(s), p): int(number) for s, p, number in rows if s != _PUT_OFF}
    for state, priority, number in rows:
        if state == _PUT_OFF:
            unknown = found.get((EmailState.UNKNOWN, priority), 0)
            found[EmailState.DEFERRED, priority] = int(number) - unknown
    return found


def queues(found: Numbers | None = None) -> list[Queue]:
    """What waits, by priority, the most urgent first; `found` spares a second count."""
    counted = numbers() if found is None else found
    paused, due_later, oldest = _in_paused_mailings(), _put_off_until_now(), _oldest_due()
    result = []
    for priority in PRIORITIES:
        paused_ready, paused_later = paused.get(priority, (0, 0))
        put_off = sum(counted[s, priority] for s in (EmailState.DEFERRED, EmailState.UNKNOWN))
        due = due_later.get(priority, 0)
        result.append(
            Queue(
                priority=priority,
                due=max(counted[EmailState.READY, priority] - paused_ready, 0) + due,
                later=max(put_off - paused_later - due, 0),
                paused=paused_ready + paused_later,
                oldest_due_at=oldest.get(priority),
            )
        )
    return result


def by_template() -> dict[tuple[str, EmailState], int]:
    """Emails of the outbox by template and state, without the archive. Reads all of them."""
    rows = db.session.execute(
        select(EMAILS.c.mailing_id, EMAILS.c.state, func.count()).group_by(
            EMAILS.c.mailing_id, EMAILS.c.state
        )
    ).all()
    wanted = select(MAILINGS.c.id, MAILINGS.c.template)
    templates = {number: template for number, template in db.session.execute(wanted)}  # noqa: C416
    found: dict[tuple[str, EmailState], int] = {}
    for mailing_id, state, number in rows:
        key = templates[mailing_id], state
        found[key] = found.get(key, 0) + number
    return found


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


def _counts() -> list[Any]:
    """What `numbers` adds up, as cheaply as each database can.

    SQLite counts in the index of mailing and state without a look at a row. PostgreSQL must look
    whether rows changed lately may be seen: in the order of the partial indexes that is ten times
    cheaper than mailing by mailing.
    """
    if db.engine.dialect.name != "postgresql":
        return [_by_mailing(state) for state in OPEN]
    return [
        _by_priority(EmailState.READY.value, _READY),
        _in_hand(),
        _by_mailing(EmailState.UNKNOWN),
        _by_mailing(EmailState.HELD),
        _by_priority(_PUT_OFF, _LATER),
    ]


def _by_priority(told: str, which: Any) -> Any:
    counted = select(literal(told).label("state"), EMAILS.c.priority, func.count())
    return counted.where(which).group_by(EMAILS.c.priority)


def _in_hand() -> Any:
    state = as_type(EMAILS.c.state, String).label("state")
    counted = select(state, EMAILS.c.priority, func.count()).where(_IN_HAND)
    return counted.group_by(EMAILS.c.state, EMAILS.c.priority)


def _by_mailing(state: EmailState) -> Any:
    told = literal(state.value).label("state")
    number = as_type(func.sum(number_in(state)), BigInteger)
    return select(told, MAILINGS.c.priority, number).group_by(MAILINGS.c.priority)


def _in_paused_mailings() -> dict[int, tuple[int, int]]:
    """By priority, what is ready and what is put off of mailings that do not go."""
    ready = func.sum(number_in(EmailState.READY))
    put_off = func.sum(number_in(EmailState.DEFERRED, EmailState.UNKNOWN))
    rows = db.session.execute(
        select(MAILINGS.c.priority, ready, put_off)
        .where(MAILINGS.c.state != MailingState.ACTIVE)
        .group_by(MAILINGS.c.priority)
    )
    return {priority: (int(now), int(later)) for priority, now, later in rows}


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
