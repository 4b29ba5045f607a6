"""The figures behind the pictures of the mail: by hour, by day, by reason, by kind of mail."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import chain

from actionhub import clock
from actionhub.config import settings
from actionhub.outbox import tallying, watching
from actionhub.outbox.models import EmailState
from actionhub.outbox.tallying import QUARTER_SECONDS, Tally

HOURS, DAYS = 24, 7

#: What the pictures call each event; others are in none of them.
SENT, PUT_OFF, FAILED = "sent", "put_off", "failed"
SERIES = {
    EmailState.SENT.value: SENT,
    EmailState.DEFERRED.value: PUT_OFF,
    EmailState.UNKNOWN.value: PUT_OFF,
    EmailState.FAILED.value: FAILED,
    EmailState.EXPIRED.value: FAILED,
}
#: Events that tell why somebody got no mail.
LOST = frozenset({EmailState.FAILED.value, EmailState.EXPIRED.value, "bounced"})

#: States by what they mean for a person.
GROUPS = {
    EmailState.READY: "waiting",
    EmailState.CLAIMED: "waiting",
    EmailState.SENDING: "waiting",
    EmailState.DEFERRED: "again",
    EmailState.UNKNOWN: "again",
    EmailState.SENT: "sent",
    EmailState.FAILED: "failed",
    EmailState.EXPIRED: "failed",
    EmailState.SUPPRESSED: "stopped",
    EmailState.CANCELLED: "stopped",
    EmailState.HELD: "stopped",
}


@dataclass(frozen=True)
class Slot:
    """One hour, or one day of the installation's time zone, and what became of mail in it."""

    start: datetime
    sent: int = 0
    put_off: int = 0
    failed: int = 0

    def number(self, series: str) -> int:
        """How many of SENT, PUT_OFF or FAILED."""
        return int(getattr(self, series))


@dataclass(frozen=True)
class Reason:
    """Why emails were lost: an RFC 3463 status, a reply code, or our own word; empty: unknown."""

    event: str  # failed, expired, bounced
    detail: str
    number: int


@dataclass(frozen=True)
class MailFigures:
    """What became of mail lately. `complained`, `bounced`: reports of the last DAYS."""

    hours: tuple[Slot, ...]
    days: tuple[Slot, ...]
    reasons: tuple[Reason, ...]
    bounced: int
    complained: int


def mail_figures() -> MailFigures:
    """The figures of the last HOURS and DAYS, the running hour and day included."""
    hours, days = _hour_starts(), _day_starts()
    found = tallying.since(days[0])
    return MailFigures(
        hours=_slots(hours, found),
        days=_slots(days, found),
        reasons=_reasons(found),
        bounced=sum(tally.number for tally in found if tally.event == "bounced"),
        complained=sum(tally.number for tally in found if tally.event == "complained"),
    )


def by_kind() -> dict[str, dict[str, int]]:
    """By template: how many emails there ever were in each of GROUPS' groups, the archive too."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(GROUPS.values(), 0))
    both = (watching.by_template(), watching.archived())
    for (template, state), number in chain.from_iterable(part.items() for part in both):
        found[template][GROUPS[state]] += number
    return dict(sorted(found.items()))


def _hour_starts() -> list[datetime]:
    local = clock.now().astimezone(settings().timezone)
    this = local.replace(minute=0, second=0, microsecond=0).astimezone(UTC)
    return [this - timedelta(hours=back) for back in reversed(range(HOURS))]


def _day_starts() -> list[datetime]:
    zone = settings().timezone
    today = clock.now().astimezone(zone).date()
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    return [datetime.combine(day, time.min, zone).astimezone(UTC) for day in days]


def _slots(starts: Sequence[datetime], tallies: Iterable[Tally]) -> tuple[Slot, ...]:
    """Each tally in the last slot that begins before it; what a fast clock wrote is in the last."""
    numbers = [dict.fromkeys((SENT, PUT_OFF, FAILED), 0) for _start in starts]
    for tally in tallies:
        series = SERIES.get(tally.event)
        place = bisect_right(starts, _moment(tally)) - 1
        if series and place >= 0:
            numbers[place][series] += tally.number
    return tuple(Slot(start, **n) for start, n in zip(starts, numbers, strict=True))


def _reasons(tallies: Iterable[Tally]) -> tuple[Reason, ...]:
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for tally in tallies:
        if tally.event in LOST:
            sums[tally.event, tally.detail] += tally.number
    found = [Reason(event, detail, number) for (event, detail), number in sums.items()]
    return tuple(sorted(found, key=lambda one: (-one.number, one.detail)))


def _moment(tally: Tally) -> datetime:
    return datetime.fromtimestamp(tally.quarter * QUARTER_SECONDS, UTC)
