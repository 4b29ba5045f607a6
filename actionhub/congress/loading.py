"""Loading the data sets: what is new, what is gone, who came, left or changed office.

The caller has read the files before: no network within a transaction. Loading the same again
changes nothing. The caller commits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, cast

from sqlalchemy import Table, delete, insert, select, tuple_, update
from sqlalchemy.engine import Connection

from actionhub import clock
from actionhub.congress.looking import AREAS
from actionhub.congress.models import DataSet, DataSetKind
from actionhub.congress.reading import Area, Legislator
from actionhub.congress.sitting import REPRESENTATIVES, TERMS, Seat, sitting
from actionhub.database import db, insert_on
from actionhub.errors import ActionHubError

DATA_SETS = cast(Table, DataSet.__table__)
#: Days after which a data set wants a look: a special election may have filled a seat.
OLD_DAYS = 90
#: Rows that one statement removes.
ROWS = 500


class OlderDataSet(ActionHubError):
    """The file tells of an earlier day than what is loaded; nothing was changed."""

    def __init__(self, kind: DataSetKind, as_of: date, loaded: date) -> None:
        super().__init__(
            f"These {kind} are as of {as_of}, those loaded of {loaded}. Nothing was changed. "
            "If they are right all the same, say so with a later --as-of."
        )


@dataclass(frozen=True)
class Differences:
    """Who sits today and did not before, and the reverse."""

    total: int
    came: tuple[Seat, ...]
    left: tuple[Seat, ...]
    moved: tuple[tuple[Seat, Seat], ...]  # the same person: from, to


@dataclass(frozen=True)
class AreaChanges:
    """How many ZIP areas there are, and how many pairs of area and district came and went."""

    areas: int
    added: int
    removed: int


def load_legislators(legislators: list[Legislator], as_of: date) -> Differences:
    """Make these the people who sit. Raises OlderDataSet. The caller commits."""
    connection = db.session.connection()
    note(connection, DataSetKind.LEGISLATORS, as_of)
    before = sitting()
    ids = _write_people(connection, legislators)
    _write_terms(connection, legislators, ids)
    _end_what_is_gone(connection, legislators, ids, as_of)
    return _differences(before, sitting())


def load_districts(areas: set[Area], as_of: date) -> AreaChanges:
    """Make these the districts of ZIP areas. Raises OlderDataSet. The caller commits."""
    connection = db.session.connection()
    note(connection, DataSetKind.DISTRICTS, as_of)
    known = {tuple(row) for row in connection.execute(select(AREAS))}
    gone, new = sorted(known - areas), sorted(areas - known)
    for at in range(0, len(gone), ROWS):
        key = tuple_(AREAS.c.zip, AREAS.c.state, AREAS.c.district)
        connection.execute(delete(AREAS).where(key.in_(gone[at : at + ROWS])))
    if new:
        rows = [{"zip": area, "state": state, "district": n} for area, state, n in new]
        connection.execute(insert(AREAS), rows)
    return AreaChanges(len({area[0] for area in areas}), len(new), len(gone))


def loaded() -> dict[DataSetKind, DataSet]:
    """The data sets that are loaded."""
    return {found.kind: found for found in db.session.execute(select(DataSet)).scalars()}


def outdated(sets: Iterable[DataSet]) -> list[DataSet]:
    """Those of the data sets that tell of a day more than OLD_DAYS ago, the oldest first."""
    last = clock.now().date() - timedelta(days=OLD_DAYS)
    return sorted((one for one in sets if one.as_of < last), key=lambda one: (one.as_of, one.kind))


def can_look_up() -> bool:
    """Whether a ZIP can be looked up: who sits is loaded, and where ZIPs lie."""
    return {DataSetKind.LEGISLATORS, DataSetKind.DISTRICTS} <= loaded().keys()


def note(connection: Connection, kind: DataSetKind, as_of: date) -> None:
    """Note that a data set of this kind is loaded. Raises OlderDataSet."""
    before = connection.execute(
        select(DATA_SETS.c.as_of).where(DATA_SETS.c.kind == kind).with_for_update()
    ).scalar()
    if before is not None and as_of < before:
        raise OlderDataSet(kind, as_of, before)
    values = {"as_of": as_of, "loaded_at": clock.now()}
    statement = insert_on(connection)(DATA_SETS).values(kind=kind, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["kind"], set_=values))


def _write_people(connection: Connection, legislators: Iterable[Legislator]) -> dict[str, int]:
    """Ids by Bioguide id."""
    statement = insert_on(connection)(REPRESENTATIVES)
    names = ("name", "first_name", "last_name")
    changed = statement.on_conflict_do_update(
        index_elements=["bioguide"], set_={name: statement.excluded[name] for name in names}
    )
    rows = [
        {"bioguide": one.bioguide, **{name: getattr(one, name) for name in names}}
        for one in legislators
    ]
    connection.execute(changed, rows)
    found = connection.execute(select(REPRESENTATIVES.c.bioguide, REPRESENTATIVES.c.id))
    return {row.bioguide: row.id for row in found}


def _write_terms(
    connection: Connection, legislators: Iterable[Legislator], ids: dict[str, int]
) -> None:
    statement = insert_on(connection)(TERMS)
    rows: list[dict[str, Any]] = [
        {"representative_id": ids[one.bioguide], **asdict(term)}
        for one in legislators
        for term in one.terms
    ]
    told = [name for name in rows[0] if name not in ("representative_id", "begins_on")]
    changed = statement.on_conflict_do_update(
        index_elements=["representative_id", "begins_on"],
        set_={name: statement.excluded[name] for name in told},
    )
    connection.execute(changed, rows)


def _end_what_is_gone(
    connection: Connection, legislators: Iterable[Legislator], ids: dict[str, int], as_of: date
) -> None:
    """A term that the file no longer tells of is over, or never came to be."""
    kept = {(ids[one.bioguide], term.begins_on) for one in legislators for term in one.terms}
    open_terms = connection.execute(
        select(TERMS.c.id, TERMS.c.representative_id, TERMS.c.begins_on).where(
            TERMS.c.ends_on > as_of
        )
    )
    gone = [number for number, person, begins_on in open_terms if (person, begins_on) not in kept]
    if not gone:
        return
    mine = TERMS.c.id.in_(gone)
    connection.execute(delete(TERMS).where(mine, TERMS.c.begins_on >= as_of))
    connection.execute(update(TERMS).where(mine).values(ends_on=as_of))


def _differences(before: list[Seat], after: list[Seat]) -> Differences:
    sat = {seat.bioguide: seat for seat in before}
    sits = {seat.bioguide: seat for seat in after}
    return Differences(
        total=len(after),
        came=tuple(seat for seat in after if seat.bioguide not in sat),
        left=tuple(seat for seat in before if seat.bioguide not in sits),
        moved=tuple(
            (sat[seat.bioguide], seat)
            for seat in after
            if seat.bioguide in sat and sat[seat.bioguide].seat_key != seat.seat_key
        ),
    )
