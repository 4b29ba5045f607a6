"""What holds mail up, or moves it: workers, the mail server, domains, mailings that paused."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, String, and_, case, func, or_, select
from sqlalchemy import cast as as_type

from actionhub import clock
from actionhub.config import settings
from actionhub.database import db
from actionhub.outbox.beats import BEATS, OBSERVATIONS
from actionhub.outbox.claiming import EVENTS, MAILINGS
from actionhub.outbox.destinations import DOMAIN, ahead, relay_key
from actionhub.outbox.durations import DURATIONS
from actionhub.outbox.models import (
    Destination,
    EmailState,
    MailingState,
)
from actionhub.outbox.pacing import EMAILS
from actionhub.outbox.sweeping import boot_id
from actionhub.outbox.watching import number_in

#: Refused emails of a paused mailing that are looked at for what the server said.
REFUSED = 200
#: The latest events, among which the last acceptance is looked for.
LATEST = 10_000
#: Held emails that are named one by one.
HELD = 20


@dataclass(frozen=True)
class Worker:
    """One run of a worker that holds mail. `silent`: since its beat was last seen to change, by
    those who watch from this very host; None: nobody here does."""

    owner: str
    beat: int
    started_at: datetime
    silent: timedelta | None

    @property
    def lives(self) -> bool:
        return self.silent is None or self.silent < DURATIONS.lease


@dataclass(frozen=True)
class Relay:
    """The mail server as the workers know it. `closed_until`: left alone until then, None: not."""

    name: str  # host:port
    failures: int = 0  # in a row
    closed_until: datetime | None = None
    tried_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Domain:
    """A recipient domain that is left alone for a while, or gets few connections at a time."""

    name: str
    cooling_until: datetime | None
    slow_until: datetime | None
    reason: str | None


@dataclass(frozen=True)
class PausedMailing:
    """A mailing that sends nothing. `because`: it paused itself, for so many refusals in a row;
    None: an organizer paused it. `refused`: by RFC 3463 status or reply code, how many."""

    id: int
    key: str
    template: str
    locale: str
    subject: str | None  # of mail that organizers wrote
    because: str | None
    refusals: int
    waiting: int
    refused: dict[str, int]
    refused_at: datetime | None  # the last time


@dataclass(frozen=True)
class HeldEmail:
    """An email whose fate a person must settle. `message_id` is what the mail server's log has."""

    key: str
    message_id: str
    held_at: datetime | None


def workers() -> list[Worker]:
    """Who holds mail, the longest at it first. Idle workers hold none and are not here."""
    beat, seen = BEATS.c, OBSERVATIONS.c
    here = and_(seen.owner == beat.owner, seen.boot_id == boot_id())
    rows = db.session.execute(
        select(
            beat.owner, beat.beat, beat.started_at, seen.beat.label("seen"), seen.seen_at_monotonic
        )
        .outerjoin_from(BEATS, OBSERVATIONS, here)
        .order_by(beat.started_at, beat.owner)
    )
    now = time.monotonic()
    return [
        Worker(row.owner, row.beat, row.started_at, _silence(row.beat, row.seen, row[4], now))
        for row in rows
    ]


def relay() -> Relay:
    """The mail server of the settings."""
    smtp = settings().smtp
    name = f"{smtp.host}:{smtp.port}"
    row = db.session.get(Destination, relay_key(smtp), populate_existing=True)
    if row is None:
        return Relay(name)
    closed_until = ahead(row.closed_until, clock.now(), DURATIONS.breaker_longest)
    return Relay(name, row.failures, closed_until, row.changed_at, row.reason)


def last_sent_at() -> datetime | None:
    """When a mail server last took an email; None if not lately."""
    latest = select(EVENTS.c.at, EVENTS.c.state).order_by(EVENTS.c.id.desc()).limit(LATEST)
    rows = latest.subquery()
    sent = select(func.max(rows.c.at)).where(rows.c.state == EmailState.SENT)
    found: datetime | None = db.session.execute(sent).scalar_one()
    return found


