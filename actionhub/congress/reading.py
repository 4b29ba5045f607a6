"""Reading the two public data sets; what cannot be understood is refused in one line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml

from actionhub.congress.models import Chamber
from actionhub.congress.states import DELEGATED, NAMES, STATES
from actionhub.newsroom.items import UnreadableSource

#: The fast loader where libyaml is built in, as it is in every wheel.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: A file with fewer entries is cut short, or another file: nobody's Congress shrank so far.
FEWEST_LEGISLATORS = 400
FEWEST_AREAS = 10_000
#: District numbers that mean "the whole state": at large, and a delegate's (98) in Census files.
AT_LARGE = frozenset({"0", "00", "98"})

#: What an entry of another shape than expected raises.
STRANGE = (AttributeError, KeyError, TypeError, ValueError, IndexError)

_BIOGUIDE = re.compile(r"[A-Z]\d{6}")
_ZIP = re.compile(r"\d{5}")


class UnreadableDataSet(UnreadableSource):
    """A data set that is not what it should be; nothing was changed."""

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(f"{source}:", f"{problem}. Nothing was changed.")


@dataclass(frozen=True)
class TermRead:
    """A term as the file tells it."""

    chamber: Chamber
    state: str
    district: int | None
    party: str
    begins_on: date
    ends_on: date
    phone: str | None
    office: str | None
    url: str | None
    contact_form: str | None


@dataclass(frozen=True)
class Legislator:
    """A person as the file tells them, with the terms that end after a day."""

    bioguide: str
    name: str
    first_name: str
    last_name: str
    terms: tuple[TermRead, ...]


#: ZIP, state, district.
Area = tuple[str, str, int]


def read_legislators(data: bytes, source: str, as_of: date) -> list[Legislator]:
    """Everyone with a term that ends after `as_of`: a term that is over is nobody's seat.

    `data`: the YAML of the unitedstates project's `legislators-current`
    (github.com/unitedstates/congress-legislators). Raises UnreadableDataSet.
    """
    entries = read_list(data, source, FEWEST_LEGISLATORS, "legislators")
    found: dict[str, Legislator] = {}
    for number, entry in enumerate(entries, 1):
        try:
            legislator = _legislator(entry, as_of)
        except STRANGE as bad:
            raise UnreadableDataSet(source, f"entry {number} {not_understood(bad)}") from bad
        if legislator.bioguide in found:
            raise UnreadableDataSet(source, f"{legislator.bioguide} stands there twice")
        found[legislator.bioguide] = legislator
    _refuse_two_for_a_seat(list(found.values()), source, as_of)
    return list(found.values())


def read_districts(data: bytes, source: str) -> set[Area]:
    """Which districts each ZIP area touches.

    `data`: CSV with the columns `state_abbr`, `zcta` and `cd`, after the Census's relationship file
    of ZIP tabulation areas and congressional districts. Raises UnreadableDataSet.
    """
    try:
        rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
        columns = {"state_abbr", "zcta", "cd"}
        if not columns <= set(rows.fieldnames or ()):
            raise UnreadableDataSet(source, f"lacks a column of {', '.join(sorted(columns))}")
        found = set(_areas(rows, source))
    except (UnicodeDecodeError, csv.Error) as bad:
        raise UnreadableDataSet(source, "no CSV in UTF-8") from bad
    if len(found) < FEWEST_AREAS:
        raise UnreadableDataSet(source, f"fewer than {FEWEST_AREAS} entries")
    return found


def _areas(rows: csv.DictReader[str], source: str) -> Iterator[Area]:
    for row in rows:
        area, state, district = (row[name] or "" for name in ("zcta", "state_abbr", "cd"))
        if not _ZIP.fullmatch(area) or state not in NAMES or not district.isdecimal():
            raise UnreadableDataSet(source, f"line {rows.line_num} is not understood")
        number = 0 if district in AT_LARGE else int(district)
        if number > 99 or (number and state in DELEGATED):
            raise UnreadableDataSet(source, f"line {rows.line_num}: no district {state}-{district}")
        yield area, state, number


def _legislator(entry: Any, as_of: date) -> Legislator:
    bioguide, name = entry["id"]["bioguide"], entry["name"]
    if not _BIOGUIDE.fullmatch(bioguide):
        raise ValueError("no Bioguide id")
    first, last = str(name["first"]), str(name["last"])
    whole = str(name.get("official_full") or f"{name.get('nickname') or first} {last}")
    terms = tuple(_term(term) for term in entry["terms"])
    later = tuple(term for term in terms if term.ends_on > as_of)
    return Legislator(bioguide, whole[:200], first[:100], last[:100], later)


def _term(term: Any) -> TermRead:
    chamber = {"rep": Chamber.HOUSE, "sen": Chamber.SENATE}[term["type"]]
    state = term["state"]
    begins_on, ends_on = date.fromisoformat(term["start"]), date.fromisoformat(term["end"])
    if begins_on > ends_on:
        raise ValueError("a term that ends before it begins")
    district = None
    if chamber is Chamber.HOUSE:
        district = max(int(term["district"]), 0)  # old ones of unknown districts are -1
    return TermRead(
        chamber,
        _seat_state(chamber, state, ends_on),
        district,
        str(term.get("party") or "")[:60],
        begins_on,
        ends_on,
        _text(term, "phone", 40),
        _text(term, "office", 200),
        _address(term, "url"),
        _address(term, "contact_form"),
    )


def _seat_state(chamber: Chamber, state: Any, ends_on: date) -> str:
    """The state of a term; those of long ago may be of territories that are no more."""
    if ends_on.year < 2000:
        return str(state)
    if state not in (NAMES if chamber is Chamber.HOUSE else STATES):
        raise ValueError(f"no state {state!r}")
    return str(state)


def _text(term: Any, name: str, most: int) -> str | None:
    value = term.get(name)
    return str(value).strip()[:most] or None if value is not None else None


def _address(term: Any, name: str) -> str | None:
    """An http(s) address; anything else is none: it becomes a link."""
    found = _text(term, name, 300)
    return found if found and found.startswith(("https://", "http://")) else None


def _refuse_two_for_a_seat(legislators: list[Legislator], source: str, as_of: date) -> None:
    taken: dict[tuple[str, int | None], list[str]] = {}
    for legislator in legislators:
        for term in legislator.terms:
            if term.begins_on <= as_of:
                taken.setdefault((term.state, term.district), []).append(legislator.name)
    for (state, district), names in taken.items():
        most = 2 if district is None else 1
        if len(names) > most:
            seat = state if district is None else f"{state}-{district}"
            raise UnreadableDataSet(source, f"{' and '.join(names)} all sit for {seat}")


def read_yaml(data: bytes, source: str) -> Any:
    """What a YAML file holds. Raises UnreadableDataSet."""
    try:
        return yaml.load(data, LOADER)  # noqa: S506 - a safe loader
    except yaml.YAMLError as bad:
        raise UnreadableDataSet(source, f"no YAML{_place(bad)}") from bad
    except (UnicodeDecodeError, RecursionError) as bad:
        raise UnreadableDataSet(source, "no YAML") from bad


def read_list(data: bytes, source: str, fewest: int, of: str) -> list[Any]:
    """The entries of a YAML file that is a list. Raises UnreadableDataSet, for fewer too."""
    entries = read_yaml(data, source)
    if not isinstance(entries, list) or len(entries) < fewest:
        raise UnreadableDataSet(source, f"no list of at least {fewest} {of}")
    return entries


def not_understood(bad: Exception) -> str:
    """Why an entry could not be read, as the end of a sentence."""
    words = f"{type(bad).__name__}: {bad}" if str(bad) else type(bad).__name__
    return f"is not understood ({words})"


def _place(bad: yaml.YAMLError) -> str:
    mark = getattr(bad, "problem_mark", None)
    return f" (line {mark.line + 1})" if mark is not None else ""
