"""What one run sent, and what became of the rest."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import structlog

from actionhub.outbox.models import EmailState

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Drained:
    """How many emails became what.

    `offline` says why the server was left alone; `more`: its time or number was over first.
    """

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    suppressed: int = 0
    unknown: int = 0
    offline: str | None = None
    more: bool = False


def drained(count: Counter[EmailState], offline: str | None, more: bool) -> Drained:
    """Sum up one run, and log it if it did anything."""
    if count:
        log.info("mail", **{state.value: n for state, n in count.items()})
    return Drained(
        sent=count[EmailState.SENT],
        deferred=count[EmailState.DEFERRED],
        failed=count[EmailState.FAILED] + count[EmailState.EXPIRED],
        suppressed=count[EmailState.SUPPRESSED],
        unknown=count[EmailState.UNKNOWN] + count[EmailState.HELD],
        offline=offline,
        more=more,
    )
