"""Lists of people to address, brought in as CSV: kept, brought up to date, dropped.

The door that calls these records the audit event and commits.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import func, select

from actionhub import clock
from actionhub.actions.listing import ListedRow
from actionhub.actions.models import ListedPerson, Target, TargetKind, TargetList
from actionhub.database import db
from actionhub.errors import ActionHubError, NotFound

LONGEST_NAME = 120


class ListInUse(ActionHubError):
    """An action addresses the list."""

    status = 409


class NameTaken(ActionHubError):
    """A list needs a name of its own."""

    status = 422


@dataclass(frozen=True)
class ListSummary:
    """A list, how many are on it, and how many actions address it."""

    id: int
    name: str
    people: int
    actions: int


@dataclass(frozen=True)
class ListChanges:
    """How many came, went, and are told of differently than before."""

    added: int
    removed: int
    changed: int


def all_lists() -> list[ListSummary]:
    """Every list, by its name."""
    people = (
        select(func.count())
        .where(ListedPerson.list_id == TargetList.id)
        .correlate(TargetList)
        .scalar_subquery()
    )
    aimed = (
        select(Target.detail, func.count().label("actions"))
        .where(Target.kind == TargetKind.LIST)
        .group_by(Target.detail)
    )
    used = {row.detail: row.actions for row in db.session.execute(aimed)}
    rows = db.session.execute(
        select(TargetList.id, TargetList.name, people).order_by(TargetList.name)
    )
    return [
        ListSummary(list_id, name, number, used.get(str(list_id), 0))
        for list_id, name, number in rows
    ]


def people_of(list_id: int) -> list[ListedPerson]:
    """Who is on a list, in its order."""
    found = select(ListedPerson).where(ListedPerson.list_id == list_id)
    return list(db.session.scalars(found.order_by(ListedPerson.position)))


def find_list(list_id: int) -> TargetList:
    """A list. Raises NotFound."""
    found = db.session.get(TargetList, list_id)
    if found is None:
        raise NotFound(_("That list is not there any more."))
    return found


def bring_in(name: str, rows: tuple[ListedRow, ...], organizer_id: int | None = None) -> TargetList:
    """A new list of these people. Raises NameTaken."""
    name = " ".join(name.split())[:LONGEST_NAME]
    if not name:
        raise NameTaken(_("Give the list a name."))
    if db.session.scalar(select(TargetList.id).where(TargetList.name == name)):
        raise NameTaken(_("There is a list of that name: bring that one up to date instead."))
    made = TargetList(name=name, created_by=organizer_id, updated_at=clock.now())
    db.session.add(made)
    db.session.flush()
    renew(made, rows)
    return made


def renew(row: TargetList, rows: tuple[ListedRow, ...]) -> ListChanges:
    """Make these the people of a list. Who stays, by name and office, stays who they were."""
    before = {(one.name, one.office): one for one in people_of(row.id)}
    added = changed = 0
    for position, fresh in enumerate(rows):
        one = before.pop((fresh.name, fresh.office), None)
        if one is None:
            one = ListedPerson(list_id=row.id, name=fresh.name, office=fresh.office)
            db.session.add(one)
            added += 1
        elif _told(one) != _told(fresh):
            changed += 1
        one.position, one.email, one.locale = position, fresh.email, fresh.locale
        one.postal_address, one.fields = fresh.postal_address, dict(fresh.fields)
    for gone in before.values():
        db.session.delete(gone)
    row.updated_at = clock.now()
    db.session.flush()
    return ListChanges(added, len(before), changed)


def drop(row: TargetList) -> None:
    """Drop a list that no action addresses. Raises ListInUse."""
    aimed = (Target.kind == TargetKind.LIST) & (Target.detail == str(row.id))
    if db.session.scalar(select(func.count()).select_from(Target).where(aimed)):
        raise ListInUse(_("An action addresses this list, so it stays."))
    db.session.delete(row)
    db.session.flush()


def _told(one: ListedPerson | ListedRow) -> tuple[object, ...]:
    return one.email, one.postal_address, one.locale, dict(one.fields)
