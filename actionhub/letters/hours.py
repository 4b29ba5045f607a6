"""When letters go to an office: in its working hours, so many an hour."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from actionhub.actions.addressees import Addressee

OPENS, CLOSES = time(9), time(17)
#: Days of the week, from Monday as 0, on which offices read their mail.
WORKDAYS = range(5)
#: An hour's letters are spread over it in parts of this length.
PART = timedelta(minutes=5)
HOUR = timedelta(hours=1)


def is_open(addressee: Addressee, at: datetime) -> bool:
    """Whether an office reads its mail at a moment; a fictional one always does."""
    return opens_next(addressee, at) <= at


def opens_next(addressee: Addressee, at: datetime) -> datetime:
    """The first moment, from `at` on, at which an office reads its mail."""
    if addressee.key.startswith("example:"):
        return at
    local = at.astimezone(addressee.zone)
    day = local
    while True:
        opens = day.replace(hour=OPENS.hour, minute=0, second=0, microsecond=0)
        closes = day.replace(hour=CLOSES.hour, minute=0, second=0, microsecond=0)
        if day.weekday() in WORKDAYS and local < closes:
            return max(opens, local).astimezone(at.tzinfo)
        day = opens + timedelta(days=1)


def part_of(per_hour: int) -> int:
    """How many letters go to an office within a PART of an hour."""
    return -(-per_hour // (HOUR // PART))
