"""Which House district a signature counts in, how that was found; asked where a ZIP cannot tell.

A petition never waits for it: the ZIP's answer is kept with the confirmation, and where it is only
a state, or nothing, its owner may choose.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from actionhub.congress import loading, looking
from actionhub.congress.looking import Place
from actionhub.congress.models import DataSetKind
from actionhub.congress.sitting import District, Seat, sitting
from actionhub.congress.states import NAMES
from actionhub.database import db
from actionhub.errors import ActionHubError
from actionhub.signatures import rows
from actionhub.signatures.models import DistrictFound, SignatureState
from actionhub.supporters import joining

#: Where the ZIPs are whose districts are asked about.
HOME = "US"
#: Signatures that one transaction of resolving again looks at.
BATCH = 1000

#: The columns here, as they are where nothing is known.
NOWHERE: dict[str, Any] = {
    "us_state": None,
    "us_district": None,
    "district_found": None,
    "district_as_of": None,
}


class NotTheirs(ActionHubError):
    """The chosen district is not one that the ZIP of the signature allows."""

    status = 422

    def __init__(self) -> None:
        super().__init__(_("Please choose one of the districts shown."))


@dataclass(frozen=True)
class Option:
    """A district that may be chosen, with who sits for it; nobody: the seat is vacant."""

    district: District
    member: Seat | None

    @property
    def value(self) -> str:
        return f"{self.district.state}-{self.district.number}"


@dataclass(frozen=True)
class Question:
    """What to ask: one of the options or, where there are none yet, first one of the states."""

    options: tuple[Option, ...]
    states: tuple[str, ...]


def member_of(state: str | None, number: int | None) -> Seat | None:
    """Who sits for a district in the House today; None: nobody, or it is not known."""
    if state is None or number is None:
        return None
    return next((seat for seat in sitting([state]) if seat.district == number), None)


@dataclass(frozen=True)
class Resolved:
    """What resolving again found, in signatures; `doubtful` choices are left as they are."""

    looked_at: int
    found: int
    changed: int
    lost: int
    doubtful: int


def located(zip_code: str | None, country: str) -> dict[str, Any]:
    """The columns that a ZIP alone fills: state and district, the state, or nothing."""
    as_of = _as_of() if country == HOME else None
    return _columns(_place(zip_code, country), as_of) if as_of else dict(NOWHERE)


def _columns(place: Place | None, as_of: date) -> dict[str, Any]:
    if place is None or len(place.states) != 1:
        return dict(NOWHERE)
    only = place.districts[0] if len(place.districts) == 1 else None
    return {
        "us_state": place.states[0],
        "us_district": only.number if only else None,
        "district_found": DistrictFound.ZIP if only else None,
        "district_as_of": as_of,
    }


def question(zip_code: str | None, country: str, state: str | None = None) -> Question | None:
    """What to ask somebody whose district is not known; None if there is nothing to ask with.

    `state` is the one they chose where the ZIP tells none.
    """
    place = _place(zip_code, country)
    if place is None or _as_of() is None:
        return None
    if place.districts:
        return Question(_options(place.districts), ())
    states = place.states or tuple(sorted(NAMES, key=NAMES.__getitem__))
    chosen = states[0] if len(states) == 1 else state
    if chosen not in states:
        return Question((), states)
    return Question(_options(looking.districts_of(chosen)), states if len(states) > 1 else ())


def choose(signature_id: int, value: str) -> None:
    """Keep the district that its owner chose, such as `OH-9`. Raises NotTheirs.

    The caller commits.
    """
    table: Any = rows.SIGNATURES
    row = db.session.execute(
        select(table.c.supporter_id, table.c.zip, table.c.country).where(table.c.id == signature_id)
    ).one()
    joining.hold(row.supporter_id)
    state, _dash, _number = value.partition("-")
    asked = question(row.zip, row.country, state)
    if asked is None or value not in {option.value for option in asked.options}:
        raise NotTheirs
    chosen = next(option.district for option in asked.options if option.value == value)
    db.session.execute(rows.change(signature_id, **as_told(chosen, DistrictFound.CHOICE)))


def keep_found(signature_id: int, district: District) -> None:
    """Keep the district that its owner's street address lies in. The caller commits."""
    table: Any = rows.SIGNATURES
    supporter_id = db.session.execute(
        select(table.c.supporter_id).where(table.c.id == signature_id)
    ).scalar_one()
    joining.hold(supporter_id)
    db.session.execute(rows.change(signature_id, **as_told(district, DistrictFound.ADDRESS)))


def as_told(district: District, how: DistrictFound) -> dict[str, Any]:
    """The columns of a district that a signature's owner chose, or that their address tells."""
    return {
        "us_state": district.state,
        "us_district": district.number,
        "district_found": how,
        "district_as_of": _as_of(),
    }


def resolve_again(*, dry_run: bool) -> Resolved:
    """Ask the data that are loaded now about every confirmed signature's ZIP; commits in batches.

    What its owner chose, or an address told, stays; it is counted as doubtful where the ZIP does
    not allow it (any more).
    Without data nothing is looked at.
    """
    tally: Counter[str] = Counter()
    as_of, last = _as_of(), 0
    places: dict[str, Place | None] = {}
    while as_of and (batch := _confirmed_after(last)):
        last = batch[-1].id
        for row in batch:
            tally["looked_at"] += 1
            if row.zip not in places:
                places[row.zip] = _place(row.zip, HOME)
            change = _again(row, places[row.zip], as_of, tally)
            if change and not dry_run:
                db.session.execute(rows.change(row.id, **change))
        if dry_run:
            db.session.rollback()
        else:
            db.session.commit()
    return Resolved(**{name: tally[name] for name in Resolved.__dataclass_fields__})


def _again(
    row: Any, place: Place | None, as_of: date, tally: Counter[str]
) -> dict[str, Any] | None:
    """The columns to change; None if the row stays as it is."""
    if row.district_found in {DistrictFound.CHOICE, DistrictFound.ADDRESS}:
        chosen = District(row.us_state, row.us_district)
        tally["doubtful"] += bool(place and place.districts and chosen not in place.districts)
        return None
    fresh = _columns(place, as_of)
    before, after = (row.us_state, row.us_district), (fresh["us_state"], fresh["us_district"])
    if before == after:
        return None
    kind = "lost" if after[1] is None and before[1] is not None else "changed"
    tally["found" if before[1] is None and after[1] is not None else kind] += 1
    return fresh


def _confirmed_after(last: int) -> list[Any]:
    table: Any = rows.SIGNATURES
    return list(
        db.session.execute(
            select(
                table.c.id,
                table.c.zip,
                table.c.us_state,
                table.c.us_district,
                table.c.district_found,
            )
            .where(
                table.c.id > last,
                table.c.state == SignatureState.CONFIRMED,
                table.c.country == HOME,
                table.c.zip.is_not(None),
            )
            .order_by(table.c.id)
            .limit(BATCH)
        )
    )


def _place(zip_code: str | None, country: str) -> Place | None:
    code = looking.five_digits(zip_code or "") if country == HOME else None
    return looking.place_of(code) if code else None


def _options(districts: tuple[District, ...]) -> tuple[Option, ...]:
    states = {district.state for district in districts}
    members = {
        District(seat.state, seat.district): seat
        for seat in sitting(states)
        if seat.district is not None
    }
    return tuple(Option(district, members.get(district)) for district in districts)


def _as_of() -> date | None:
    found = loading.loaded().get(DataSetKind.DISTRICTS)
    return found.as_of if found else None
