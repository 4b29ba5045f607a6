"""Committees: loaded whole, and who sits on one today."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date
from typing import cast

from sqlalchemy import Table, delete, func, insert, select

from actionhub.congress.loading import note
from actionhub.congress.models import Committee, CommitteeSeat, DataSetKind
from actionhub.congress.rosters import Roster
from actionhub.congress.sitting import REPRESENTATIVES, Seat, sitting
from actionhub.database import db

COMMITTEES = cast(Table, Committee.__table__)
SEATS = cast(Table, CommitteeSeat.__table__)
#: Letters of a committee's own code; a subcommittee's goes on with digits.
PARENT = 4


@dataclass(frozen=True)
class CommitteeChanges:
    """What is loaded now, and how many pairs of committee and member came and went.

    `unknown`: Bioguide ids of members who are not among the legislators that are loaded.
    """

    committees: int
    seats: int
    added: int
    removed: int
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class Member:
    """Who sits on a committee, with their title there."""

    seat: Seat
    title: str | None


@dataclass(frozen=True)
class CommitteeOfToday:
    """A committee and those of its members who sit in Congress today, the chair first."""

    code: str
    name: str
    parent_name: str | None
    members: tuple[Member, ...]


@dataclass(frozen=True, order=True)
class Listed:
    """A committee in a list, with how many sit on it."""

    code: str
    name: str
    members: int

    @property
    def is_below(self) -> bool:
        """Whether it is a subcommittee of the one before it that is not."""
        return len(self.code) > PARENT


def load_committees(roster: Roster, as_of: date) -> CommitteeChanges:
    """Make these the committees, and these their members. Raises OlderDataSet. The caller commits.

    Load the legislators first: a member who is not among them has no seat here.
    """
    connection = db.session.connection()
    note(connection, DataSetKind.COMMITTEES, as_of)
    before = {
        tuple(pair)
        for pair in connection.execute(select(SEATS.c.committee, SEATS.c.representative_id))
    }
    people = connection.execute(select(REPRESENTATIVES.c.bioguide, REPRESENTATIVES.c.id))
    ids = {row.bioguide: row.id for row in people}
    rows = [
        {
            "committee": seat.committee,
            "representative_id": ids[seat.bioguide],
            "rank": seat.rank,
            "title": seat.title,
        }
        for seat in roster.seats
        if seat.bioguide in ids
    ]
    connection.execute(delete(SEATS))
    connection.execute(delete(COMMITTEES))
    connection.execute(insert(COMMITTEES), [asdict(one) for one in roster.committees])
    if rows:
        connection.execute(insert(SEATS), rows)
    after = {(row["committee"], row["representative_id"]) for row in rows}
    return CommitteeChanges(
        committees=len(roster.committees),
        seats=len(rows),
        added=len(after - before),
        removed=len(before - after),
        unknown=tuple(sorted({seat.bioguide for seat in roster.seats} - set(ids))),
    )


def committee(code: str) -> CommitteeOfToday | None:
    """A committee by its code, as `HSJU` or `HSJU01`; None if there is none."""
    code = code.upper()
    named = select(COMMITTEES.c.code, COMMITTEES.c.name)
    asked = named.where(COMMITTEES.c.code.in_({code, code[:PARENT]}))
    names = {row.code: row.name for row in db.session.execute(asked)}
    if code not in names:
        return None
    rows = db.session.execute(
        select(REPRESENTATIVES.c.bioguide, SEATS.c.title)
        .join(SEATS, SEATS.c.representative_id == REPRESENTATIVES.c.id)
        .where(SEATS.c.committee == code)
        .order_by(SEATS.c.rank, SEATS.c.title.is_(None), REPRESENTATIVES.c.last_name)
    ).all()
    seats = {seat.bioguide: seat for seat in sitting()}
    members = tuple(Member(seats[row.bioguide], row.title) for row in rows if row.bioguide in seats)
    parent_name = names.get(code[:PARENT]) if len(code) > PARENT else None
    return CommitteeOfToday(code, names[code], parent_name, members)


def members_of(code: str) -> set[str]:
    """Bioguide ids of those who sit on a committee, whether or not they still sit in Congress."""
    return set(
        db.session.execute(
            select(REPRESENTATIVES.c.bioguide)
            .join(SEATS, SEATS.c.representative_id == REPRESENTATIVES.c.id)
            .where(SEATS.c.committee == code)
        ).scalars()
    )


def all_committees() -> list[Listed]:
    """Every committee by its code: a parent's subcommittees follow it."""
    rows = db.session.execute(select(COMMITTEES.c.code, COMMITTEES.c.name)).all()
    held = db.session.execute(
        select(SEATS.c.committee, func.count().label("seats")).group_by(SEATS.c.committee)
    )
    members = Counter({row.committee: row.seats for row in held})
    return sorted(Listed(row.code, row.name, members[row.code]) for row in rows)
