"""From a ZIP to its representatives, beside the same rows read by the driver alone."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from actionhub import clock
from actionhub.app import create_app
from actionhub.congress import loading
from actionhub.congress.looking import look_up
from actionhub.congress.models import Chamber
from actionhub.congress.reading import Legislator, TermRead
from actionhub.congress.states import SENATORS, STATES
from actionhub.extensions import db
from bench.stage import settings_for

#: As many as the Census has; one in five touches two districts.
AREAS = 33_774
DISTRICTS_A_STATE = 8
SEED = 119

_AREA = "SELECT state, district FROM zip_areas WHERE zip = {}"
_SEATS = (
    "SELECT r.bioguide, r.name, t.chamber, t.state, t.district, t.party, t.phone, t.office, t.url, "
    "t.contact_form FROM terms t JOIN representatives r ON r.id = t.representative_id "
    "WHERE t.begins_on <= {0} AND t.ends_on > {0} AND t.state = {0}"
)


@dataclass(frozen=True)
class Looked:
    """Milliseconds that one ZIP took: the median, and of one in a hundred."""

    p50: float
    p99: float


def furnish(url: str, folder: Path) -> list[str]:
    """A Congress and the ZIP areas of a country; the ZIPs."""
    app = create_app(settings_for(url, folder))
    today, chance = clock.now().date(), random.Random(SEED)
    states = sorted(STATES)
    people = [
        _person(f"{state}{number}", chamber, state, district, today)
        for state in states
        for number, (chamber, district) in enumerate(
            [(Chamber.SENATE, None)] * SENATORS
            + [(Chamber.HOUSE, n) for n in range(1, DISTRICTS_A_STATE + 1)]
        )
    ]
    areas, zips = set(), [f"{number:05}" for number in range(1000, 1000 + AREAS)]
    for number, each in enumerate(zips):
        state = states[number * len(states) // AREAS]
        touched = chance.sample(range(1, DISTRICTS_A_STATE + 1), 2 if chance.random() < 0.2 else 1)
        areas |= {(each, state, district) for district in touched}
    with app.app_context():
        loading.load_legislators(people, today)
        loading.load_districts(areas, today)
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return zips


def ours(url: str, folder: Path, zips: list[str]) -> Looked:
    """`looking.look_up`, warm: one session for all, as of one request after another."""
    app = create_app(settings_for(url, folder))
    with app.app_context():
        for each in zips[:200]:
            look_up(each)
        found = _timed(zips, look_up)
        db.session.remove()
        db.engine.dispose()
    return found


def floor(url: str, zips: list[str]) -> Looked:
    """The same two questions asked of the driver: rows, and nothing made of them."""
    today = clock.now().date()
    engine = create_engine(url)
    sqlite = engine.dialect.name == "sqlite"
    day: Any = str(today) if sqlite else today
    mark = "?" if sqlite else "%s"
    with closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()

        def ask(each: str) -> None:
            cursor.execute(_AREA.format(mark), (each,))
            for state in {row[0] for row in cursor.fetchall()}:
                cursor.execute(_SEATS.format(mark), (day, day, state))
                cursor.fetchall()

        for each in zips[:200]:
            ask(each)
        found = _timed(zips, ask)
    engine.dispose()
    return found


def _timed(zips: list[str], ask: Callable[[str], object]) -> Looked:
    took = []
    for each in zips:
        begun = time.perf_counter()
        ask(each)
        took.append((time.perf_counter() - begun) * 1000)
    cuts = statistics.quantiles(took, n=100)
    return Looked(cuts[49], cuts[98])


def _person(
    number: str, chamber: Chamber, state: str, district: int | None, today: date
) -> Legislator:
    term = TermRead(
        chamber=chamber,
        state=state,
        district=district,
        party="Independent",
        begins_on=date(today.year - 1, 1, 3),
        ends_on=date(today.year + 1, 1, 3),
        phone="202-555-0101",
        office="1 Hart Senate Office Building",
        url="https://example.org",
        contact_form="https://example.org/contact",
    )
    return Legislator(number, f"Member {number}", "Member", number, (term,))
