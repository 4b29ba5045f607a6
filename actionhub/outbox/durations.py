"""Every duration of the outbox, in one typed object."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, fields, replace
from datetime import timedelta


@dataclass(frozen=True)
class Durations:
    """How long things take, wait and count as alive."""

    #: After the first refusal for now, the second, ...; the last one repeats.
    retries: tuple[timedelta, ...] = (
        timedelta(minutes=1),
        timedelta(minutes=5),
        timedelta(minutes=15),
        timedelta(hours=1),
        timedelta(hours=3),
        timedelta(hours=6),
    )
    give_up_after: timedelta = timedelta(hours=72)  # of planned retries
    jitter: float = 0.2  # a retry comes up to this share later

    lease: timedelta = timedelta(seconds=30)  # a beat seen unchanged for so long: its worker died
    beat: timedelta = timedelta(seconds=4)  # between two of a living worker
    dot_within: timedelta = timedelta(
        seconds=24
    )  # of the last beat: a later dot could be reclaimed
    sweep: timedelta = timedelta(seconds=5)  # between looks at the beats
    run: timedelta = timedelta(seconds=8)  # that one task sends; then others have their turn
    poll: timedelta = timedelta(seconds=10)  # between looks for mail that nobody woke us for
    unknown_wait: timedelta = timedelta(minutes=15)  # for evidence, before sending once more

    cooling_first: timedelta = timedelta(minutes=1)  # of a domain that answered 421; then doubled
    cooling_longest: timedelta = timedelta(minutes=15)
    breaker_first: timedelta = timedelta(seconds=10)  # no connection: the next try; then doubled
    breaker_longest: timedelta = timedelta(minutes=5)
    slow_after: timedelta = timedelta(seconds=5)  # without the final reply: the worker goes on
    slow_for: timedelta = timedelta(minutes=10)  # few connections to a slow domain

    # What the server may take for each step (RFC 5321, 4.5.3.2), whole replies, not single bytes.
    connect: timedelta = timedelta(seconds=20)
    command: timedelta = timedelta(minutes=5)
    final_reply: timedelta = timedelta(minutes=10)
    idle: timedelta = timedelta(seconds=1)  # a connection idle for longer is tried with NOOP first

    archive_after: timedelta = timedelta(days=2)  # sent, cancelled, suppressed
    archive_failed_after: timedelta = timedelta(days=14)  # until then `outbox retry` finds them

    def divided(self, by: float) -> Durations:
        """All waits shorter by that factor, for `make faults`; what is tried is the same."""
        shorter = {
            field.name: getattr(self, field.name) / by
            for field in fields(self)
            if isinstance(getattr(self, field.name), timedelta)
        }
        return replace(self, retries=tuple(wait / by for wait in self.retries), **shorter)

    def longest_wait(self) -> timedelta:
        """No email is put off for longer: one that is comes from a clock that was set back."""
        return max(*self.retries, self.unknown_wait, self.cooling_longest) * (1 + self.jitter)

    def after_attempt(self, attempt: int) -> timedelta | None:
        """The wait after the `attempt`-th try (from 1) was refused for now; None: give up."""
        planned = [self.retries[min(n, len(self.retries) - 1)] for n in range(attempt)]
        if sum(planned, timedelta()) > self.give_up_after:
            return None
        return planned[-1] * (1 + random.uniform(0, self.jitter))  # noqa: S311

    def breaker_wait(self, failures: int) -> timedelta:
        """How long to leave the server alone after so many failures in a row (from 1)."""
        return min(self.breaker_first * (1 << min(failures - 1, 10)), self.breaker_longest)

    def cooling_wait(self, failures: int) -> timedelta:
        """How long to leave a domain alone after so many 421 in a row (from 1)."""
        return min(self.cooling_first * (1 << min(failures - 1, 10)), self.cooling_longest)


#: `ACTIONHUB_FAULTS_DIVIDE` is for the rig of `make faults` alone, which says what it divides by.
DURATIONS = Durations().divided(float(os.environ.get("ACTIONHUB_FAULTS_DIVIDE", "1")))
