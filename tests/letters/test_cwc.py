"""Letters that are handed to Congress's own system: once each, honestly, and the street goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text, update

from actionhub import clock
from actionhub.config import settings
from actionhub.extensions import db
from actionhub.letters import stopping
from actionhub.letters.cwc import keeping, posting, sending
from actionhub.letters.cwc.agency import Agency, read_agency
from actionhub.letters.cwc.checking import problems_of
from actionhub.letters.cwc.models import CwcLetter
from actionhub.letters.models import ChannelName, LetterState
from actionhub.privacy import cleaning, erasing, taking
from actionhub.signatures.models import Signature, SignatureState
from tests.congress.seats import load_ohio
from tests.letters.chambers import NOTHING, Chambers, agency_file, running
from tests.letters.people import a_letter_action, confirm_path, letters, links_of, write

WEDNESDAY = datetime(2026, 7, 1, 16, tzinfo=UTC)
TOLD = {
    "prefix": "Ms.",
    "first_name": "Ana",
    "last_name": "Ruiz",
    "street": "7 Hauptstrasse",
}


@pytest.fixture
def chambers(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Chambers]:
    """Both chambers set up, Ohio loaded; no waiting between two messages."""
    with running() as both, clock.set_to(WEDNESDAY):
        load_ohio()
        path = agency_file(tmp_path, both.address)
        monkeypatch.setitem(
            app.extensions, "actionhub.settings", replace(settings(), cwc_file=path)
        )
        monkeypatch.setattr(sending, "PACE", 0.0)
        yield both


def confirm_with(client: FlaskClient, **told: str) -> str:
    """Confirm, telling what Congress asks for; the page after it."""
    path = confirm_path()
    assert client.post(path, data=TOLD | told).status_code == 303
    return client.get(path).text


def held() -> list[CwcLetter]:
    db.session.rollback()
    return list(db.session.scalars(select(CwcLetter).order_by(CwcLetter.letter_id)))


def set_up_anew(
    app: Flask, monkeypatch: pytest.MonkeyPatch, address: str, folder: Path, offices: str
) -> Path:
    """Another file of the operator's, with these offices alone; where it is."""
    (folder / "less").mkdir()
    path = Path(agency_file(folder / "less", address, offices))
    changed = replace(settings(), cwc_file=str(path))
    monkeypatch.setitem(app.extensions, "actionhub.settings", changed)
    return path


def holding(words: str) -> list[str]:
    """The tables in which a text stands."""
    return [
        table.name
        for table in db.metadata.sorted_tables
        for row in db.session.execute(text(f"SELECT * FROM {table.name}"))
        if words in str(tuple(row))
    ]


def test_it_is_off_and_asks_for_nothing_by_default(client: FlaskClient) -> None:
    with clock.set_to(WEDNESDAY):
        load_ohio()
        a_letter_action()
        write(client)
        path = confirm_path()
        assert "Form of address" not in client.get(path).text
        client.post(path, data=TOLD)
        assert {letter.channel for letter in letters()} == {ChannelName.PHONE}
        assert sending.send() == 0
        assert not holding("Hauptstrasse")


def test_the_whole_way_to_both_chambers(client: FlaskClient, chambers: Chambers) -> None:
    a_letter_action()
    write(client, comment="My grandmother was detained. Please act.")
    asked = client.get(confirm_path()).text
    assert "Senator Cy Cedar, Representative Ada Ash take letters through Congress" in asked
    assert 'value="Ana"' in asked
    assert 'value="Ruiz"' in asked
    page = confirm_with(client)
    assert {letter.channel for letter in letters()} == {ChannelName.CWC}
    assert "waits to be handed to Congress" in page
    assert "accepted it" not in page
    assert chambers.heard == []

    assert sending.send() == 2
    assert {letter.state for letter in letters()} == {LetterState.ACCEPTED}
    assert not holding("Hauptstrasse")
    assert {row.delivery_id for row in held()} == set(chambers.told("Delivery/DeliveryId"))
    for _path, _query, body in chambers.heard:
        assert problems_of(body) == []
    assert chambers.told("Recipient/MemberOffice") == ["SOH01", "HOH09"]
    (senate, house) = chambers.heard
    assert (senate[0], senate[1]) == ("/senate/messages/", {"apikey": ["senate-secret"]})
    assert (house[0], house[1]) == ("/house/v2/message", {})
    assert chambers.headers[1]["X-APIKEY"] == "house-secret"
    assert {headers["Content-Type"] for headers in chambers.headers} == {"application/xml"}
    (first, _second) = chambers.messages()
    told = {element.tag: element.text for element in first.iter() if element.text}
    assert told["ConstituentMessage"] == "My grandmother was detained. Please act."
    assert told["OrganizationStatement"] == "Please cosponsor the bill, Senator Cy Cedar."
    assert told["Subject"] == "Senator: dignity for Ohio, district 9"
    assert told["Prefix"] == "Ms."
    assert (told["FirstName"], told["LastName"]) == ("Ana", "Ruiz")
    assert (told["Address1"], told["City"], told["Zip"]) == ("7 Hauptstrasse", "Dayton", "44102")
    assert (told["StateAbbreviation"], told["Email"]) == ("OH", "ana@example.org")
    assert (told["DeliveryDate"], told["CampaignId"]) == ("20260701", "dignity")
    assert told["LibraryOfCongressTopic"] == "Immigration"
    assert "accepted it for the office on July 1, 2026" in client.get(confirm_path()).text
    assert sending.send() == 0


