"""Reading the two files of committees: which there are, and who sits on each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from actionhub.congress.reading import (
    STRANGE,
    UnreadableDataSet,
    not_understood,
    read_list,
    read_yaml,
)

#: A file with fewer is cut short, or another file.
FEWEST_COMMITTEES = 30
#: What a code begins with, by the type that the file names.
LETTERS = {"house": "H", "senate": "S", "joint": "J"}
#: No committee has as many members.
MOST_MEMBERS = 1000

_CODE = re.compile(r"[A-Z]{4}(\d\d)?")


@dataclass(frozen=True)
class SeatRead:
    """A seat on a committee as the file tells it."""

    committee: str
    bioguide: str
    rank: int
    title: str | None


@dataclass(frozen=True)
class CommitteeRead:
    """A committee as the file tells it; a subcommittee's code begins with its parent's."""

    code: str
    name: str


@dataclass(frozen=True)
class Roster:
    """Both files: every committee and every seat once."""

    committees: tuple[CommitteeRead, ...]
    seats: tuple[SeatRead, ...]


def read_committees(committees: bytes, source: str, seats: bytes, seats_source: str) -> Roster:
    """Which committees there are, and who sits on them.

    The YAML of the unitedstates project's `committees-current` and `committee-membership-current`
    (github.com/unitedstates/congress-legislators). Raises UnreadableDataSet.
    """
    entries = read_list(committees, source, FEWEST_COMMITTEES, "committees")
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
    letter, code = LETTERS[entry["type"]], entry["thomas_id"]
    for below in ({"thomas_id": "", "name": entry["name"]}, *entry.get("subcommittees", ())):
        whole = code + below["thomas_id"]
        if not _CODE.fullmatch(whole) or not whole.startswith(letter):
            raise ValueError(f"no code of a committee of that type: {whole[:20]!r}")
        yield CommitteeRead(whole, below["name"].strip()[:300])


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
    title, rank = member.get("title"), int(member["rank"])
    if not 0 <= rank < MOST_MEMBERS:
        raise ValueError(f"no rank: {rank}")
    return SeatRead(code, str(member["bioguide"]), rank, str(title)[:60] if title else None)
