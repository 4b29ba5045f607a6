"""The audit of what organizers did: append-only, ids and field names, never personal values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, select

from actionhub import clock
from actionhub.database import db
from actionhub.organizers.models import AuditEvent


def record(
    verb: str,
    subject_kind: str,
    subject_id: int | None,
    *,
    organizer_id: int | None = None,
    fields: Sequence[str] = (),
) -> None:
    """Write one event in the caller's transaction: it stands only if the act itself stands.

    `organizer_id` is None for what no person did (beat, the command line).
    """
    db.session.add(
        AuditEvent(
            at=clock.now(),
            organizer_id=organizer_id,
            verb=verb,
            subject_kind=subject_kind,
            subject_id=subject_id,
            fields=list(fields),
        )
    )


def latest(
    limit: int = 100,
    *,
    before: int | None = None,
    subject: tuple[str, int] | None = None,
) -> list[AuditEvent]:
    """The newest events first; `before` is an event's id to go on from, `subject` (kind, id)."""
    query = select(AuditEvent).order_by(AuditEvent.id.desc()).limit(limit)
    if before is not None:
        query = query.where(AuditEvent.id < before)
    if subject is not None:
        kind, subject_id = subject
        query = query.where(AuditEvent.subject_kind == kind, AuditEvent.subject_id == subject_id)
    return list(db.session.scalars(query))


def forget_old(days: int) -> int:
    """Drop the events older than `days`, as the retention says; how many went."""
    limit = clock.now() - timedelta(days=days)
    gone = db.session.execute(delete(AuditEvent).where(AuditEvent.at < limit))
    return int(getattr(gone, "rowcount", 0))
