"""Organizers write a letter action, bring lists in, and say how offices are reached."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from actionhub import clock
from actionhub.actions import contacts, lists
from actionhub.actions.addressees import all_addressees
from actionhub.actions.letter_words import problems_of_letter
from actionhub.actions.merging import FIELDS
from actionhub.actions.models import Action, ActionKind, ActionText, ListedPerson, OfficeContact
from actionhub.config import settings
from actionhub.extensions import db
from actionhub.organizers.models import Role
from tests.congress.seats import load_ohio
from tests.letters.chambers import agency_file
from tests.letters.people import a_letter_action, confirm, write
from tests.organize.people import Desk

COUNCIL = (
    "Name,Office,Email,Postal address,Language,Ward\n"
    "Dee Diaz,Ward 1,dee@council.example,1 Main St|Dayton,en,First\n"
    "Eli Etz,Ward 2,,,es,Second\n"
)


@pytest.fixture
def sam(app: Flask) -> Desk:
    return Desk(app, Role.ORGANIZER)


@pytest.fixture
def _ohio(app: Flask) -> Iterator[None]:
    with clock.set_to(datetime(2026, 7, 1, 16, tzinfo=UTC)):
        load_ohio()
        yield


def bring_in(sam: Desk, text: str, path: str = "/organize/lists/new", **fields: str) -> str:
    file = (io.BytesIO(text.encode()), "council.csv")
    once = {"once": sam.hidden("/organize/lists", "once")} if path.endswith("new") else {}
    answer = sam.send(path, file=file, **once, **{"name": "The council"} | fields)
    if answer.status_code == 302:
        return sam.sees(answer.location)
    assert answer.status_code == 422
    return answer.text


def people() -> list[ListedPerson]:
    db.session.rollback()
    return list(db.session.scalars(select(ListedPerson).order_by(ListedPerson.position)))


def test_a_list_comes_in_with_fields_of_its_own(sam: Desk) -> None:
    page = bring_in(sam, "\ufeff" + COUNCIL)
    assert "Dee Diaz" in page
    assert "{{ ward }}" in page
    dee, eli = people()
    assert (dee.email, dee.postal_address) == ("dee@council.example", "1 Main St\nDayton")
    assert (eli.email, eli.locale, eli.fields) == (None, "es", {"ward": "Second"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "nobody in this file"),
        ("office\nA\n", "Line 1 must name the columns"),
        ("name\n", "nobody in this file"),
        ("name,name\nA,B\n", "names a column twice"),
        ("name,email\nA,nonsense\n", "“nonsense” is not an email address"),
        ("name,email\n,a@example.org\n", "Line 2: no name."),
        ("name\nA\nA\n", "the same name and office as in line 2"),
        ("name,language\nA,fr\n", "the language must be one of"),
        ("name,district\nA,x\n", "cannot be a field"),
        ('name\n"A\n', "Line"),
        ("name\nA,B\n", "more cells than the first line names"),
        ("name\n" + "x" * 201 + "\n", "name is too long"),
    ],
)
def test_a_bad_list_is_told_line_by_line_and_changes_nothing(
    sam: Desk, text: str, told: str
) -> None:
    page = bring_in(sam, text)
    assert told in page
    assert people() == []


def test_a_renewed_list_keeps_who_stays(sam: Desk) -> None:
    bring_in(sam, COUNCIL)
    dee, _eli = people()
    path = f"/organize/lists/{dee.list_id}/renew"
    page = bring_in(sam, "name,office,email\nFay Fox,Ward 3,\nDee Diaz,Ward 1,d@x.example\n", path)
    assert "1 came, 1 went, 1 are told of differently" in page
    fay, again = people()
    assert (again.id, again.email) == (dee.id, "d@x.example")
    assert fay.name == "Fay Fox"


def test_a_list_that_an_action_addresses_stays(sam: Desk) -> None:
    bring_in(sam, COUNCIL)
    list_id = people()[0].list_id
    action = a_letter_action(target_rule=f"list:{list_id}")
    assert [one.name for one in all_addressees(action)] == ["Dee Diaz", "Eli Etz"]
    sam.sees(f"/organize/lists/{list_id}")
    assert sam.send(f"/organize/lists/{list_id}/drop").status_code == 409
    assert lists.people_of(list_id) != []


def test_a_letter_action_is_written_and_says_what_it_lacks(sam: Desk) -> None:
    once = sam.hidden("/organize/actions/new", "once")
    sam.send(
        "/organize/actions/new",
        once=once,
        kind="letter",
        title="Dignity",
        ask="Write to them.",
        body="Why.",
        goal="100",
        target_name="The council",
        target_rule="named",
        letter_subject="Dear {{ representative.nme }}",
    )
    db.session.rollback()
    action = db.session.scalars(select(Action)).one()
    assert action.kind is ActionKind.LETTER
    page = sam.sees(f"/organize/actions/{action.id}")
    assert "Write the letter." in page
    assert "The letter has no field “representative.nme”" in page


@pytest.mark.usefixtures("_ohio")
def test_an_office_is_reached_as_an_organizer_says(sam: Desk) -> None:
    action = a_letter_action()
    path = f"/organize/actions/{action.id}/letters"
    assert "Phone, by the writer" in sam.sees(path)
    sam.sees(f"{path}/C000003")
    assert sam.send(f"{path}/C000003", email="nonsense").status_code == 422
    assert sam.send(f"{path}/C000003", email="c@x.example", per_hour="0").status_code == 422
    assert sam.send(f"{path}/C000003", email="c@x.example", per_hour="20").status_code == 302
    assert "c@x.example" in sam.sees(path)
    db.session.rollback()
    assert db.session.get_one(OfficeContact, "C000003").per_hour == 20
    assert sam.see(f"{path}/X000000").status_code == 404


@pytest.mark.usefixtures("_ohio")
def test_letters_are_told_by_way_and_state(sam: Desk, app: Flask) -> None:
    action = a_letter_action()
    public = app.test_client()
    write(public, comment="My brother waits.")
    confirm(public)
    page = sam.sees(f"/organize/actions/{action.id}/letters")
    assert "2 letters" in page
    assert "2 begin in their writers’ own words." in page


@pytest.mark.usefixtures("_ohio")
def test_the_policy_area_is_chosen_where_congress_asks_for_one(
    app: Flask, sam: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    action = a_letter_action()
    page = f"/organize/actions/{action.id}/letters"
    assert "Policy area" not in sam.sees(page)
    path = agency_file(tmp_path, "https://cwc.example")
    monkeypatch.setitem(app.extensions, "actionhub.settings", replace(settings(), cwc_file=path))
    assert "Congress’s own system (CWC), from us: 2" in sam.sees(page)
    assert sam.send(f"{page}/topic", topic="Trains").status_code == 302
    db.session.rollback()
    assert db.session.get_one(Action, action.id).letter_topic == ""
    assert sam.send(f"{page}/topic", topic="Immigration").status_code == 302
    db.session.rollback()
    assert db.session.get_one(Action, action.id).letter_topic == "Immigration"
    viewer = Desk(app, Role.VIEWER)
    assert viewer.send(f"{page}/topic", topic="Law").status_code == 403


def offices_file(sam: Desk, page: str, text: str) -> str:
    answer = sam.send(f"{page}/offices", file=(io.BytesIO(text.encode()), "offices.csv"))
    if answer.status_code == 302:
        return sam.sees(answer.location)
    assert answer.status_code == 422
    return answer.text


def test_an_opening_that_no_form_would_take_is_not_published() -> None:
    assert "letter_opening" in opening_problems("See www.example.org for the bill.")
    assert "letter_opening" in opening_problems("See https://example.org.")
    assert "letter_opening" not in opening_problems("I ask for your help.")


def opening_problems(opening: str) -> dict[str, str]:
    text = ActionText(letter_subject="s", letter_opening=opening, letter_body="b", letter_thanks="")
    return problems_of_letter(text, FIELDS)


@pytest.mark.usefixtures("_ohio")
def test_many_offices_go_out_and_come_back_as_one_file(app: Flask, sam: Desk) -> None:
    action = a_letter_action()
    page = f"/organize/actions/{action.id}/letters"
    contacts.know("C000003", email="old@senate.example", postal_address="1 Hart|x", per_hour=7)
    db.session.commit()
    out = sam.sees(f"{page}/offices.csv")
    assert out.startswith("\ufeffid,name,office,email,postal_address,letters_an_hour")
    assert "C000003,Senator Cy Cedar,Ohio,old@senate.example,1 Hart|x,7" in out
    filled = out.replace("old@", "new@").replace(",7", ",60").replace("1 Hart|x", "2 Hart|DC")
    assert "Saved." in offices_file(sam, page, filled)
    db.session.rollback()
    kept = db.session.get_one(OfficeContact, "C000003")
    assert (kept.email, kept.per_hour) == ("new@senate.example", 60)
    assert kept.postal_address == "2 Hart\nDC"
    member = db.session.get_one(OfficeContact, "A000001")
    assert (member.email, member.per_hour) == (None, None)
    left_out = "id,email\nA000001,ash@house.example\n"
    assert "Saved." in offices_file(sam, page, left_out)
    db.session.rollback()
    assert db.session.get_one(OfficeContact, "C000003").email == "new@senate.example"
    assert Desk(app, Role.VIEWER).send(f"{page}/offices").status_code == 403


@pytest.mark.usefixtures("_ohio")
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name,email\nAda,a@b.example\n", "Line 1 must name the columns id and email"),
        ("id,email\nX1,a@b.example\n", "Line 2: this action addresses nobody of the id “X1”."),
        ("id,email\nA000001,nonsense\n", "Line 2: “nonsense” is not an email address."),
        ("id,email\nA000001,\nA000001,\n", "Line 3: the same office once more."),
        ("id,email,letters_an_hour\nA000001,,0\n", "letters an hour are 1 to 10000"),
        (f"id,email,postal_address\nA000001,,{'x' * 501}\n", "postal_address is too long."),
        ("id,email\n", "There is nobody in this file."),
        ("id,email\nC000003,c@senate.example\nA000001,no\n", "Line 3: “no” is not an"),
        ("", "There is nobody in this file."),
    ],
)
def test_a_bad_line_of_offices_changes_nothing(sam: Desk, text: str, told: str) -> None:
    action = a_letter_action()
    answer = offices_file(sam, f"/organize/actions/{action.id}/letters", text)
    assert told in answer
    assert "Nothing was changed." in answer
    assert db.session.scalars(select(OfficeContact)).all() == []
