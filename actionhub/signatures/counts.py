"""Counts that can be believed: changes are noted beside each signature and folded in by one job."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, case, delete, func, insert, literal, select, union_all
from sqlalchemy.dialects import postgresql, sqlite

from actionhub import clock
from actionhub.actions.models import Action
from actionhub.database import db
from actionhub.signatures.models import ActionCount, CountDelta, Signature, SignatureState

#: The ladder that a goal climbs, after the first rung that organizers set.
LADDER = tuple(
    step * 10**power for power in range(2, 9) for step in (1, 2.5, 5) if step * 10**power >= 100
)
#: The share of a goal at which the next one is shown: it stays within reach, never behind.
NEARLY = 0.95
#: Deltas folded by one call.
BATCH = 10_000

#: What each state counts as; a quarantined signature counts nowhere.
COUNTED_AS = {
    SignatureState.PENDING: "pending",
    SignatureState.CONFIRMED: "confirmed",
    SignatureState.WITHDRAWN: "removed",
    SignatureState.REMOVED: "removed",
}
COLUMNS = ("confirmed", "pending", "removed")

_DELTAS: Any = CountDelta.__table__

_NOTE = insert(_DELTAS).values(
    action_id=bindparam("action_id"), **{name: bindparam(name) for name in COLUMNS}
)


@dataclass(frozen=True)
class Counts:
    """An action's counts as of a time, and the goal they are on the way to."""

    confirmed: int
    pending: int
    removed: int
    goal: int
    as_of_at: datetime


def note(action_id: int, before: SignatureState | None, after: SignatureState | None) -> None:
    """Note in this transaction that one signature went from `before` to `after` (None: gone)."""
    change = dict.fromkeys(COLUMNS, 0)
    for state, step in ((before, -1), (after, 1)):
        column = COUNTED_AS.get(state) if state is not None else None
        if column is not None:
            change[column] += step
    if any(change.values()):
        db.session.connection().execute(_NOTE, {"action_id": action_id, **change})


def fold(limit: int = BATCH) -> int:
    """Fold up to `limit` noted changes into the counts; how many were folded.

    1. Take the deltas away; on PostgreSQL those another folder holds are left to it.
    2. Add their sums to the counts, action by action in one order, so that two folders at once
       neither add one twice nor wait for each other in a ring. 3. The caller commits both.
    """
    deltas = _DELTAS
    chosen = select(deltas.c.id).order_by(deltas.c.id).limit(limit)
    chosen = chosen.with_for_update(skip_locked=True)  # SQLite has one writer and ignores it
    taken = db.session.execute(
        delete(deltas)
        .where(deltas.c.id.in_(chosen))
        .returning(deltas.c.action_id, *(deltas.c[name] for name in COLUMNS))
    ).all()
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for action_id, *change in taken:
        sums[action_id] = [a + b for a, b in zip(sums[action_id], change, strict=True)]
    for action_id in sorted(sums):
        _add(action_id, dict(zip(COLUMNS, sums[action_id], strict=True)))
    return len(taken)


def counts_of(action_id: int) -> Counts:
    """The folded counts of one action; all 0 as of now where nothing was ever folded."""
    return counts_for([action_id])[action_id]


def counts_for(action_ids: Collection[int]) -> dict[int, Counts]:
    """The folded counts of several actions, by action id."""
    columns = [getattr(ActionCount, name) for name in COLUMNS]
    found = db.session.execute(
        select(Action.id, Action.goal, ActionCount.as_of_at, *columns)
        .outerjoin(ActionCount, ActionCount.action_id == Action.id)
        .where(Action.id.in_(list(action_ids)))
    )
    result = dict.fromkeys(action_ids, Counts(0, 0, 0, goal_for(0, 0), clock.now()))
    for row in found:
        numbers = {name: getattr(row, name) or 0 for name in COLUMNS}
        goal = goal_for(row.goal, numbers["confirmed"])
        result[row.id] = Counts(**numbers, goal=goal, as_of_at=row.as_of_at or clock.now())
    return result


def goal_for(first_rung: int, confirmed: int) -> int:
    """The goal to show: the first rung, then the next of the ladder as each is nearly reached."""
    rungs = [first_rung] if first_rung > 0 else []
    rungs += [int(rung) for rung in LADDER if rung > first_rung]
    return next((rung for rung in rungs if confirmed < rung * NEARLY), rungs[-1])


def check() -> list[str]:
    """What does not add up: a sentence for each action whose counts differ from COUNT(*).

    Folded counts and changes not folded yet, against the signatures themselves: one statement,
    so one snapshot, whatever is signed meanwhile. Empty: every count is right.
    """
    wrong = []
    for row in db.session.execute(_comparison()):
        for name in COLUMNS:
            kept, counted = getattr(row, name), getattr(row, f"{name}_counted")
            if kept != counted:
                wrong.append(f"action {row.action_id}: {name} is {kept}, counted {counted}")
    return wrong


def _add(action_id: int, change: dict[str, int]) -> None:
    dialect = db.session.connection().dialect.name
    table: Any = ActionCount.__table__
    statement = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    db.session.execute(
        statement.values(action_id=action_id, as_of_at=clock.now(), **change).on_conflict_do_update(
            index_elements=[table.c.action_id],
            set_={name: table.c[name] + statement.excluded[name] for name in COLUMNS}
            | {"as_of_at": statement.excluded.as_of_at},
        )
    )


def _comparison() -> Select[Any]:
    zero = literal(0)
    nothing = [zero.label(name) for name in COLUMNS]
    none_counted = [zero.label(f"{name}_counted") for name in COLUMNS]
    noted = [
        select(table.c.action_id, *(table.c[name] for name in COLUMNS), *none_counted)
        for table in (ActionCount.__table__, CountDelta.__table__)
    ]
    signed = select(
        Signature.action_id, *nothing, *(_tally(name).label(f"{name}_counted") for name in COLUMNS)
    ).group_by(Signature.action_id)
    rows = union_all(*noted, signed).subquery()
    sums = [func.sum(column).label(column.name) for column in rows.c if column.name != "action_id"]
    return select(rows.c.action_id, *sums).group_by(rows.c.action_id).order_by(rows.c.action_id)


def _tally(column: str) -> Any:
    states = [state for state, counted in COUNTED_AS.items() if counted == column]
    return func.sum(case((Signature.state.in_(states), 1), else_=0))
