"""Finished emails move out of the way of those that wait; their keys and sums stay."""

from __future__ import annotations

from collections import Counter
from typing import Any, cast

from sqlalchemy import Engine, Table, and_, delete, func, insert, literal, or_, select, text
from sqlalchemy.engine import Connection

from actionhub import clock
from actionhub.database import insert_on
from actionhub.outbox import destinations, stopping
from actionhub.outbox.durations import DURATIONS
from actionhub.outbox.models import ArchivedEmail, EmailState, MailTotal
from actionhub.outbox.pacing import EMAILS

ARCHIVE = cast(Table, ArchivedEmail.__table__)
TOTALS = cast(Table, MailTotal.__table__)
#: Rows moved in one transaction: it holds up queueing for some hundredths of a second.
BATCH = 1000
#: Those that nobody sends again, and those that `outbox retry` finds for longer.
OVER = ("sent", "cancelled", "suppressed")
PERHAPS = ("failed", "expired")


def archive_all(engine: Engine, rounds: int) -> int:
    """Move all that finished long ago, in up to so many batches, or until told to stop; how many.

    Commits after each batch.
    """
    moved = 0
    for _round in range(rounds):
        done = archive(engine)
        moved += done
        if done < BATCH or stopping.is_wished():
            break
    return moved


def archive(engine: Engine, limit: int = BATCH) -> int:
    """Move up to `limit` rows that finished long enough ago; how many. Commits.

    1. On PostgreSQL the table is locked against writers: an insert that would have met the row's
    key waits, and then sees it in the archive. 2. Rows move in the order of their ids, the newest
    stays: SQLite would give its number again. 3. The mailings' totals go up in the same commit.
    """
    with engine.begin() as connection:
        ids = _due(connection, limit)
        if not ids:
            destinations.forget_past(connection)
            return 0
        if connection.dialect.name == "postgresql":
            connection.execute(text("LOCK TABLE emails IN SHARE ROW EXCLUSIVE MODE"))
        moved = _move(connection, ids)
        _add_up(connection, moved)
        return moved.total()


def _due(connection: Connection, limit: int) -> list[int]:
    now = clock.now()
    chosen = (
        select(EMAILS.c.id)
        .where(
            _is_old(now),
            EMAILS.c.id < select(func.max(EMAILS.c.id)).scalar_subquery(),
        )
        .order_by(EMAILS.c.id)
        .limit(limit)
    )
    return list(connection.execute(chosen).scalars())


def _is_old(now: Any) -> Any:
    def ended(states: tuple[str, ...], after: Any) -> Any:
        spelt = [literal(state, literal_execute=True) for state in states]
        return and_(EMAILS.c.state.in_(spelt), EMAILS.c.finished_at < now - after)

    return or_(ended(OVER, DURATIONS.archive_after), ended(PERHAPS, DURATIONS.archive_failed_after))


def _move(connection: Connection, ids: list[int]) -> Counter[tuple[int, EmailState]]:
    """Copy, then remove: what changed since the look (`_is_old` asks again) stays."""
    names = [column.name for column in ARCHIVE.columns]
    still = and_(EMAILS.c.id.in_(ids), _is_old(clock.now()))
    copied = connection.execute(
        insert(ARCHIVE)
        .from_select(names, select(*(EMAILS.c[name] for name in names)).where(still))
        .returning(ARCHIVE.c.id, ARCHIVE.c.mailing_id, ARCHIVE.c.state)
    ).all()
    connection.execute(delete(EMAILS).where(EMAILS.c.id.in_([row.id for row in copied])))
    return Counter((row.mailing_id, row.state) for row in copied)


def _add_up(connection: Connection, moved: Counter[tuple[int, EmailState]]) -> None:
    statement = insert_on(connection)(TOTALS)
    rows = [
        {"mailing_id": mailing_id, "state": state, "number": number}
        for (mailing_id, state), number in sorted(moved.items())
    ]
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["mailing_id", "state"],
            set_={"number": TOTALS.c.number + statement.excluded.number},
        ),
        rows,
    )
