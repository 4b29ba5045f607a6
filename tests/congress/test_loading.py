"""The data sets: loaded again and again, told apart, refused whole when malformed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select

from actionhub import clock
from actionhub.cli import main
from actionhub.congress import looking, reading
from actionhub.congress.models import DataSet, DataSetKind, Term, ZipArea
from actionhub.congress.sitting import sitting
from actionhub.extensions import db


@pytest.fixture(autouse=True)
def _few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "FEWEST_LEGISLATORS", 1)
    monkeypatch.setattr(reading, "FEWEST_AREAS", 1)


@pytest.fixture(autouse=True)
def _in_july() -> Iterator[None]:
    with clock.set_to(datetime(2026, 7, 1, 12, tzinfo=UTC)):
        yield


def person(bioguide: str, name: str, *terms: dict[str, Any]) -> dict[str, Any]:
    first, last = name.split()
    return {
        "id": {"bioguide": bioguide},
        "name": {"first": first, "last": last, "official_full": name},
        "terms": list(terms),
    }


def term(kind: str, state: str, district: int | None = None, **changes: str) -> dict[str, Any]:
    found: dict[str, Any] = {"type": kind, "state": state, "party": "Independent"}
    found |= {"start": "2025-01-03", "end": "2027-01-03"}
    found |= {} if district is None else {"district": district}
    return found | changes


def load(
    folder: Path, *people: dict[str, Any], as_of: str = "2026-07-01", fewer: bool = False
) -> tuple[int, str]:
    path = folder / "people.yaml"
    path.write_text(yaml.safe_dump(list(people)))
    return run(
        "load", "--legislators", str(path), "--as-of", as_of, *(["--fewer"] if fewer else [])
    )


def load_areas(folder: Path, text: str, as_of: str = "2026-07-01") -> tuple[int, str]:
    path = folder / "areas.csv"
    path.write_text(text)
    return run("load", "--districts", str(path), "--as-of", as_of)


def run(*arguments: str) -> tuple[int, str]:
    db.session.rollback()
    done = CliRunner().invoke(main, ["congress", *arguments])
    db.session.rollback()  # as the end of the process does
    return done.exit_code, done.output


ADA = person("A000001", "Ada Ash", term("rep", "OH", 9))
BO = person("B000002", "Bo Birch", term("rep", "OH", 10))
CY = person("C000003", "Cy Cedar", term("sen", "OH"))


def test_the_first_load_says_who_came(app: Flask, tmp_path: Path) -> None:
    code, said = load(tmp_path, ADA, CY)
    assert code == 0, said
    assert "2 sit in Congress today, by data as of 2026-07-01." in said
    assert "Came: 2" in said
    assert "Senator Cy Cedar (Independent, Ohio)" in said
    assert "Representative Ada Ash (Independent, Ohio, district 9)" in said


def test_the_same_again_changes_nothing(app: Flask, tmp_path: Path) -> None:
    load(tmp_path, ADA, BO, CY)
    before = db.session.execute(select(Term.__table__).order_by(Term.id)).all()
    code, said = load(tmp_path, ADA, BO, CY)
    assert (code, said.splitlines()[-1]) == (0, "Nobody came, left or changed office.")
    assert db.session.execute(select(Term.__table__).order_by(Term.id)).all() == before


def test_who_left_and_who_changed_office_is_told(app: Flask, tmp_path: Path) -> None:
    load(tmp_path, ADA, BO)
    moved = person(
        "A000001",
        "Ada Ash",
        term("rep", "OH", 9, end="2026-07-10"),
        term("sen", "OH", start="2026-07-10", end="2031-01-03"),
    )
    with clock.set_to(datetime(2026, 7, 20, tzinfo=UTC)):
        code, said = load(tmp_path, moved, as_of="2026-07-20", fewer=True)
        assert code == 0, said
        assert "Left: 1" in said
        assert "Bo Birch" in said
        assert "Changed office: 1" in said
        assert "Representative Ada Ash, Ohio, district 9: now Senator Ada Ash" in said
        assert [seat.name for seat in sitting()] == ["Ada Ash"]
    assert len(sitting(on=date(2026, 7, 5))) == 2, "what was is kept"


def test_who_comes_back_sits_again(app: Flask, tmp_path: Path) -> None:
    load(tmp_path, ADA, BO)
    load(tmp_path, ADA, fewer=True)
    assert [seat.name for seat in sitting()] == ["Ada Ash"]
    code, said = load(tmp_path, ADA, BO)
    assert (code, len(sitting())) == (0, 2)
    assert "Came: 1" in said


def test_a_file_that_was_cut_is_no_news(app: Flask, tmp_path: Path) -> None:
    load(tmp_path, ADA, BO)
    code, said = load(tmp_path, ADA)
    assert (code, "1 of 2 who sit would be gone. Nothing was changed." in said) == (1, True)
    assert len(sitting()) == 2
    areas = "state_fips,state_abbr,zcta,cd\n" + "39,OH,44102,9\n39,OH,44113,11\n"
    assert load_areas(tmp_path, areas)[0] == 0
    code, said = load_areas(tmp_path, areas[: areas.index("39,OH,44113")])
    assert (code, "1 of 2 ZIP areas’ districts would be gone" in said) == (1, True)
    assert len(looking.place_of("44113").districts) == 1


def test_a_day_that_has_not_come_is_refused(app: Flask, tmp_path: Path) -> None:
    code, said = load(tmp_path, ADA, as_of="2026-07-02")
    assert (code, said) == (1, "Error: 2026-07-02 has not come yet. Nothing was changed.\n")


def test_an_earlier_days_data_are_refused(app: Flask, tmp_path: Path) -> None:
    load(tmp_path, ADA, BO)
    code, said = load(tmp_path, ADA, as_of="2026-06-30")
    assert code == 1
    assert "as of 2026-06-30, those loaded of 2026-07-01. Nothing was changed." in said
    assert len(sitting()) == 2


@pytest.mark.parametrize(
    "text",
    [
        "- id: [",
        "just words",
        "[]",
        "- 7",
        "- {id: {bioguide: A000001}, name: {first: A, last: B}}",
        yaml.safe_dump([person("A1", "Ada Ash", term("rep", "OH", 9))]),
        yaml.safe_dump([person("A000001", "Ada Ash", term("rep", "OH"))]),
        yaml.safe_dump([person("A000001", "Ada Ash", term("rep", "XX", 1))]),
        yaml.safe_dump([person("A000001", "Ada Ash", term("sen", "DC"))]),
        yaml.safe_dump([person("A000001", "Ada Ash", term("rep", "OH", 1, start="soon"))]),
        yaml.safe_dump([ADA, ADA]),
        yaml.safe_dump([ADA, person("B000002", "Bo Birch", term("rep", "OH", 9))]),
        "!!python/object/apply:os.system ['touch /tmp/never']",
    ],
)
def test_a_malformed_file_is_one_line_and_changes_nothing(
    app: Flask, tmp_path: Path, text: str
) -> None:
    load(tmp_path, BO)
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    code, said = run("load", "--legislators", str(path), "--as-of", "2026-07-02")
    assert code == 1
    (line,) = said.strip().splitlines()
    assert line.endswith("Nothing was changed.")
    assert [seat.name for seat in sitting()] == ["Bo Birch"]
    assert db.session.get_one(DataSet, DataSetKind.LEGISLATORS).as_of == date(2026, 7, 1)


HEAD = "state_fips,state_abbr,zcta,cd\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b\n1,2\n",
        HEAD + "39,OH,4410,9\n",
        HEAD + "39,XX,44101,9\n",
        HEAD + "39,OH,44101,nine\n",
        HEAD + "11,DC,20001,3\n",
        HEAD + "39,OH\n",
    ],
)
def test_malformed_districts_are_one_line_and_change_nothing(
    app: Flask, tmp_path: Path, text: str
) -> None:
    load_areas(tmp_path, HEAD + "39,OH,44101,9\n")
    code, said = load_areas(tmp_path, text)
    assert code == 1
    (line,) = said.strip().splitlines()
    assert line.endswith("Nothing was changed.")
    assert db.session.execute(select(func.count()).select_from(ZipArea)).scalar_one() == 1


def test_one_bad_file_of_two_keeps_the_other_out(app: Flask, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.csv"
    good.write_text(yaml.safe_dump([ADA]))
    bad.write_text("nothing")
    code, _said = run("load", "--legislators", str(good), "--districts", str(bad))
    assert (code, sitting()) == (1, [])


def test_districts_say_what_came_and_went(app: Flask, tmp_path: Path) -> None:
    load_areas(tmp_path, HEAD + "39,OH,44101,9\n39,OH,44102,9\n50,VT,05001,00\n")
    code, said = load_areas(tmp_path, HEAD + "39,OH,44101,9\n39,OH,44101,10\n50,VT,05001,98\n")
    assert (code, said) == (
        0,
        "2 ZIP areas, by data as of 2026-07-01: 1 added, 1 removed.\n",
    )


def test_a_files_own_date_counts_where_none_is_said(app: Flask, tmp_path: Path) -> None:
    import os

    path = tmp_path / "people.yaml"
    path.write_text(yaml.safe_dump([ADA]))
    moment = datetime(2026, 5, 4, 12, tzinfo=UTC).timestamp()
    os.utime(path, (moment, moment))
    code, said = run("load", "--legislators", str(path))
    assert code == 0, said
    assert "by data as of 2026-05-04" in said


def test_lookup_tells_machines_a_line_a_zip(app: Flask, tmp_path: Path) -> None:
    load(tmp_path, ADA, CY)
    load_areas(tmp_path, HEAD + "39,OH,44101,9\n39,OH,44101,10\n")
    code, said = run("lookup", "44101", "44101-1234", "--json")
    assert code == 0, said
    first, second = (json.loads(line) for line in said.splitlines())
    assert first == second
    assert first["zip"] == "44101"
    assert first["districts"] == [
        {"state": "OH", "district": 9},
        {"state": "OH", "district": 10},
    ]
    told = [(one["bioguide"], one["chamber"], one["district"]) for one in first["representatives"]]
    assert told == [("C000003", "senate", None), ("A000001", "house", 9)]
    assert first["vacant"] == [
        {"chamber": "senate", "state": "OH", "district": None},
        {"chamber": "house", "state": "OH", "district": 10},
    ]


def test_lookup_tells_people_too(app: Flask, tmp_path: Path) -> None:
    load(tmp_path, ADA)
    load_areas(tmp_path, HEAD + "39,OH,44101,9\n39,OH,44102,10\n")
    code, said = run("lookup", "44101", "44199", "00000")
    assert code == 0
    assert "44101: OH-9" in said
    assert "Representative Ada Ash (Independent, Ohio, district 9)" in said
    assert "44199: OH (a PO box, or of one receiver" in said
    assert "00000: not known" in said


def test_lookup_without_data_says_how_to_load_it(app: Flask) -> None:
    code, said = run("lookup", "44101")
    assert code == 1
    assert "congress load --legislators" in said


@pytest.mark.parametrize("text", ["4410", "44101-1", "four", "４４１０１", ""])
def test_what_is_no_zip_is_said_to_be_none(app: Flask, text: str) -> None:
    code, said = run("lookup", "--", text)
    assert code == 1
    assert "No ZIP" in said


def test_load_without_a_file_says_what_it_wants(app: Flask) -> None:
    code, said = run("load")
    assert code == 2
    assert "--legislators" in said
