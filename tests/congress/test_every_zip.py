"""Every ZIP area of the real data, counted against the files by a second way of our own."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask import Flask

from actionhub import clock
from actionhub.congress import loading, looking, reading
from actionhub.congress.looking import Found
from actionhub.congress.models import Chamber
from actionhub.congress.sitting import sitting
from actionhub.extensions import db

AS_OF = date(2026, 7, 1)
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
VACANT = {("CA", 14), ("FL", 20), ("GA", 13), ("TX", 23)}


@pytest.fixture
def loaded(app: Flask, shared_data: Path) -> Iterator[Path]:
    people = (shared_data / "legislators-current.yaml").read_bytes()
    areas = (shared_data / "zccd.csv").read_bytes()
    with clock.set_to(NOON):
        loading.load_legislators(reading.read_legislators(people, "l", AS_OF), AS_OF)
        loading.load_districts(reading.read_districts(areas, "d"), AS_OF)
        db.session.commit()
        yield shared_data


def sitting_by_hand(path: Path) -> dict[str, tuple[str, str, int | None]]:
    """Bioguide id to the last term's chamber, state, district: by lines, not by a YAML parser."""
    found, person, term = {}, "", {}

    def keep() -> None:
        if person and term["start"] <= f"{AS_OF}" < term["end"]:
            house = term["type"] == "rep"
            number = int(term["district"]) if house else None
            found[person] = ("house" if house else "senate", term["state"], number)

    for line in path.read_text().splitlines():
        if begun := re.fullmatch(r"    bioguide: ([A-Z]\d{6})", line):
            keep() if person else None
            person, term = begun[1], {}
        elif begun := re.fullmatch(r"  - type: (\w+)", line):
            term = {"type": begun[1]}
        elif told := re.fullmatch(r"    (start|end|state|district): '?([\w-]+)'?", line):
            term[told[1]] = told[2]
    keep()
    return found


def test_each_zip_area_has_its_senators_and_each_possible_house_member_once(loaded: Path) -> None:
    members = sitting_by_hand(loaded / "legislators-current.yaml")
    senators, house = defaultdict(set), {}
    for bioguide, (chamber, state, number) in members.items():
        if chamber == "senate":
            senators[state].add(bioguide)
        else:
            assert (state, number) not in house
            house[state, number] = bioguide
    expected: dict[str, set[tuple[str, int]]] = defaultdict(set)
    with (loaded / "zccd.csv").open(newline="") as file:
        next(file)
        for _fips, state, area, number in csv.reader(file):
            expected[area].add((state, int(number)))
    assert len(expected) == 33_774

    figures: Counter[str] = Counter()
    vacant: set[tuple[str, int]] = set()
    for area, districts in expected.items():
        found = looking.look_up(area)
        told = [seat.bioguide for seat in found.representatives]
        empty = {place for place in districts if place not in house}
        states = {state for state, _ in districts}
        wanted = {house[place] for place in districts - empty}
        wanted |= set().union(*(senators[state] for state in states))
        assert (len(told), set(told)) == (len(wanted), wanted), area
        assert {(seat.state, seat.district) for seat in found.vacant} == empty, area
        assert {(each.state, each.number) for each in found.place.districts} == districts
        assert found.place.found is Found.ZIP
        vacant |= empty
        figures["one district"] += len(districts) == 1
        figures["several districts"] += len(districts) > 1
        figures["several states"] += len(states) > 1
        figures["with a vacancy"] += bool(empty)
    assert vacant == VACANT
    assert figures == {
        "one district": 26_475,
        "several districts": 7_299,
        "several states": 109,
        "with a vacancy": 271,
    }
    assert round(figures["several districts"] / len(expected) * 100, 1) == 21.6
    assert (len(members), len(house), sum(map(len, senators.values()))) == (537, 437, 100)


#: Loading takes seconds: several ZIPs are asked of one load.
TERRITORIES = {"96799": "AS", "96910": "GU", "96932": "GU", "96950": "MP", "00802": "VI"}
WITHOUT_SENATORS = {"20001": "Delegate", "00901": "Resident Commissioner"}
NOWHERE = ("00000", "09001", "34001", "96201")


def test_who_has_no_senators_has_one_without_a_vote(loaded: Path) -> None:
    """The territories outside of the file, too."""
    for zip_code, state in TERRITORIES.items():
        found = looking.look_up(zip_code)
        assert [str(each) for each in found.place.districts] == [f"{state}-AL"]
        (delegate,) = found.representatives
        assert (delegate.title, delegate.state, delegate.district) == ("Delegate", state, 0)
        assert found.vacant == ()
    for zip_code, title in WITHOUT_SENATORS.items():
        found = looking.look_up(zip_code)
        (delegate,) = found.representatives
        assert (delegate.title, found.vacant) == (title, ())


def test_a_state_at_large_has_one_district_also_for_a_po_box(loaded: Path) -> None:
    for zip_code in ("82001", "82003"):  # Cheyenne, Wyoming: its streets, its boxes
        found = looking.look_up(zip_code)
        assert [str(each) for each in found.place.districts] == ["WY-AL"]
        assert len(found.representatives) == 3


def test_a_po_box_tells_its_state_alone_and_nowhere_is_unknown(loaded: Path) -> None:
    found = looking.look_up("94299")  # Sacramento, a receiver of its own
    assert (found.place.found, found.place.states) == (Found.STATE, ("CA",))
    assert found.place.districts == ()
    assert {seat.chamber for seat in found.representatives} == {Chamber.SENATE}
    assert len(found.representatives) == 2
    assert found.vacant == ()
    for zip_code in NOWHERE:
        unknown = looking.look_up(zip_code)
        assert unknown.place.found is Found.UNKNOWN, zip_code
        assert (unknown.representatives, unknown.vacant) == ((), ())


def test_a_term_that_is_over_is_nobodys_seat(loaded: Path) -> None:
    """Two senators' terms in the file end on 2026-11-03."""
    for day, expected in (("2026-11-02", 100), ("2026-11-03", 98)):
        with clock.set_to(datetime.fromisoformat(f"{day}T12:00:00+00:00")):
            senators = [seat for seat in sitting() if seat.chamber is Chamber.SENATE]
            assert len(senators) == expected
            if expected == 98:
                states = Counter(seat.state for seat in senators)
                (state, _), *_ = [item for item in states.items() if item[1] == 1]
                areas = db.session.execute(
                    looking.AREAS.select().where(looking.AREAS.c.state == state).limit(1)
                ).first()
                assert areas is not None
                vacant = looking.look_up(areas.zip).vacant
                assert [seat.chamber for seat in vacant if seat.state == state] == [Chamber.SENATE]
    with clock.set_to(datetime(2027, 1, 3, 12, tzinfo=UTC)):
        assert len(sitting()) == 537 - 437 - 33 - 2
