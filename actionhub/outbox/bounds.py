"""What bounds one run beside its mail: the relay, domains in trouble, limits."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from actionhub import clock
from actionhub.config import Settings
from actionhub.outbox import claiming, destinations, pacing, stopping
from actionhub.outbox.claiming import Claimed
from actionhub.outbox.destinations import Outlook, domain_key
from actionhub.outbox.durations import DURATIONS
from actionhub.outbox.parking import parked
from actionhub.outbox.replies import Reply

log = structlog.get_logger(__name__)

PATIENCE = DURATIONS.slow_after.total_seconds()
AWAY = "the mail server is left alone for a while"
#: Seconds that a run which its own rate stops rests before it looks again.
REST_SECONDS = 0.5


class Bounds:
    """Read anew about once a second, so that what one worker learns all others heed."""

    def __init__(self, engine: Engine, given: Settings, owner: str) -> None:
        self._engine = engine
        self._owner = owner
        self._relay = destinations.relay_key(given.smtp)
        self._parked = parked()
        self._held_back = False
        self._trying = False  # we are the one that finds out whether the relay is back
        self.limits = pacing.read_limits(given.mail_limits)
        self.outlook = Outlook()
        self.closed: str | None = None  # why the relay is left alone

    def is_closed(self) -> bool:
        """Whether to leave the relay alone. After its wait, one worker of all may try."""
        if not self.outlook.is_old():
            return self.closed is not None
        self.look()
        if not self._trying and self.outlook.relay_failures:
            waits = self.outlook.relay_closed_until is not None
            if waits or not destinations.may_try(self._engine, self._relay):
                self.closed = self.closed or AWAY
            self._trying = self.closed is None
        return self.closed is not None

    def failed(self, reply: Reply) -> None:
        """No conversation could be had: close the relay, for all workers."""
        self.closed = reply.reason
        until = destinations.relay_failed(self._engine, self._relay, reply.reason)
        log.warning("mail_server_away", reason=reply.reason, code=reply.code, until=str(until))

    def worked(self) -> None:
        """The server answered about an email, not about us. Never fails."""
        self._trying = False
        if self.outlook.relay_failures:
            with suppress(SQLAlchemyError):  # the next one says so again
                destinations.worked(self._engine, self._relay)
                self.outlook = replace(self.outlook, relay_failures=0)

    def accepted(self, domain: str | None) -> None:
        """The server took an email for that domain. Never fails."""
        if domain in self.outlook.troubled:
            with suppress(SQLAlchemyError):  # the next one says so again
                destinations.worked(self._engine, domain_key(domain or ""))
            self.look()

    def is_slow(self, domain: str | None) -> None:
        """The server lets us wait for a final reply about that domain. Never fails."""
        if domain:
            with suppress(SQLAlchemyError):  # the next one finds out again
                destinations.note_slow(self._engine, domain)
            self.look()

    def patience(self) -> float | None:
        """Seconds for a final reply until its conversation is parked; None: it may not be.

        There is no room, or connections are counted: a parked one is beside the one counted.
        """
        may_park = self._parked.have_room() and not self.counts_connections
        return PATIENCE if may_park else None

    @property
    def counts_connections(self) -> bool:
        """Whether there is a limit to the connections with the relay: none is kept idle then."""
        return self.limits.relay.connections is not None

    def may_go(self, domain: str | None) -> bool:
        """Whether an email may go at once, by what is known already."""
        return domain not in self.outlook.cooling and not self._waits_already(domain)

    def put_off(self, domain: str | None) -> datetime | None:
        """Until when to leave a domain alone; None: it may go."""
        until = self.outlook.cooling.get(domain or "")
        if until is None and self._waits_already(domain):
            until = clock.now() + 6 * DURATIONS.slow_after
        return until

    def within_rates(self, emails: list[Claimed]) -> list[Claimed]:
        """Those that the rates allow now; the others are given back."""
        self._held_back = False
        if not emails or not self.limits.have_rates():
            return emails
        wanted = Counter(email.domain for email in emails)
        with self._engine.begin() as connection:
            allowed = pacing.allowance(connection, self.limits, wanted)
        kept: list[Claimed] = []
        later: list[Claimed] = []
        left = dict(allowed.domains)
        for email in emails:
            if allowed.relay is not None and len(kept) >= allowed.relay:
                self._held_back = True
                later.append(email)
            elif left.get(email.domain, 1) > 0:
                left[email.domain] = left.get(email.domain, 1 << 30) - 1
                kept.append(email)
            else:
                self._release([email], clock.now() + self._until_token(email.domain))
        self._release(later, None)
        return kept

    def rests(self, ends: float | None) -> bool:
        """Rest a moment if only the relay's rate holds mail back; False: there is none."""
        if not self._held_back or ends is None:
            return False
        stopping.rest(min(REST_SECONDS, max(ends - time.monotonic(), 0.0)))
        return True

    def _waits_already(self, domain: str | None) -> bool:
        return domain in self.outlook.slow and self._parked.waits_for(domain)

    def _release(self, emails: list[Claimed], due_at: datetime | None) -> None:
        claiming.release(self._engine, self._owner, emails, due_at)

    def _until_token(self, domain: str | None) -> timedelta:
        rates = self.limits.of(domain).rates
        return timedelta(seconds=max(rate.seconds / rate.amount for rate in rates))

    def look(self) -> None:
        """Read anew what stands of the relay and the domains."""
        reading = self._engine.connect().execution_options(sqlite_deferred=True)
        try:
            with reading as connection:
                self.outlook = destinations.look(connection, self._relay)
        except SQLAlchemyError as away:  # what we knew still serves
            log.warning("no_outlook", problem=type(away).__name__)