def domains() -> list[Domain]:
    """Recipient domains that cool or are slow, by name. Personal ones may tell a person."""
    now = clock.now()
    rows = db.session.scalars(
        select(Destination)
        .where(
            Destination.key.startswith(DOMAIN),
            or_(Destination.closed_until > now, Destination.slow_until > now),
        )
        .order_by(Destination.key)
        .execution_options(populate_existing=True)
    )
    found = [
        Domain(
            row.key.removeprefix(DOMAIN),
            ahead(row.closed_until, now, DURATIONS.cooling_longest),
            ahead(row.slow_until, now, DURATIONS.slow_for),
            row.reason,
        )
        for row in rows
    ]
    return [one for one in found if one.cooling_until or one.slow_until]


def paused() -> list[PausedMailing]:
    """Mailings that pause, those that paused themselves first."""
    waiting = number_in(EmailState.READY, EmailState.DEFERRED, EmailState.UNKNOWN)
    rows = db.session.execute(
        select(MAILINGS, waiting.label("waiting"))
        .where(MAILINGS.c.state == MailingState.PAUSED)
        .order_by(MAILINGS.c.paused_because.is_(None), MAILINGS.c.id)
    ).all()
    found = []
    for row in rows:
        refused, refused_at = _refused(row.id) if row.paused_because else ({}, None)
        found.append(
            PausedMailing(
                id=row.id,
                key=row.key,
                template=row.template,
                locale=row.locale,
                subject=row.content.get("subject"),
                because=row.paused_because,
                refusals=row.refusals,
                waiting=row.waiting,
                refused=refused,
                refused_at=refused_at,
            )
        )
    return found


def paused_numbers() -> tuple[int, int]:
    """How many mailings paused themselves, and how many an organizer paused."""
    alone = func.sum(case((MAILINGS.c.paused_because.is_not(None), 1), else_=0))
    counted = select(alone, func.count()).where(MAILINGS.c.state == MailingState.PAUSED)
    by_itself, number = db.session.execute(counted).one()
    return int(by_itself or 0), number - int(by_itself or 0)


def held(limit: int = HELD) -> list[HeldEmail]:
    """The emails that wait for a person, the first held first."""
    rows = db.session.execute(
        select(EMAILS.c.key, EMAILS.c.message_id, EMAILS.c.held_at)
        .where(*_in_state(EmailState.HELD))
        .order_by(EMAILS.c.id + 0)  # not by the primary key: SQLite would read all of it
        .limit(limit)
    )
    return [HeldEmail(*row) for row in rows]


def next_unknown_at() -> datetime | None:
    """When the next email of unknown fate is sent once more; None: there is none."""
    due = select(func.min(EMAILS.c.due_at)).where(*_in_state(EmailState.UNKNOWN))
    found: datetime | None = db.session.execute(due).scalar_one()
    return found


def _in_state(state: EmailState) -> tuple[ColumnElement[bool], ...]:
    """Emails in a rare state, found mailing by mailing."""
    some = select(MAILINGS.c.id).where(number_in(state) > 0)
    return EMAILS.c.mailing_id.in_(list(db.session.scalars(some))), EMAILS.c.state == state


def _silence(beat: int, seen: int | None, seen_at: float | None, now: float) -> timedelta | None:
    if seen is None or seen_at is None or seen_at > now:
        return None
    return timedelta(seconds=now - seen_at) if seen == beat else timedelta()


def _refused(mailing_id: int) -> tuple[dict[str, int], datetime | None]:
    """What the server said to the last of a mailing that failed, and when it last did."""
    failed = (
        select(EMAILS.c.id)
        .where(EMAILS.c.mailing_id == mailing_id, EMAILS.c.state == EmailState.FAILED)
        .order_by(EMAILS.c.id.desc())
        .limit(REFUSED)
        .subquery()
    )
    said = func.coalesce(EVENTS.c.enhanced, as_type(EVENTS.c.code, String), "")
    rows = db.session.execute(
        select(said.label("said"), func.count(), func.max(EVENTS.c.at))
        .join(failed, failed.c.id == EVENTS.c.email_id)
        .where(EVENTS.c.state == EmailState.FAILED)
        .group_by(said)
        .order_by(func.count().desc())
    ).all()
    return {s: number for s, number, _at in rows if s}, max(
        (at for _s, _n, at in rows), default=None
    )
