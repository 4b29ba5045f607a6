"""A small Congress: Ohio, with a vacancy in each chamber."""

from __future__ import annotations

from datetime import date

from actionhub.congress import committees, loading
from actionhub.congress.models import Chamber
from actionhub.congress.reading import Legislator, TermRead
from actionhub.congress.rosters import CommitteeRead, Roster, SeatRead
from actionhub.extensions import db

AS_OF = date(2026, 7, 1)


def a_term(chamber: Chamber, state: str, district: int | None) -> TermRead:
    return TermRead(
        chamber=chamber,
        state=state,
        district=district,
        party="Independent",
        begins_on=date(2025, 1, 3),
        ends_on=date(2027, 1, 3),
        phone="202-555-0101",
        office="1 Hart Senate Office Building",
        url="https://example.org",
        contact_form=None,
    )


def load_ohio() -> None:
    """A senator and the member for district 9; district 10 is vacant. Commits."""
    people = [
        Legislator("A000001", "Ada Ash", "Ada", "Ash", (a_term(Chamber.HOUSE, "OH", 9),)),
        Legislator("C000003", "Cy Cedar", "Cy", "Cedar", (a_term(Chamber.SENATE, "OH", None),)),
    ]
    areas = {("44101", "OH", 9), ("44101", "OH", 10), ("44102", "OH", 9)}
    loading.load_legislators(people, AS_OF)
    loading.load_districts(areas, AS_OF)
    db.session.commit()


def load_judiciary() -> None:
    """A committee that the member for Ohio's district 9 chairs; after `load_ohio`. Commits."""
    judiciary = CommitteeRead("HSJU", "House Committee on the Judiciary")
    chair = SeatRead("HSJU", "A000001", 1, "Chairman")
    committees.load_committees(Roster((judiciary,), (chair,)), AS_OF)
    db.session.commit()