def test_words_that_are_not_the_writers_stand_as_the_organisations(
    client: FlaskClient, chambers: Chambers
) -> None:
    a_letter_action(target_rule="house")
    write(client)
    confirm_with(client)
    sending.send()
    assert chambers.told("Message/ConstituentMessage") == [""]
    (statement,) = chambers.told("Message/OrganizationStatement")
    assert statement.startswith("I live in Dayton and write to ask for your help.\n\nPlease")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"prefix": ""}, "Choose one: their system takes no letter without."),
        ({"prefix": "Mx."}, "Choose one: their system takes no letter without."),
        ({"street": ""}, "Enter your street and number."),
        ({"street": "7" * 101}, "Please keep it under 100 characters."),
        ({"last_name": " "}, "Their system asks for both names."),
        ({"first_name": "x" * 900}, "Please keep it under 200 characters."),
    ],
)
def test_half_of_what_is_asked_is_refused_and_confirms_nothing(
    client: FlaskClient, chambers: Chambers, changed: dict[str, str], told: str
) -> None:
    a_letter_action()
    write(client)
    answer = client.post(confirm_path(), data=TOLD | changed)
    assert answer.status_code == 422
    assert told in answer.text
    if "street" not in changed:
        assert "7 Hauptstrasse" in answer.text
    assert letters() == []
    assert not holding("Hauptstrasse")
    assert "Confirm: send my letter" in answer.text


def test_who_tells_nothing_sends_it_by_hand(client: FlaskClient, chambers: Chambers) -> None:
    a_letter_action()
    write(client)
    confirm_with(client, prefix="", street="")
    assert {letter.channel for letter in letters()} == {ChannelName.PHONE}
    assert held() == []


