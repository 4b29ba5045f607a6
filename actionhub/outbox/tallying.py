"""How many emails were sent, failed, bounced ... and when: events folded into quarters of an hour.

Every time zone is off UTC by whole quarters, so hours and days of any of them add up from these.
Counting reads the tallies and the few events that came since, in one statement: so a number never
goes back, also while a fold is under way, and costs the same however much was ever mailed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    Integer,
    Row,
    Select,
    String,
    Table,
    case,
    delete,
    func,
    literal,
    null,
    select,
    text,
    union_all,
    update,
)
from sqlalchemy import cast as as_type

from actionhub import clock
from actionhub.database import db, insert_on
from actionhub.outbox.models import EmailEvent, EmailState, EmailTally

QUARTER_SECONDS = 900
#: What a report says of an email that was sent; the email's own state stays.
REPORTS = frozenset({"bounced", "complained", "delayed", "delivered", "left"})
#: Of the latest LATEST events, those younger than this are not folded yet: one of a lower number
#: may be in a transaction under way.
GRACE = timedelta(minutes=2)
LATEST = 20_000
#: Events that one fold counts at most.
BATCH = 100_000
#: Quarters are told apart for so long, a little longer than the pictures look back.
APART = timedelta(days=9)

EVENTS = cast(Table, EmailEvent.__table__)
TALLIES = cast(Table, EmailTally.__table__)

_Key = tuple[int, str, str]


@dataclass(frozen=True)
class Tally:
    """So many events of a kind within a quarter of an hour (Unix time // 900; 0: long ago).

    `event` is a state or one of REPORTS; `detail` an RFC 3463 status, a reply code, or our reason.
    """

    quarter: int
    event: str
    detail: str
    number: int


def totals() -> dict[str, int]:
    """How many events of each kind there ever were; kinds without any are left out."""
    number = as_type(func.sum(TALLIES.c.number), BigInteger)
    folded = _folded(literal(0), literal(""), number).group_by(TALLIES.c.event)
    counted: dict[str, int] = defaultdict(int)
    for tally in _with_fresh(folded):
        counted[tally.event] += tally.number
    return {event: number for event, number in counted.items() if number}


def since(moment: datetime) -> list[Tally]:
    """The tallies since `moment` (aware), within APART; its whole quarter is in."""
    first = int(moment.timestamp()) // QUARTER_SECONDS
    folded = _folded(TALLIES.c.quarter, TALLIES.c.detail, TALLIES.c.number)
    found = _with_fresh(folded.where(TALLIES.c.quarter >= first))
    return [tally for tally in found if tally.quarter >= first and tally.number]


def fold(limit: int = BATCH) -> int:
    """Fold up to `limit` of the next events; how many were folded.

    1. One folder at a time. 2. Count what lies between the last folded event and the newest that
    may be. 3. Add it to the tallies, which remember how far they go. The caller
    commits, and calls again until there is none.
    """
    _alone()
    start = _folded_to()
    first = db.session.scalar(select(func.min(EVENTS.c.id)).where(EVENTS.c.id > start))
    newest = _newest()
    if first is None or newest < first:
        return 0
    end = min(newest, first + limit - 1)
    last = func.max(EVENTS.c.id).label("last_event_id")
    rows = db.session.execute(_counted(last).where(EVENTS.c.id >= first, EVENTS.c.id <= end)).all()
    _add((_key(row), row.number, row.last_event_id) for row in rows)
    _merge_old()
    return sum(row.number for row in rows)


def drop_events(until: datetime, limit: int) -> int:
    """Delete up to `limit` events from before `until`, all of them counted; how many went."""
    fold()
    old = select(EVENTS.c.id).where(EVENTS.c.at < until, EVENTS.c.id <= _folded_to())
    ids = list(db.session.scalars(old.order_by(EVENTS.c.at).limit(limit)))
    if ids:
        db.session.execute(delete(EVENTS).where(EVENTS.c.id.in_(ids)))
        _step_back()
    return len(ids)


def _newest() -> int:
    """The number up to which events may be folded."""
    latest = select(EVENTS.c.id, EVENTS.c.at).order_by(EVENTS.c.id.desc()).limit(LATEST)
    rows = latest.subquery()
    old_enough = case((rows.c.at <= clock.now() - GRACE, rows.c.id))
    before = select(func.coalesce(func.max(old_enough), func.min(rows.c.id) - 1, 0))
    return int(db.session.execute(before).scalar_one())


def _folded(quarter: Any, detail: Any, number: Any) -> Select[Any]:
    return select(
        quarter.label("quarter"),
        TALLIES.c.event.label("state"),
        as_type(null(), Integer).label("code"),
        as_type(null(), String).label("enhanced"),
        detail.label("reason"),
        number.label("number"),
        literal(True).label("is_folded"),
    )


def _with_fresh(folded: Select[Any]) -> list[Tally]:
    """Tallies, with what is not folded yet, of whatever time."""
    fresh = _counted(literal(False).label("is_folded")).where(EVENTS.c.id > _end_of_folded())
    return [
        Tally(row.quarter, row.state, row.reason, row.number)
        if row.is_folded
        else Tally(*_key(row), row.number)
        for row in db.session.execute(union_all(folded, fresh))
    ]


def _counted(also: Any) -> Select[Any]:
    """Events by quarter and kind."""
    kind = (
        _quarter_of().label("quarter"),
        as_type(EVENTS.c.state, String).label("state"),
        EVENTS.c.code,
        EVENTS.c.enhanced,
        EVENTS.c.reason,
    )
    return select(*kind, func.count().label("number"), also).group_by(*kind)


def _key(row: Row[Any]) -> _Key:
    """Quarter, event and detail of a group of events."""
    if row.state == EmailState.SENT and row.reason not in REPORTS:
        return row.quarter, row.state, ""
    reported = row.reason in REPORTS and row.state != EmailState.SUPPRESSED
    event = row.reason if reported else row.state
    own_words = "" if reported else (row.reason or "").partition(":")[0]
    detail = row.enhanced or (str(row.code) if row.code else own_words)
    return row.quarter, event, detail[:40]


def _add(counted: Iterable[tuple[_Key, int, int]]) -> None:
    sums: dict[_Key, list[int]] = defaultdict(lambda: [0, 0])
    for key, number, last in counted:
        before = sums[key]
        sums[key] = [before[0] + number, max(before[1], last)]
    rows = [
        dict(zip(TALLIES.c.keys(), (*key, number, last), strict=True))
        for key, (number, last) in sorted(sums.items())
    ]
    if not rows:
        return
    statement = insert_on(db.session.connection())(TALLIES)
    new = statement.excluded
    greatest = func.greatest if db.engine.dialect.name == "postgresql" else func.max
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["quarter", "event", "detail"],
            set_={
                "number": TALLIES.c.number + new.number,
                "last_event_id": greatest(TALLIES.c.last_event_id, new.last_event_id),
            },
        ),
        rows,
    )


def _merge_old() -> None:
    """Put together what lies further back than anybody looks."""
    oldest = int((clock.now() - APART).timestamp()) // QUARTER_SECONDS
    gone = db.session.execute(
        delete(TALLIES)
        .where(TALLIES.c.quarter > 0, TALLIES.c.quarter < oldest)
        .returning(TALLIES.c.event, TALLIES.c.number, TALLIES.c.last_event_id)
    ).all()
    _add(((0, event, ""), number, last) for event, number, last in gone)


def _step_back() -> None:
    """SQLite gives the numbers of the newest rows again once these are gone."""
    highest = select(func.coalesce(func.max(EVENTS.c.id), 0)).scalar_subquery()
    db.session.execute(
        update(TALLIES).where(TALLIES.c.last_event_id > highest).values(last_event_id=highest)
    )


def _alone() -> None:
    """SQLite has one writer; on PostgreSQL this waits for another folder, and no reader for us."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("LOCK TABLE email_tallies IN SHARE ROW EXCLUSIVE MODE"))


def _folded_to() -> int:
    return int(db.session.execute(select(_end_of_folded())).scalar_one())


def _end_of_folded() -> Any:
    return func.coalesce(select(func.max(TALLIES.c.last_event_id)).scalar_subquery(), 0)


def _quarter_of() -> Any:
    if db.engine.dialect.name == "postgresql":
        seconds = as_type(func.floor(func.extract("epoch", EVENTS.c.at)), BigInteger)
    else:
        seconds = as_type(func.strftime("%s", EVENTS.c.at), BigInteger)
    return as_type(seconds // QUARTER_SECONDS, Integer)
