"""Reading the two files of committees: which there are, and who sits on each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from actionhub.congress.models import CommitteeKind
from actionhub.congress.reading import STRANGE, UnreadableDataSet, not_understood, read_yaml

#: A file with fewer is cut short, or another file.
FEWEST_COMMITTEES = 30

_CODE = re.compile(r"[HSJ][A-Z]{3}(\d\d)?")


@dataclass(frozen=True)
class SeatRead:
    """A seat on a committee as the file tells it."""

    committee: str
    bioguide: str
    rank: int
    title: str | None


@dataclass(frozen=True)
class CommitteeRead:
    """A committee, or a subcommittee of `parent`, as the file tells it."""

    code: str
    parent: str | None
    kind: CommitteeKind
    name: str


@dataclass(frozen=True)
class Roster:
    """Both files: every committee, a parent before its subcommittees, and every seat once."""

    committees: tuple[CommitteeRead, ...]
    seats: tuple[SeatRead, ...]


def read_committees(committees: bytes, source: str, seats: bytes, seats_source: str) -> Roster:
    """Which committees there are, and who sits on them.

    The YAML of the unitedstates project's `committees-current` and `committee-membership-current`
    (github.com/unitedstates/congress-legislators). Raises UnreadableDataSet.
    """
    entries = read_yaml(committees, source)
    if not isinstance(entries, list) or len(entries) < FEWEST_COMMITTEES:
        raise UnreadableDataSet(source, f"no list of at least {FEWEST_COMMITTEES} committees")
    found: dict[str, CommitteeRead] = {}
    for number, entry in enumerate(entries, 1):
        try:
            for committee in _with_subcommittees(entry):
                if committee.code in found:
                    raise UnreadableDataSet(source, f"{committee.code} stands there twice")
                found[committee.code] = committee
        except STRANGE as bad:
            raise UnreadableDataSet(source, f"entry {number} {not_understood(bad)}") from bad
    return Roster(tuple(found.values()), tuple(_seats(seats, seats_source, found)))


def _with_subcommittees(entry: Any) -> Iterator[CommitteeRead]:
    kind, code = CommitteeKind(entry["type"]), entry["thomas_id"]
    yield CommitteeRead(_checked(code), None, kind, entry["name"].strip()[:300])
    for below in entry.get("subcommittees", ()):
        name = below["name"].strip()[:300]
        yield CommitteeRead(_checked(code + below["thomas_id"]), code, kind, name)


def _checked(code: str) -> str:
    if not _CODE.fullmatch(code):
        raise ValueError(f"no committee's code: {code[:20]!r}")
    return code


def _seats(data: bytes, source: str, known: dict[str, CommitteeRead]) -> Iterator[SeatRead]:
    entries = read_yaml(data, source)
    if not isinstance(entries, dict) or len(entries) < FEWEST_COMMITTEES:
        raise UnreadableDataSet(source, f"no seats of at least {FEWEST_COMMITTEES} committees")
    for code, members in entries.items():
        if code not in known:
            raise UnreadableDataSet(source, f"{str(code)[:20]} is none of the committees")
        try:
            found = {member["bioguide"]: _seat(code, member) for member in members}
        except STRANGE as bad:
            raise UnreadableDataSet(source, f"{code} {not_understood(bad)}") from bad
        if len(found) < len(members):
            raise UnreadableDataSet(source, f"somebody stands twice in {code}")
        yield from found.values()


def _seat(code: str, member: Any) -> SeatRead:
    title = member.get("title")
    return SeatRead(
        code, str(member["bioguide"]), int(member["rank"]), str(title)[:60] if title else None
    )
