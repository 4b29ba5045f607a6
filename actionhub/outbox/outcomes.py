"""From a reply to what the email becomes: when it is tried again, and when it is over."""

from __future__ import annotations

from sqlalchemy import Engine

from actionhub import clock
from actionhub.config import settings
from actionhub.outbox import destinations
from actionhub.outbox.claiming import Claimed, after_unknown
from actionhub.outbox.durations import DURATIONS
from actionhub.outbox.marking import Settled
from actionhub.outbox.models import EmailState
from actionhub.outbox.replies import Outcome, Reply


def conclude(engine: Engine, email: Claimed, reply: Reply) -> Settled:
    """What an email becomes after that reply.

    A 421 also cools its domain, which commits; an acceptance touches nothing and cannot fail.
    """
    match reply.outcome:
        case Outcome.ACCEPTED:
            return Settled(email, EmailState.SENT, reply)
        case Outcome.REFUSED | Outcome.BOUNCED:
            return Settled(email, EmailState.FAILED, reply)
        case Outcome.OFFLINE | Outcome.WITHHELD:
            return Settled(email, EmailState.READY, reply, charged=False)
        case Outcome.UNKNOWN:
            can_ask = bool(settings().smtp_evidence_url)
            after = after_unknown(email.priority, email.unknowns, can_ask)
            due_at = clock.now() + DURATIONS.unknown_wait
            return Settled(email, after, reply, due_at=due_at, unknown=True)
        case Outcome.LATER | Outcome.COOL | Outcome.UNSENT:
            return _later(engine, email, reply)


def _later(engine: Engine, email: Claimed, reply: Reply) -> Settled:
    wait = DURATIONS.after_attempt(email.attempt + 1)
    if wait is None:
        return Settled(email, EmailState.EXPIRED, reply)
    due_at = clock.now() + wait
    if reply.outcome is Outcome.COOL and email.domain:
        due_at = max(due_at, destinations.cool(engine, email.domain))
    return Settled(email, EmailState.DEFERRED, reply, due_at=due_at)
