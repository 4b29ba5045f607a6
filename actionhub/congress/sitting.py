"""Who sits on a day: the one question that is asked of terms."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from sqlalchemy import Select, Table, bindparam, select

from actionhub import clock
from actionhub.congress.models import Chamber, Representative, Term
from actionhub.congress.states import NAMES, has_vote
from actionhub.database import db

REPRESENTATIVES = cast(Table, Representative.__table__)
TERMS = cast(Table, Term.__table__)


@dataclass(frozen=True, order=True)
class District:
    """A state and a House district's number; 0 is at large."""

    state: str
    number: int

    def __str__(self) -> str:
        return f"{self.state}-{self.number or 'AL'}"


@dataclass(frozen=True)
class Seat:
    """A representative as they sit on a day."""

    bioguide: str
    name: str
    chamber: Chamber
    state: str
    district: int | None
    party: str
    phone: str | None = None
    office: str | None = None
    url: str | None = None
    contact_form: str | None = None

    @property
    def seat_key(self) -> tuple[Chamber, str, int | None]:
        """What tells one office from another."""
        return self.chamber, self.state, self.district

    @property
    def title(self) -> str:
        """As they are addressed: `Senator`, `Representative`, `Delegate` or, for Puerto Rico,
        `Resident Commissioner` (48 USC 891)."""
        if self.chamber is Chamber.SENATE:
            return "Senator"
        if self.state == "PR":
            return "Resident Commissioner"
        return "Representative" if has_vote(self.state) else "Delegate"

    @property
    def seat(self) -> str:
        """Whom they sit for, in words: `Ohio`, `Ohio, district 9`."""
        name = NAMES[self.state]
        return f"{name}, district {self.district}" if self.district else name


def today() -> date:
    """The day that counts: in UTC, as all times here."""
    return clock.now().date()


def sitting(states: Collection[str] | None = None, on: date | None = None) -> list[Seat]:
    """Who sits on a day (today), for some states or all: the Senate first, then by district."""
    parameters: dict[str, Any] = {"on": on or today()}
    if states is None:
        return [Seat(*row) for row in db.session.execute(_ALL, parameters)]
    if not states:
        return []
    return [Seat(*row) for row in db.session.execute(_SOME, parameters | {"states": list(states)})]


def _sitting() -> Select[*tuple[Any, ...]]:
    terms, people = TERMS.c, REPRESENTATIVES.c
    return (
        select(
            people.bioguide,
            people.name,
            terms.chamber,
            terms.state,
            terms.district,
            terms.party,
            terms.phone,
            terms.office,
            terms.url,
            terms.contact_form,
        )
        .select_from(TERMS.join(REPRESENTATIVES, people.id == terms.representative_id))
        .where(terms.begins_on <= bindparam("on"), terms.ends_on > bindparam("on"))
        .order_by(terms.chamber.desc(), terms.state, terms.district, people.last_name, people.id)
    )


_ALL = _sitting()
_SOME = _ALL.where(TERMS.c.state.in_(bindparam("states", expanding=True)))
