"""The only clock: aware UTC now, which tests can set."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_set_to: datetime | None = None
_passed: float = 0.0


def now() -> datetime:
    """The present moment as an aware UTC datetime."""
    return _set_to or datetime.now(UTC)


def monotonic() -> float:
    """Seconds that only ever go forward on this host, whatever is done to the wall clock."""
    return time.monotonic() + _passed


@contextmanager
def set_to(moment: datetime) -> Iterator[None]:
    """Hold the clock still at `moment` (aware), in this process, for a test or a dry run."""
    global _set_to
    if moment.tzinfo is None:
        raise ValueError("the clock takes aware times only")
    before, _set_to = _set_to, moment.astimezone(UTC)
    try:
        yield
    finally:
        _set_to = before


@contextmanager
def moved_by(**delta: float) -> Iterator[None]:
    """Hold the clock still at now plus `timedelta(**delta)`."""
    with set_to(now() + timedelta(**delta)):
        yield


@contextmanager
def let_pass(seconds: float) -> Iterator[None]:
    """Move the monotonic clock of this process ahead, for a test."""
    global _passed
    _passed += seconds
    try:
        yield
    finally:
        _passed -= seconds
