"""The breaker, and domains that cool: what this process has learnt to leave alone for a while."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime

from flask import current_app

from actionhub import clock
from actionhub.config import settings
from actionhub.outbox.durations import DURATIONS


@dataclass
class Breaker:
    """Open while the mail server cannot be reached; one try closes it, or doubles the wait."""

    failures: int = 0
    open_until: datetime | None = None
    cooling: dict[str, datetime] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def is_open(self) -> bool:
        """Whether to leave the server alone for now."""
        return self.open_until is not None and clock.now() < self.open_until

    def failed(self) -> datetime:
        """Note that no connection could be had; when to try again."""
        with self._lock:
            self.failures += 1
            self.open_until = clock.now() + DURATIONS.breaker_wait(self.failures)
            return self.open_until

    def worked(self) -> None:
        """Note a good connection."""
        if self.failures:
            with self._lock:
                self.failures, self.open_until = 0, None

    def cool(self, domain: str) -> datetime:
        """Leave a domain alone for a while; until when."""
        until = clock.now() + DURATIONS.cooling_first
        with self._lock:
            self.cooling[domain] = until
        return until

    def cooling_until(self, domain: str) -> datetime | None:
        """Until when to leave a domain alone; None: no need."""
        if not self.cooling:
            return None
        until = self.cooling.get(domain)
        if until is not None and until <= clock.now():
            with self._lock:
                self.cooling.pop(domain, None)
            return None
        return until


def breaker() -> Breaker:
    """The breaker of this process for the mail server of the current app."""
    smtp = settings().smtp
    all_of_them: dict[tuple[str, int], Breaker]
    all_of_them = current_app.extensions.setdefault("actionhub.breakers", {})
    return all_of_them.setdefault((smtp.host, smtp.port), Breaker())
