"""What follows from a report about an email: the one place where bounces and complaints count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import insert, select, union_all, update

from actionhub import clock
from actionhub.database import db, insert_on
from actionhub.outbox.archiving import ARCHIVE
from actionhub.outbox.claiming import EVENTS
from actionhub.outbox.models import EmailState, Mailing, Report, Scope, Suppression
from actionhub.outbox.pacing import EMAILS
from actionhub.outbox.replies import Outcome, Stage, classify
from actionhub.outbox.reported import Kind, Reported
from actionhub.outbox.states import may_turn
from actionhub.outbox.suppressions import suppress

_BOTH = (EMAILS, ARCHIVE)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)

#: So many bounces that may pass, of different emails within that time, and an address is left.
ENOUGH = 3
WITHIN = timedelta(days=30)
#: The reason of the event by which an email that we were not sure of turns out to be sent.
EVIDENCE = "a report shows it was taken"


class Weight(StrEnum):
    """How much a failure says against an address."""

    GONE = "gone"  # no such inbox: never mail it again
    COUNTS = "counts"  # full, or refused for another reason: three of them are enough
    NOTED = "noted"  # says nothing about the address: our sender, a policy, a server away


@dataclass(frozen=True)
class Taken:
    """What a report did. `again`: it was read before, and did nothing now."""

    kind: Kind
    again: bool = False
    turned_sent: bool = False
    stopped: Scope | None = None  # what its address gets no more


def weight_of(enhanced: str | None) -> Weight:
    """How much a failure with that RFC 3463 status weighs, by the same classes as a live reply."""
    if enhanced is None or not enhanced.startswith("5."):
        return Weight.NOTED
    outcome = classify(Stage.RCPT, 550, f"{enhanced} ".encode()).outcome
    if outcome is Outcome.BOUNCED:
        return Weight.GONE
    if outcome is Outcome.REFUSED and not enhanced.startswith("5.7."):
        return Weight.COUNTS
    return Weight.NOTED


def take(report: Reported) -> Taken | None:
    """Let a report have its effect, in the caller's transaction; None if there is no such email.

    1. Hold the email's row. 2. Write the report down; one that stands there already does nothing.
    3. An email we were not sure of was taken by the server, or nobody could report on it: sent.
    4. Note the event; the state stays. 5. Suppress the address that the row holds, never another.
    """
    row, archived = _held(report.email_id)
    if row is None:
        return None
    if not _is_new(report):
        return Taken(report.kind, again=True)
    turned = not archived and _turn_sent(row)
    _note(row, EmailState.SENT if turned else row.state, report.kind.value, report.enhanced)
    stopped = _stops(report, row)
    if stopped is not None:
        suppress(row.address_hash, stopped, report.kind.value)
    return Taken(report.kind, turned_sent=turned, stopped=stopped)


def address_hash_of(email_id: int) -> str | None:
    """The hash of the address that an email went to; None if there is no such email."""
    for table in _BOTH:
        found = db.session.scalar(select(table.c.address_hash).where(table.c.id == email_id))
        if found is not None:
            return str(found)
    return None


def _held(email_id: int) -> tuple[Any, bool]:
    """The email's row with its mailing's scope, held until commit; and whether it is archived."""
    for table in _BOTH:
        found = db.session.execute(
            select(
                *(table.c[name] for name in ("id", "address_hash", "state", "attempt", "unknowns")),
                Mailing.scope,
            )
            .join(Mailing, Mailing.id == table.c.mailing_id)
            .where(table.c.id == email_id)
            .with_for_update(of=table)
        ).one_or_none()
        if found is not None:
            return found, table is ARCHIVE
    return None, False


def _is_new(report: Reported) -> bool:
    row = {
        "digest": report.digest,
        "kind": report.kind.value,
        "source": report.source,
        "email_id": report.email_id,
        "enhanced": report.enhanced,
        "received_at": clock.now(),
    }
    statement = insert_on(db.session.connection())(Report).values(row)
    written = statement.on_conflict_do_nothing().returning(Report.digest)
    return db.session.execute(written).first() is not None


def _turn_sent(row: Any) -> bool:
    """Make an email sent that was handed over without our knowing; whether it was one.

    That is one whose fate was not known at some try, wherever it stands by now, and one that is
    still `sending`: its worker may be dead. The fences of whoever holds it find it gone from the
    state they left it in, so that nobody sends it again.
    """
    unsure = row.unknowns > 0 or row.state == EmailState.SENDING
    if not unsure or row.state == EmailState.SENT or not may_turn(row.state, EmailState.SENT):
        return False
    db.session.execute(
        update(EMAILS)
        .where(EMAILS.c.id == row.id)
        .values(state=EmailState.SENT, finished_at=clock.now(), owner=None, held_at=None)
    )
    _note(row, EmailState.SENT, EVIDENCE, None)
    return True


def _note(row: Any, state: EmailState, reason: str, enhanced: str | None) -> None:
    event = {
        "email_id": row.id,
        "at": clock.now(),
        "state": state,
        "attempt": row.attempt,
        "enhanced": enhanced,
        "reason": reason,
    }
    db.session.execute(insert(EVENTS), event)


def _stops(report: Reported, row: Any) -> Scope | None:
    """What mail an address gets no more by this report; None for no change."""
    match report.kind:
        case Kind.COMPLAINED:
            return Scope(row.scope)
        case Kind.LEFT:
            return Scope.FOLLOWUPS
        case Kind.BOUNCED:
            weight = weight_of(report.enhanced)
            enough = weight is Weight.COUNTS and _bounces_of(row.address_hash) >= ENOUGH
            return Scope.ALL if weight is Weight.GONE or enough else None
        case _:
            return None


def _bounces_of(address_hash: str) -> int:
    """How many different emails to an address bounced lately in a way that may pass.

    What led to a suppression that was lifted since counts no more.
    """
    to_it = union_all(
        *(select(table.c.id).where(table.c.address_hash == address_hash) for table in _BOTH)
    )
    rows = db.session.execute(
        select(Report.email_id, Report.enhanced).where(
            Report.email_id.in_(to_it),
            Report.kind == Kind.BOUNCED.value,
            Report.received_at > max(clock.now() - WITHIN, _lifted_at(address_hash)),
        )
    )
    return len({email_id for email_id, status in rows if weight_of(status) is Weight.COUNTS})


def _lifted_at(address_hash: str) -> datetime:
    lifted = select(Suppression.lifted_at).where(
        Suppression.address_hash == address_hash, Suppression.scope == Scope.ALL
    )
    return db.session.scalar(lifted) or _NEVER
