"""Every duration of the outbox, in one typed object."""

from __future__ import annotations

import random
from dataclasses import dataclass
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

    claim_lease: timedelta = timedelta(minutes=2)  # claimed for longer: its worker is dead
    sending_lease: timedelta = timedelta(minutes=6)  # longer than one SMTP transaction may take
    unknown_wait: timedelta = timedelta(minutes=15)  # for evidence, before sending once more

    cooling: timedelta = timedelta(minutes=5)  # of a domain that answered 421
    breaker_first: timedelta = timedelta(seconds=10)  # no connection: the next try
    breaker_longest: timedelta = timedelta(minutes=5)

    connect_seconds: float = 20.0
    command_seconds: float = 60.0
    final_reply_seconds: float = 300.0  # after the final dot, the server may take long (RFC 5321)
    idle_check_seconds: float = 1.0  # a connection idle for longer is tried with NOOP first
    poll_seconds: float = 1.0  # `outbox drain --loop`, when there is nothing due

    def after_attempt(self, attempt: int) -> timedelta | None:
        """The wait after the `attempt`-th try (from 1) was refused for now; None: give up."""
        planned = [self.retries[min(n, len(self.retries) - 1)] for n in range(attempt)]
        if sum(planned, timedelta()) > self.give_up_after:
            return None
        return planned[-1] * (1 + random.uniform(0, self.jitter))  # noqa: S311

    def breaker_wait(self, failures: int) -> timedelta:
        """How long to leave the server alone after so many failures in a row (from 1)."""
        doubled = self.breaker_first * (1 << min(failures - 1, 10))
        return min(doubled, self.breaker_longest)


DURATIONS = Durations()
