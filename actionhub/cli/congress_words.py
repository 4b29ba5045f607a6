"""What `actionhub congress` prints: of who sits, of a ZIP, of what loading changed."""

from __future__ import annotations

from datetime import date
from typing import Any

from actionhub.cli.listing import section
from actionhub.congress.committees import CommitteeChanges
from actionhub.congress.loading import AreaChanges, Differences
from actionhub.congress.looking import Delegation
from actionhub.congress.sitting import Seat


def as_json(found: Delegation) -> dict[str, Any]:
    """What `congress lookup --json` prints of a ZIP. Shape: see DESIGN, Fixed interfaces."""
    place = found.place
    return {
        "zip": place.zip,
        "found": place.found.value,
        "states": list(place.states),
        "districts": [{"state": each.state, "district": each.number} for each in place.districts],
        "representatives": [
            {
                "bioguide": seat.bioguide,
                "name": seat.name,
                "chamber": seat.chamber.value,
                "state": seat.state,
                "district": seat.district,
                "title": seat.title,
            }
            for seat in found.representatives
        ],
        "vacant": [
            {"chamber": seat.chamber.value, "state": seat.state, "district": seat.district}
            for seat in found.vacant
        ],
    }


def as_lines(found: Delegation) -> list[str]:
    """The same for people."""
    place = found.place
    where = ", ".join(map(str, place.districts)) or " or ".join(place.states) or "not known"
    lines = [f"{place.zip}: {where}"]
    if place.states and not place.districts:
        lines[0] += (
            " (a PO box, or of one receiver: only a choice or an address tells the district)"
        )
    lines += [f"  {in_words(seat)}" for seat in found.representatives]
    for seat in found.vacant:
        office = "Senate" if seat.district is None else f"House, district {seat.district or 'AL'}"
        lines.append(f"  vacant: {seat.state}, {office}")
    return lines


def in_words(seat: Seat) -> str:
    """A seat and who holds it: `Senator Ada Ash (Democrat, Ohio)`."""
    return f"{seat.title} {seat.name} ({seat.party}, {seat.seat})"


def lines_of_people(change: Differences, as_of: date) -> list[str]:
    """Who came, left or changed office."""
    lines = [f"{change.total} sit in Congress today, by data as of {as_of}."]
    came, left = map(in_words, change.came), map(in_words, change.left)
    moved = (
        f"{before.title} {before.name}, {before.seat}: now {in_words(after)}"
        for before, after in change.moved
    )
    lines += section(f"Came: {len(change.came)}", came)
    lines += section(f"Left: {len(change.left)}", left)
    lines += section(f"Changed office: {len(change.moved)}", moved)
    if len(lines) == 1:
        lines.append("Nobody came, left or changed office.")
    return lines


def lines_of_areas(change: AreaChanges, as_of: date) -> list[str]:
    """How many ZIP areas there are, and what changed."""
    line = f"{change.areas:,} ZIP areas, by data as of {as_of}"
    return [f"{line}: {change.added:,} added, {change.removed:,} removed."]


def lines_of_committees(change: CommitteeChanges, as_of: date) -> list[str]:
    """How many sit on committees, and what changed."""
    line = f"{change.committees} committees and subcommittees with {change.seats:,} seats"
    lines = [
        f"{line}, by data as of {as_of}: {change.added:,} seats added, {change.removed:,} removed."
    ]
    lines += section(f"Not among the legislators: {len(change.unknown)}", change.unknown)
    return lines
