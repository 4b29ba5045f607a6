"""How much at once and how fast: connections and rates for the relay and for recipient domains.

Connections are counted by the workers that hold mail, rates by token buckets; both stand in the
database, so that all workers share them. Read from `ACTIONHUB_MAIL_LIMITS`, such as
`relay 10 connections, 100/second; * 4 connections; example.org 1 connection, 30/minute`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from functools import lru_cache
from typing import cast

from sqlalchemy import Table, func, literal, select, text
from sqlalchemy.engine import Connection

from actionhub import limits as buckets
from actionhub.errors import ConfigurationError
from actionhub.limits import Rate
from actionhub.outbox.beats import BEATS
from actionhub.outbox.models import Email

EMAILS = cast(Table, Email.__table__)
#: Workers that may hold mail for a domain that is slow to answer.
SLOW_CONNECTIONS = 2
#: The key of the advisory lock under which PostgreSQL counts connections: "outbox", in ASCII.
COUNTING = 0x6F7574626F78
SETTING = "ACTIONHUB_MAIL_LIMITS"
_CONNECTIONS = re.compile(r"(\d+)\s*connections?")
_ENTRY = re.compile(r"(\S+)\s+(.+)", re.DOTALL)


@dataclass(frozen=True)
class Pace:
    """What one destination allows; None and no rates: as much as there is."""

    connections: int | None = None
    rates: tuple[Rate, ...] = ()


@dataclass(frozen=True)
class Limits:
    """`every` holds for each domain that has no entry of its own."""

    relay: Pace = Pace()
    every: Pace = Pace()
    domains: Mapping[str, Pace] = field(default_factory=dict)

    def of(self, domain: str | None) -> Pace:
        return self.domains.get(domain or "", self.every)

    def count_connections(self) -> bool:
        paces = (self.relay, self.every, *self.domains.values())
        return any(pace.connections is not None for pace in paces)

    def have_rates(self) -> bool:
        return any(pace.rates for pace in (self.relay, self.every, *self.domains.values()))


@lru_cache(maxsize=8)
def read_limits(words: str) -> Limits:
    """Read the setting. Raises ConfigurationError."""
    paces: dict[str, Pace] = {}
    for entry in filter(None, (piece.strip() for piece in words.split(";"))):
        found = _ENTRY.fullmatch(entry)
        if found is None:
            raise _unreadable(entry)
        paces[found[1].lower()] = _pace(found[2])
    relay, every = paces.pop("relay", Pace()), paces.pop("*", Pace())
    return Limits(relay, every, paces)


def _pace(words: str) -> Pace:
    connections, rates = None, []
    for part in (piece.strip() for piece in words.split(",")):
        if (count := _CONNECTIONS.fullmatch(part)) and int(count[1]) > 0:
            connections = int(count[1])
        elif "/" in part:
            rates.append(part)
        else:
            raise _unreadable(part)
    return Pace(connections, buckets.read_rates(";".join(rates), SETTING))


def _unreadable(words: str) -> ConfigurationError:
    mend = "Write it like: relay 10 connections, 100/second; example.org 1 connection, 30/minute"
    return ConfigurationError(SETTING, f"{words!r} is not a limit", mend)


def may_connect(connection: Connection, limits: Limits, *, first: bool) -> bool:
    """Whether one more may talk to the relay, if this is its `first` claim.

    Where connections are counted it holds a lock until the caller's commit, so that two do not
    take the last one.
    """
    if not limits.count_connections():
        return True
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": COUNTING})
    if not first or limits.relay.connections is None:
        return True
    others = connection.execute(select(func.count()).select_from(BEATS)).scalar_one()
    return int(others) < limits.relay.connections


def full_domains(connection: Connection, owner: str, limits: Limits, slow: Set[str]) -> set[str]:
    """Domains for which as many other workers hold mail as may. One look at what is in hand."""
    if not slow and not limits.count_connections():
        return set()
    states = [literal(state, literal_execute=True) for state in ("claimed", "sending")]
    holders = (
        select(EMAILS.c.domain, EMAILS.c.owner)
        .where(EMAILS.c.state.in_(states), EMAILS.c.domain.is_not(None))
        .distinct()
    )
    by_domain: dict[str, set[str]] = {}
    for domain, holder in connection.execute(holders):
        by_domain.setdefault(domain, set()).add(holder)
    return {
        domain
        for domain, holding in by_domain.items()
        if owner not in holding and len(holding) >= _most(limits.of(domain), domain in slow)
    }


def _most(pace: Pace, slow: bool) -> float:
    allowed = float("inf") if pace.connections is None else pace.connections
    return min(allowed, SLOW_CONNECTIONS) if slow else allowed


@dataclass(frozen=True)
class Allowance:
    """How many more may go now, by domain; `relay` over all, None without a rate."""

    relay: int | None
    domains: Mapping[str | None, int]


def allowance(
    connection: Connection, limits: Limits, wanted: Mapping[str | None, int]
) -> Allowance:
    """Take the tokens for as many emails of each domain in `wanted` as the rates allow now."""
    total = sum(wanted.values())
    relay = None
    if limits.relay.rates:
        relay = buckets.take_up_to(connection, "mail:relay", total, *limits.relay.rates)
    domains = {
        domain: buckets.take_up_to(connection, f"mail:{domain}"[:80], number, *pace.rates)
        for domain, number in wanted.items()
        if (pace := limits.of(domain)).rates
    }
    return Allowance(relay, domains)