def test_only_offices_that_are_set_up_get_it_so(
    app: Flask,
    client: FlaskClient,
    chambers: Chambers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_up_anew(app, monkeypatch, chambers.address, tmp_path, 'A000001 = "HOH09"')
    a_letter_action()
    write(client)
    assert "Representative Ada Ash takes letters through" in client.get(confirm_path()).text
    confirm_with(client)
    assert [letter.channel for letter in letters()] == [ChannelName.PHONE, ChannelName.CWC]


def test_what_their_table_does_not_allow_goes_another_way(
    client: FlaskClient, chambers: Chambers
) -> None:
    a_letter_action()
    write(client, town="Ay")
    confirm_with(client)
    assert {letter.channel for letter in letters()} == {ChannelName.PHONE}
    assert not holding("Hauptstrasse")


def one_letter(client: FlaskClient) -> None:
    a_letter_action(target_rule="house")
    write(client)
    confirm_with(client)


def state() -> LetterState:
    (letter,) = letters()
    return letter.state


@pytest.mark.parametrize("answer", [(503, ""), (429, ""), (NOTHING, ""), (408, "")])
def test_a_try_that_did_not_come_through_is_repeated_as_the_same_letter(
    client: FlaskClient, chambers: Chambers, answer: tuple[int, str]
) -> None:
    one_letter(client)
    chambers.answers = [answer, (200, "")]
    assert sending.send() == 0
    assert state() is LetterState.QUEUED
    assert "on its way to Congress" in client.get(confirm_path()).text
    assert sending.send() == 0
    assert len(chambers.heard) == 1, "its time has not come"
    later = WEDNESDAY + (timedelta(hours=2) if answer[0] == 429 else timedelta(minutes=2))
    with clock.set_to(later - timedelta(minutes=2) + timedelta(seconds=10)):
        assert sending.send() == 0
        assert len(chambers.heard) == 1
    with clock.set_to(later):
        assert sending.send() == 1
    assert state() is LetterState.ACCEPTED
    (first, second) = chambers.heard
    assert first == second
    assert not holding("Hauptstrasse")


@pytest.mark.parametrize(
    "answer",
    [
        (409, ""),
        (400, "<Errors><Error>DeliveryId has already been received</Error></Errors>"),
    ],
)
def test_a_letter_that_came_though_nobody_said_so_is_accepted_the_second_time(
    client: FlaskClient, chambers: Chambers, answer: tuple[int, str]
) -> None:
    one_letter(client)
    chambers.answers = [(NOTHING, ""), answer]
    assert sending.send() == 0
    with clock.moved_by(minutes=2):
        assert sending.send() == 1
    assert state() is LetterState.ACCEPTED


def test_a_refusal_is_final_names_no_words_and_opens_the_other_ways(
    client: FlaskClient, chambers: Chambers
) -> None:
    one_letter(client)
    chambers.answers = [(400, "<Error>Address1 '7 Hauptstrasse' and Zip are wrong</Error>")]
    assert sending.send() == 0
    (letter,) = letters()
    assert (letter.state, letter.reason) == (LetterState.FAILED, "refused: 400 Address1 Zip")
    assert not holding("Hauptstrasse")
    page = client.get(confirm_path())
    assert "Congress’s own system did not take it" in page.text
    (link,) = links_of(page)
    assert client.post(link, data={"way": "phone"}).status_code == 303
    assert state() is LetterState.ACCEPTED
    with clock.moved_by(days=1):
        assert sending.send() == 0
    assert len(chambers.heard) == 1


@pytest.mark.parametrize("status", [401, 403, 302])
def test_a_chamber_that_turns_us_away_is_left_alone_and_counts_against_no_letter(
    client: FlaskClient, chambers: Chambers, status: int
) -> None:
    a_letter_action(target_rule="house")
    for name in ("ana", "ben", "cleo"):
        write(client, email=f"{name}@example.org")
        confirm_with(client)
    chambers.answers = [(status, ""), (200, "")]
    assert sending.send() == 0
    assert len(chambers.heard) == 1
    assert sorted(row.attempts for row in held()) == [0, 0, 0]
    assert keeping.turned_away() == 1
    with clock.moved_by(minutes=16):
        assert sending.send() == 3
    assert keeping.turned_away() == 0


def test_nobody_else_takes_what_is_being_posted_until_its_lease_is_over(
    client: FlaskClient, chambers: Chambers
) -> None:
    one_letter(client)
    with_whom = read_agency(settings().cwc_file)
    first = sending._claim(with_whom)  # and dies
    assert first is not None
    assert sending._claim(with_whom) is None
    assert chambers.heard == []
    with clock.moved_by(seconds=91):
        assert sending.send() == 1
    assert [body for _path, _query, body in chambers.heard] == [first.xml]


def test_a_withdrawn_letter_is_not_handed_over(client: FlaskClient, chambers: Chambers) -> None:
    one_letter(client)
    signature = db.session.scalars(select(Signature.id)).one()
    stopping.withdraw(signature)
    db.session.commit()
    assert not holding("Hauptstrasse")
    assert sending.send() == 0
    assert (state(), chambers.heard) == (LetterState.CANCELLED, [])


def test_one_that_was_being_handed_over_when_it_was_withdrawn_is_told_as_it_was(
    client: FlaskClient, chambers: Chambers, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_letter(client)
    signature = db.session.scalars(select(Signature.id)).one()
    db.session.rollback()
    post = posting.post

    def withdrawn_meanwhile(*given: object) -> posting.Said:
        stopping.withdraw(signature)
        db.session.commit()
        return post(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(posting, "post", withdrawn_meanwhile)
    assert sending.send() == 1
    assert state() is LetterState.ACCEPTED
    assert not holding("Hauptstrasse")


def test_it_is_posted_outside_of_any_transaction(
    client: FlaskClient, chambers: Chambers, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_letter(client)
    open_ones = []
    post = posting.post

    def looked_at(*given: object) -> posting.Said:
        open_ones.append(db.session().in_transaction())
        return post(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(posting, "post", looked_at)
    assert sending.send() == 1
    assert open_ones == [False]


def test_after_fourteen_days_the_street_goes_and_the_other_ways_open(
    client: FlaskClient, chambers: Chambers
) -> None:
    one_letter(client)
    chambers.answers = [(503, "")]
    with clock.moved_by(days=13, hours=23):
        sending.send()
        assert cleaning.clean()["letter_streets"] == 0
    with clock.moved_by(days=14, seconds=1):
        assert cleaning.clean()["letter_streets"] == 1
        db.session.commit()
        assert sending.send() == 0
    (letter,) = letters()
    assert (letter.state, letter.reason) == (LetterState.FAILED, "too late")
    assert not holding("Hauptstrasse")
    assert "The street and the form of address" in client.get("/privacy").text


def test_the_owner_takes_their_street_along_and_erasing_takes_it_away(
    client: FlaskClient, chambers: Chambers
) -> None:
    one_letter(client)
    (signature,) = db.session.scalars(select(Signature))
    owner = signature.supporter_id
    assert owner is not None
    told = taking.export(owner)["signatures"][0]["letters"][0]
    assert (told["by"], told["held_for_congress"]) == ("cwc", TOLD)
    erasing.erase(owner)
    db.session.commit()
    assert held() == []
    assert not holding("Hauptstrasse")
    assert sending.send() == 0


def test_an_office_that_is_taken_out_gets_nothing_more(
    app: Flask,
    client: FlaskClient,
    chambers: Chambers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a_letter_action()
    write(client)
    confirm_with(client)
    set_up_anew(app, monkeypatch, chambers.address, tmp_path, 'C000003 = "SOH01"')
    assert sending.send() == 1
    assert chambers.told("Recipient/MemberOffice") == ["SOH01"]
    assert [letter.state for letter in letters()] == [LetterState.ACCEPTED, LetterState.FAILED]
    assert letters()[1].reason == "office not set up"
    assert not holding("Hauptstrasse")


def test_one_whose_signature_fell_away_ends(client: FlaskClient, chambers: Chambers) -> None:
    one_letter(client)
    db.session.execute(update(Signature).values(state=SignatureState.REMOVED))
    db.session.commit()
    assert sending.send() == 0
    assert (state(), chambers.heard) == (LetterState.CANCELLED, [])
    assert not holding("Hauptstrasse")


def test_one_that_cannot_be_made_holds_up_no_other(
    client: FlaskClient, chambers: Chambers, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_letter_action(target_rule="house")
    for name in ("ana", "ben"):
        write(client, email=f"{name}@example.org")
        confirm_with(client)
    made = sending.compose
    broken = []

    def breaks_once(*given: object, **more: object) -> object:
        if not broken:
            broken.append(True)
            raise RuntimeError("words")
        return made(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(sending, "compose", breaks_once)
    assert sending.send() == 1
    assert len(chambers.heard) == 1
    with clock.moved_by(hours=7):
        assert sending.send() == 1


def test_secrets_stand_in_no_repr(chambers: Chambers) -> None:
    with_whom: Agency = read_agency(settings().cwc_file)
    assert "secret" not in repr(with_whom)


def test_a_chamber_that_turned_us_away_is_left_alone_for_a_while(
    client: FlaskClient, chambers: Chambers
) -> None:
    a_letter_action(target_rule="house")
    for name in ("ana", "ben", "cleo"):
        write(client, email=f"{name}@example.org")
        confirm_with(client)
    chambers.answers = [(401, "")]
    for seconds in (0, 31, 62, 93):
        with clock.moved_by(seconds=seconds):
            sending.send()
    assert len(chambers.heard) == 1


def test_one_that_is_accepted_while_it_is_given_up_is_told_as_it_was(
    client: FlaskClient, chambers: Chambers, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_letter(client)
    post = posting.post

    def cleaned_meanwhile(*given: object) -> posting.Said:
        assert keeping.forget_old(10) == 0, "it is being posted"
        with clock.moved_by(minutes=2):
            assert keeping.forget_old(10) == 1, "its lease is over"
        db.session.commit()
        return post(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(posting, "post", cleaned_meanwhile)
    with clock.moved_by(days=14, seconds=1):
        assert sending.send() == 1
    assert state() is LetterState.ACCEPTED


@pytest.mark.parametrize("off", [True, False], ids=["all of it", "the House"])
def test_what_waits_for_what_is_set_up_no_more_ends_after_a_day(
    app: Flask,
    client: FlaskClient,
    chambers: Chambers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    off: bool,
) -> None:
    one_letter(client)
    path = set_up_anew(app, monkeypatch, chambers.address, tmp_path, 'C000003 = "SOH01"')
    text = path.read_text()
    path.write_text(text[: text.index("[house]")] + text[text.index("[senate]") :])
    if off:
        changed = replace(settings(), cwc_file="")
        monkeypatch.setitem(app.extensions, "actionhub.settings", changed)
    assert sending.send() == 0
    assert state() is LetterState.WAITING
    with clock.moved_by(days=1, seconds=1):
        assert sending.send() == 0
    assert state() is LetterState.FAILED
    assert not holding("Hauptstrasse")


def test_whatever_breaks_a_post_is_tried_again(
    client: FlaskClient, chambers: Chambers, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_letter(client)

    def broken(*_: object, **__: object) -> None:
        raise UnicodeEncodeError("ascii", "", 0, 1, "")

    with monkeypatch.context() as patch:
        patch.setattr("httpx.Client.post", broken)
        assert sending.send() == 0
    assert [row.problem for row in held()] == ["later: UnicodeEncodeError"]
    with clock.moved_by(minutes=2):
        assert sending.send() == 1
