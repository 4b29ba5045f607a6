"""From a ZIP to its districts, and to who sits for them: told honestly where it is not known."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from sqlalchemy import Table, bindparam, func, select

from actionhub.congress.models import Chamber, ZipArea
from actionhub.congress.sitting import District, Seat, sitting
from actionhub.congress.states import (
    DELEGATED,
    PREFIXES,
    SENATORS,
    STATES,
    territory_of,
)
from actionhub.database import db

AREAS = cast(Table, ZipArea.__table__)


class Found(StrEnum):
    """How a ZIP's place was found."""

    ZIP = "zip"  # its area is in the data set, or it is a territory's
    STATE = "state"  # no area of its own, as a PO box: the state alone, by its first three digits
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Vacancy:
    """A seat that nobody holds."""

    chamber: Chamber
    state: str
    district: int | None


@dataclass(frozen=True)
class Place:
    """Where a ZIP lies. Several districts: it touches each. None though a state is known: only a
    choice or a street address can tell. Several states: it crosses a line, or only a choice can."""

    zip: str
    found: Found
    states: tuple[str, ...]
    districts: tuple[District, ...]


@dataclass(frozen=True)
class Delegation:
    """Who may sit for a place: the senators of its states, and each possible House member."""

    place: Place
    representatives: tuple[Seat, ...]
    vacant: tuple[Vacancy, ...]


def five_digits(text: str) -> str | None:
    """The ZIP in `20001`, ` 20001-1234 ` or `200011234`; None if there is none."""
    found = re.fullmatch(r"\s*(\d{5})(?:[- ]?\d{4})?\s*", text, re.ASCII)
    return found[1] if found else None


def place_of(zip_code: str) -> Place:
    """Where a five-digit ZIP lies, by the data set that is loaded."""
    rows = db.session.execute(_AREAS, {"zip": zip_code}).all()
    if rows:
        districts = tuple(sorted(District(state, number) for state, number in rows))
        states = tuple(sorted({district.state for district in districts}))
        return Place(zip_code, Found.ZIP, states, districts)
    if territory := territory_of(zip_code):
        return Place(zip_code, Found.ZIP, (territory,), (District(territory, 0),))
    states = _states_by_prefix(zip_code[:3])
    if not states:
        return Place(zip_code, Found.UNKNOWN, (), ())
    # Where a state is all one district, the state tells it.
    only = districts_of(states[0]) if len(states) == 1 else ()
    return Place(zip_code, Found.STATE, states, only if len(only) == 1 else ())


def look_up(zip_code: str) -> Delegation:
    """Who may sit today for a five-digit ZIP, and which of its seats are vacant."""
    place = place_of(zip_code)
    wanted = set(place.districts)
    seats = [
        seat
        for seat in sitting(place.states)
        if seat.district is None or District(seat.state, seat.district) in wanted
    ]
    return Delegation(place, tuple(seats), tuple(_vacancies(place.states, place.districts, seats)))


def vacancies_in(place: District) -> tuple[Vacancy, ...]:
    """Which seats of a district's own, and of its state's senators, nobody holds today."""
    return tuple(_vacancies([place.state], [place], sitting([place.state])))


def districts_of(state: str) -> tuple[District, ...]:
    """All districts of a state, by number, vacant ones too."""
    if state in DELEGATED:
        return (District(state, 0),)
    rows = db.session.execute(_DISTRICTS, {"state": state}).scalars()
    return tuple(sorted(District(state, number) for number in rows))


def all_vacancies(seats: Iterable[Seat]) -> tuple[Vacancy, ...]:
    """The seats that none of `seats`, all who sit, holds, where districts are known."""
    rows = db.session.execute(_EVERY_DISTRICT).all()
    districts = {District(state, number) for state, number in rows}
    districts |= {District(state, 0) for state in DELEGATED} if rows else set()
    states = sorted({district.state for district in districts})
    return tuple(_vacancies(states, sorted(districts), seats))


def _vacancies(
    states: Iterable[str], districts: Iterable[District], seats: Iterable[Seat]
) -> Iterable[Vacancy]:
    held = [(seat.state, seat.district) for seat in seats]
    for state in states:
        if state in STATES:
            for _seat in range(SENATORS - held.count((state, None))):
                yield Vacancy(Chamber.SENATE, state, None)
    for district in districts:
        if (district.state, district.number) not in held:
            yield Vacancy(Chamber.HOUSE, district.state, district.number)


def _states_by_prefix(prefix: str) -> tuple[str, ...]:
    """The states that have whole ZIP areas with these first three digits (a USPS sorting area).

    An area that crosses a line tells nothing: it belongs to its post office's state.
    """
    parameters = {"first": f"{prefix}00", "last": f"{prefix}99"}
    found = tuple(sorted(db.session.execute(_STATES, parameters).scalars()))
    if not found and prefix in PREFIXES:
        return (PREFIXES[prefix],)
    return found


_AREAS = select(AREAS.c.state, AREAS.c.district).where(AREAS.c.zip == bindparam("zip"))
_EVERY_DISTRICT = select(AREAS.c.state, AREAS.c.district).distinct()
_DISTRICTS = select(AREAS.c.district).where(AREAS.c.state == bindparam("state")).distinct()
_WHOLE = (
    select(func.min(AREAS.c.state).label("state"))
    .where(AREAS.c.zip.between(bindparam("first"), bindparam("last")))
    .group_by(AREAS.c.zip)
    .having(func.min(AREAS.c.state) == func.max(AREAS.c.state))
    .subquery()
)
_STATES = select(_WHOLE.c.state).distinct()
