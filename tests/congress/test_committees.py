"""Committees: loaded whole or not at all, and who of them sits today."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask

from actionhub import clock
from actionhub.congress import committees, loading, reading, rosters
from actionhub.extensions import db
from actionhub.organizers.models import Role
from tests.congress.seats import load_ohio
from tests.congress.test_loading import run
from tests.organize.people import Desk

JUDICIARY = {
    "type": "house",
    "name": "House Committee on the Judiciary",
    "thomas_id": "HSJU",
    "subcommittees": [{"name": "Immigration", "thomas_id": "01"}],
}
ADA = {
    "bioguide": "A000001",
    "name": "Ada Ash",
    "rank": 1,
    "title": "Chairman",
    "party": "majority",
}
ZOE = {"bioguide": "Z000009", "name": "Zoe Zinnia", "rank": 2, "party": "majority"}


@pytest.fixture(autouse=True)
def _few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rosters, "FEWEST_COMMITTEES", 1)


@pytest.fixture(autouse=True)
def _in_july() -> Iterator[None]:
    with clock.set_to(datetime(2026, 7, 1, 12, tzinfo=UTC)):
        yield


def load(
    folder: Path, entries: Any, members: Any, as_of: str | None = "2026-07-01"
) -> tuple[int, str]:
    for name, what in (("committees", entries), ("members", members)):
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(what))
    return run(
        "load",
        *("--committees", str(folder / "committees.yaml")),
        *("--membership", str(folder / "members.yaml")),
        *(("--as-of", as_of) if as_of else ()),
    )


def test_it_tells_the_seats_that_came_and_went_and_names_strangers(
    app: Flask, tmp_path: Path
) -> None:
    load_ohio()
    code, said = load(tmp_path, [JUDICIARY], {"HSJU": [ADA, ZOE], "HSJU01": [ADA]})
    assert code == 0, said
    assert said == (
        "2 committees and subcommittees with 2 seats, by data as of 2026-07-01: "
        "2 seats added, 0 removed.\nNot among the legislators: 1\n  - Z000009\n"
    )
    _code, said = load(tmp_path, [JUDICIARY], {"HSJU": [ADA]})
    assert "0 seats added, 1 removed." in said
    _code, said = load(tmp_path, [JUDICIARY], {"HSJU": [ADA]})
    assert "0 seats added, 0 removed." in said


def test_the_command_names_committees_and_their_members(app: Flask, tmp_path: Path) -> None:
    load_ohio()
    load(tmp_path, [JUDICIARY], {"HSJU": [ADA], "HSJU01": [ADA]})
    assert run("committee") == (
        0,
        "HSJU    House Committee on the Judiciary (1)\nHSJU01  Immigration (1)\n",
    )
    code, said = run("committee", "hsju01")
    assert said.splitlines() == [
        "HSJU01: Immigration, under House Committee on the Judiciary",
        "  Representative Ada Ash (Independent, Ohio, district 9), Chairman",
    ]
    code, said = run("committee", "HSXX")
    assert (code, "No committee HSXX" in said) == (1, True)


def test_who_no_longer_sits_in_congress_sits_on_no_committee(app: Flask, tmp_path: Path) -> None:
    load_ohio()
    load(tmp_path, [JUDICIARY], {"HSJU": [ADA]})
    with clock.set_to(datetime(2027, 1, 3, 12, tzinfo=UTC)):
        found = committees.committee("HSJU")
    assert found is not None
    assert found.members == ()


def test_without_data_the_command_says_how_to_load_it(app: Flask) -> None:
    code, said = run("committee")
    assert (code, "--membership" in said) == (1, True)


@pytest.mark.parametrize(
    ("entries", "members"),
    [
        ([], {"HSJU": []}),
        ({"HSJU": 1}, {"HSJU": []}),
        ([JUDICIARY], []),
        ([JUDICIARY], {"HSAG": [ADA]}),
        ([JUDICIARY], {"HSJU": [ADA, ADA]}),
        ([JUDICIARY], {"HSJU": [{"name": "nobody"}]}),
        ([JUDICIARY], {"HSJU": "nobody"}),
        ([JUDICIARY], {"HSJU": [ADA | {"rank": 10**12}]}),
        ([JUDICIARY | {"type": "senate"}], {"HSJU": [ADA]}),
        ([JUDICIARY, JUDICIARY], {"HSJU": [ADA]}),
        ([JUDICIARY | {"type": "royal"}], {"HSJU": [ADA]}),
        ([JUDICIARY | {"thomas_id": "judiciary"}], {"HSJU": [ADA]}),
        (["HSJU"], {"HSJU": [ADA]}),
    ],
)
def test_malformed_files_change_nothing_and_say_so_in_a_line(
    app: Flask, tmp_path: Path, entries: Any, members: Any
) -> None:
    load_ohio()
    load(tmp_path, [JUDICIARY], {"HSJU": [ADA]})
    code, said = load(tmp_path, entries, members)
    assert code == 1
    (line,) = said.strip().splitlines()
    assert line.endswith("Nothing was changed.")
    assert run("committee")[1].startswith("HSJU ")


def test_an_older_file_and_half_a_pair_are_refused(app: Flask, tmp_path: Path) -> None:
    code, said = load(tmp_path, [JUDICIARY], {"HSJU": []})
    assert (code, "load those first" in said) == (1, True)
    load_ohio()
    load(tmp_path, [JUDICIARY], {"HSJU": []})
    code, said = load(tmp_path, [JUDICIARY], {"HSJU": []}, "2026-06-30")
    assert (code, "Nothing was changed." in said) == (1, True)
    code, said = run("load", "--committees", str(tmp_path / "committees.yaml"))
    assert (code, "go together" in said) == (2, True)


def test_the_workspace_shows_who_sits_on_a_committee(app: Flask, tmp_path: Path) -> None:
    load_ohio()
    load(tmp_path, [JUDICIARY], {"HSJU": [ADA], "HSJU01": []})
    desk = Desk(app, Role.VIEWER)
    page = desk.sees("/organize/congress?committee=HSJU")
    assert "House Committee on the Judiciary (1)" in page
    assert "Representative Ada Ash" in page
    assert ">Chair<" in page
    assert "Who sits on a committee?" in desk.sees("/organize/congress?committee=%3Cscript%3E")


def test_the_real_committees_are_read_whole(
    app: Flask, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    people, which, who = (
        (shared_data / name).read_bytes()
        for name in (
            "legislators-current.yaml",
            "committees-current.yaml",
            "committee-membership-current.yaml",
        )
    )
    as_of = date(2026, 7, 1)
    loading.load_legislators(reading.read_legislators(people, "l", as_of), as_of)
    roster = rosters.read_committees(which, "c", who, "m")
    change = committees.load_committees(roster, as_of)
    db.session.commit()
    by_hand = yaml.load(who, yaml.CSafeLoader)
    assert change.unknown == ()
    assert (change.committees, change.seats) == (230, sum(map(len, by_hand.values())))
    for code in ("HSJU", "SSAF", "JSEC"):
        found = committees.committee(code)
        assert found is not None
        told = {member.seat.bioguide: member.title for member in found.members}
        assert told == {one["bioguide"]: one.get("title") for one in by_hand[code]}
