"""What all workers know of the relay and of recipient domains: closed for a while, or slow.

It stands in the database, so that what one worker learns spares all the others. A relay that cannot
be reached, refuses our login or our sender is closed (the breaker): after each wait one worker
tries, and the wait doubles. A domain that answers 421 cools. One that keeps us waiting after the
final dot is slow: few workers at a time hold mail for it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Engine, Table, delete, func, or_, select, update
from sqlalchemy.engine import Connection

from actionhub import clock
from actionhub.config import Smtp
from actionhub.database import insert_on
from actionhub.outbox.durations import DURATIONS
from actionhub.outbox.models import Destination

DESTINATIONS = cast(Table, Destination.__table__)
#: Seconds for which a worker trusts what it read.
FRESH_SECONDS = 1.0
DOMAIN = "domain:"
#: The reason that stands at a relay while one worker tries whether it is back.
BEING_TRIED = "being tried"


@dataclass(frozen=True)
class Outlook:
    """What is closed, cools or is slow, as read at one moment. Empty when all is well."""

    relay_closed_until: datetime | None = None
    relay_failures: int = 0
    cooling: dict[str, datetime] = field(default_factory=dict)  # by domain, until when
    slow: frozenset[str] = frozenset()
    troubled: frozenset[str] = frozenset()  # domains with failures to forget at the next success
    read_at: float = 0.0  # monotonic

    def is_old(self) -> bool:
        return time.monotonic() - self.read_at > FRESH_SECONDS


def relay_key(smtp: Smtp) -> str:
    """`relay:host:port`: the name of a relay among the destinations."""
    return f"relay:{smtp.host}:{smtp.port}"[:300]


def look(connection: Connection, relay: str) -> Outlook:
    """Read what stands of the relay and of all domains. One small query."""
    now = clock.now()
    live = or_(
        DESTINATIONS.c.key == relay,
        DESTINATIONS.c.closed_until > now,
        DESTINATIONS.c.slow_until > now,
        DESTINATIONS.c.failures > 0,
    )
    about = (
        DESTINATIONS.c.key,
        DESTINATIONS.c.failures,
        DESTINATIONS.c.closed_until,
        DESTINATIONS.c.slow_until,
    )
    closed_until, failures = None, 0
    cooling: dict[str, datetime] = {}
    slow, troubled = set(), set()
    for row in connection.execute(select(*about).where(live)):
        if row.key == relay:
            failures = row.failures
            closed_until = ahead(row.closed_until, now, DURATIONS.breaker_longest)
        elif row.key.startswith(DOMAIN):
            domain = row.key.removeprefix(DOMAIN)
            if until := ahead(row.closed_until, now, DURATIONS.cooling_longest):
                cooling[domain] = until
            if ahead(row.slow_until, now, DURATIONS.slow_for):
                slow.add(domain)
            if row.failures:
                troubled.add(domain)
    return Outlook(
        closed_until, failures, cooling, frozenset(slow), frozenset(troubled), time.monotonic()
    )


def ahead(until: datetime | None, now: datetime, longest: timedelta) -> datetime | None:
    """`until` if it lies ahead, and no further than the longest wait there is.

    Further ahead it was written by a clock that was set back since, and counts as past.
    """
    if until is None or until <= now or until - now > longest * (1 + DURATIONS.jitter):
        return None
    return until


def relay_failed(engine: Engine, relay: str, reason: str) -> datetime:
    """Close the relay: nobody could talk to it. Until when. Commits.

    Many workers find out at once: what comes while it is closed already does not count again.
    """
    with engine.begin() as connection:
        return _close(connection, relay, reason, DURATIONS.breaker_longest, relay=True)


def may_try(engine: Engine, relay: str) -> bool:
    """After the wait one worker tries the relay; the others wait on, for as long as a try takes.

    Commits.
    """
    now = clock.now()
    longest = DURATIONS.breaker_longest * (1 + DURATIONS.jitter)
    with engine.begin() as connection:
        won = connection.execute(
            update(DESTINATIONS)
            .where(
                DESTINATIONS.c.key == relay,
                or_(
                    DESTINATIONS.c.closed_until.is_(None),
                    DESTINATIONS.c.closed_until <= now,
                    DESTINATIONS.c.closed_until > now + longest,
                ),
            )
            .values(closed_until=now + DURATIONS.breaker_first, reason=BEING_TRIED, changed_at=now)
        )
        if won.rowcount == 1:
            return True
        there = select(DESTINATIONS.c.key).where(DESTINATIONS.c.key == relay)
        return connection.execute(there).first() is None  # opened again meanwhile


def worked(engine: Engine, key: str) -> None:
    """All is well with it again: forget what was noted, but for its being slow. Commits."""
    now = clock.now()
    with engine.begin() as connection:
        connection.execute(
            delete(DESTINATIONS).where(
                DESTINATIONS.c.key == key,
                or_(DESTINATIONS.c.slow_until.is_(None), DESTINATIONS.c.slow_until <= now),
            )
        )
        connection.execute(
            update(DESTINATIONS)
            .where(DESTINATIONS.c.key == key)
            .values(failures=0, closed_until=None, reason=None, changed_at=now)
        )


def cool(engine: Engine, domain: str) -> datetime:
    """Leave a domain alone that answered 421; until when. Commits."""
    with engine.begin() as connection:
        return _close(
            connection, DOMAIN + domain, "it answered 421", DURATIONS.cooling_longest, relay=False
        )


def note_slow(engine: Engine, domain: str) -> None:
    """Remember that a domain takes long to answer a final dot. Commits."""
    until = clock.now() + DURATIONS.slow_for
    with engine.begin() as connection:
        _upsert(connection, DOMAIN + domain, {"slow_until": until})


def domain_key(domain: str) -> str:
    return DOMAIN + domain


def _close(
    connection: Connection, key: str, reason: str, longest: timedelta, *, relay: bool
) -> datetime:
    # 1. The row, locked by its own upsert. 2. What it says. 3. Its next wait, unless it waits.
    now = clock.now()
    _upsert(connection, key, {"changed_at": now})
    row = connection.execute(select(DESTINATIONS).where(DESTINATIONS.c.key == key)).one()
    closed_until = ahead(row.closed_until, now, longest)
    if closed_until is not None and row.reason != BEING_TRIED:
        return closed_until
    failures = row.failures + 1
    wait = DURATIONS.breaker_wait(failures) if relay else DURATIONS.cooling_wait(failures)
    connection.execute(
        update(DESTINATIONS)
        .where(DESTINATIONS.c.key == key)
        .values(failures=failures, closed_until=now + wait, reason=reason[:120])
    )
    return now + wait


def _upsert(connection: Connection, key: str, values: dict[str, Any]) -> None:
    row = {"key": key, "failures": 0, "changed_at": clock.now(), **values}
    statement = insert_on(connection)(DESTINATIONS).values(row)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["key"], set_={name: statement.excluded[name] for name in values}
        )
    )


def forget_past(connection: Connection) -> int:
    """Drop rows of domains that have been well for longer than any wait; how many."""
    old = clock.now() - 2 * max(DURATIONS.cooling_longest, DURATIONS.slow_for)
    gone = connection.execute(
        delete(DESTINATIONS).where(
            DESTINATIONS.c.key.like(f"{DOMAIN}%"),
            func.coalesce(DESTINATIONS.c.closed_until, old) <= old,
            func.coalesce(DESTINATIONS.c.slow_until, old) <= old,
        )
    )
    return gone.rowcount
