"""The signing form, posted as browsers and scripts post it."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from actionhub import clock
from actionhub.actions.drafting import write_text
from actionhub.actions.models import Action
from actionhub.actions.posting import forget_targets
from actionhub.actions.publishing import close, publish
from actionhub.extensions import db
from actionhub.signatures.models import NameDisplay, Signature, SignatureState
from actionhub.supporters.models import ConsentWording
from tests.cast import a_release, an_open_action

ANA = {"name": "Ana Ruiz", "email": "ana@example.org", "zip": "20001"}


@pytest.fixture
def petition(app: Flask) -> Action:
    """An open petition tied to one release."""
    release = a_release()
    action = an_open_action(slug="pro-act", release_ids=[release.id])
    db.session.commit()
    forget_targets()
    return action


def post(client: FlaskClient, path: str = "/actions/pro-act", **fields: Any) -> TestResponse:
    return client.post(path, data={**ANA, **fields})


def the_signature() -> Signature:
    db.session.rollback()
    return db.session.execute(select(Signature)).scalar_one()


def signatures() -> int:
    db.session.rollback()
    return db.session.execute(select(func.count()).select_from(Signature)).scalar_one()


def test_signing_stores_and_leads_to_the_thanks(petition: Action, client: FlaskClient) -> None:
    answer = post(client)
    assert answer.status_code == 303
    assert answer.location == "/actions/pro-act/thanks"
    assert "Set-Cookie" not in answer.headers
    kept = the_signature()
    assert (kept.name, kept.zip, kept.country) == ("Ana Ruiz", "20001", "US")
    assert kept.state is SignatureState.PENDING
    assert kept.display is NameDisplay.TARGET
    assert kept.wants_followups is False
    assert kept.network_hash


def test_a_second_signature_gives_the_same_page(petition: Action, client: FlaskClient) -> None:
    first, second = post(client), post(client)
    assert (first.status_code, first.location) == (second.status_code, second.location)
    assert client.get(first.location or "").data == client.get(second.location or "").data
    assert signatures() == 1


def test_signing_in_spanish_stays_spanish(petition: Action, client: FlaskClient) -> None:
    answer = post(client, "/es/actions/pro-act")
    assert answer.location == "/es/actions/pro-act/thanks"
    assert the_signature().locale == "es"


def test_the_source_and_the_release_arrive_in_the_address(
    petition: Action, client: FlaskClient
) -> None:
    path = "/actions/pro-act?utm_source=letter&utm_campaign=may%00&x=1&release=a-union-for-everyone"
    assert post(client, path).status_code == 303
    kept = the_signature()
    assert kept.source == {"utm_source": "letter", "utm_campaign": "may"}
    assert kept.release_id == 1


def test_the_form_beside_a_release_posts_to_the_release(
    petition: Action, client: FlaskClient
) -> None:
    page = client.get("/releases/a-union-for-everyone").text
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    answer = post(client, "/releases/a-union-for-everyone?utm_source=x", **hidden)
    assert answer.location == "/actions/pro-act/thanks"
    kept = the_signature()
    assert (kept.release_id, kept.source) == (1, {"utm_source": "x"})


def test_errors_keep_what_was_typed_and_stand_beside_their_fields(
    petition: Action, client: FlaskClient
) -> None:
    typed = {"email": "ana(at)example", "zip": "2000", "comment": "Because <b> & more."}
    answer = post(client, **typed, wants_followups="y", display="public")
    assert answer.status_code == 422
    page = answer.text
    assert 'value="Ana Ruiz"' in page
    assert 'value="ana(at)example"' in page
    assert "Because &lt;b&gt; &amp; more." in page
    assert re.search(r'name="wants_followups"[^>]*checked|checked[^>]*name="wants_followups"', page)
    assert re.search(r'<input[^>]*checked[^>]*value="public"', page)
    for name in ("email", "zip"):
        control = re.search(rf'<input[^>]*id="{name}"[^>]*>', page)
        assert control
        assert 'aria-invalid="true"' in control[0]
        assert f'aria-describedby="{name}-error"' in control[0]
        assert f'id="{name}-error"' in page
        assert f'<a href="#{name}">' in page
    assert signatures() == 0


def test_errors_beside_a_release_come_back_beside_it(petition: Action, client: FlaskClient) -> None:
    answer = post(client, "/releases/a-union-for-everyone", action="pro-act", email="")
    assert answer.status_code == 422
    assert "A Union for Everyone Who Works" in answer.text
    assert 'value="Ana Ruiz"' in answer.text


@pytest.mark.parametrize(
    "name",
    ["李小龍", "Mária Ñusta", "عمر خيّام", "O’Brien-Smith", "नरेन्द्र मोदी", "Nguyễn Thị Ánh", "Ó"],
)
def test_a_name_in_any_script_is_taken(petition: Action, client: FlaskClient, name: str) -> None:
    assert post(client, name=name).status_code == 303
    assert the_signature().name == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "\u0301" * 10_000,
        "e" + "\u0301" * 30,
        "12345",
        "x" * 201,
        "See http://spam.example",
    ],
)
def test_what_is_no_name_is_told_so(petition: Action, client: FlaskClient, name: str) -> None:
    answer = post(client, name=name)
    assert answer.status_code == 422
    assert 'id="name-error"' in answer.text


def test_control_characters_never_reach_the_database(petition: Action, client: FlaskClient) -> None:
    assert post(client, name="Ana\x00\n Ruiz\u202e", comment="a\x00b\r\nc").status_code == 303
    kept = the_signature()
    assert (kept.name, kept.comment) == ("Ana Ruiz", "ab\nc")


def test_abroad_a_country_takes_the_place_of_the_zip(petition: Action, client: FlaskClient) -> None:
    assert post(client, zip="", country="MX").status_code == 303
    kept = the_signature()
    assert (kept.zip, kept.country) == (None, "MX")


@pytest.mark.parametrize(
    ("typed", "kept"), [("20001-1234", "20001-1234"), (" 200011234 ", "20001-1234")]
)
def test_a_long_zip_is_kept_in_one_form(
    petition: Action, client: FlaskClient, typed: str, kept: str
) -> None:
    assert post(client, zip=typed).status_code == 303
    assert the_signature().zip == kept


@pytest.mark.parametrize(
    "fields", [{"country": "XX"}, {"zip": ""}, {"zip": "00000"}, {"display": "x"}]
)
def test_a_place_or_choice_that_is_none_is_refused(
    petition: Action, client: FlaskClient, fields: dict[str, str]
) -> None:
    assert post(client, **fields).status_code == 422
    assert signatures() == 0


def test_consent_keeps_its_exact_wording(petition: Action, client: FlaskClient) -> None:
    shown = re.search(
        r'name="wants_followups"[^>]*><span>([^<]+)</span>', client.get("/actions/pro-act").text
    )
    assert shown
    assert "checked" not in shown[0]
    post(client, wants_followups="y")
    wording = db.session.execute(select(ConsentWording)).scalar_one()
    assert wording.text.replace("&", "&amp;") == shown[1]
    assert the_signature().wording_id == wording.id


def test_the_trap_quarantines_and_answers_alike(petition: Action, client: FlaskClient) -> None:
    assert post(client, topic="buy now").location == "/actions/pro-act/thanks"
    assert the_signature().state is SignatureState.QUARANTINED


def test_a_closed_action_says_that_nothing_was_stored(
    petition: Action, client: FlaskClient
) -> None:
    close(petition)
    db.session.commit()
    for path in ("/actions/pro-act", "/releases/a-union-for-everyone"):
        answer = post(client, path, action="pro-act")
        assert answer.status_code == 410
        assert "nothing was stored" in answer.text
    assert signatures() == 0


def test_an_action_past_its_time_is_closed_before_any_job_ran(
    app: Flask, client: FlaskClient
) -> None:
    an_open_action(slug="pro-act", closes_at=clock.now() + timedelta(hours=1))
    db.session.commit()
    with clock.moved_by(hours=2):
        assert post(client).status_code == 410


def test_words_that_changed_meanwhile_are_shown_before_they_are_signed(
    petition: Action, client: FlaskClient
) -> None:
    read = re.search(r'name="text" value="(\d+)"', client.get("/actions/pro-act").text)
    assert read
    write_text(petition, "en", "Pass it", "Pass the PRO Act today.", "Other words.")
    publish(petition, None)
    db.session.commit()
    answer = post(client, text=read[1])
    assert answer.status_code == 422
    assert "The words changed while you were reading" in answer.text
    assert 'value="ana@example.org"' in answer.text
    now = re.search(r'name="text" value="(\d+)"', answer.text)
    assert now
    assert post(client, text=now[1]).status_code == 303


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Origin": "http://localhost"}, 303),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
    ],
)
def test_a_post_from_another_site_is_refused_where_the_browser_says_so(
    petition: Action, client: FlaskClient, headers: dict[str, str], status: int
) -> None:
    assert client.post("/actions/pro-act", data=ANA, headers=headers).status_code == status


def test_nothing_is_too_big_to_be_told_kindly(petition: Action, client: FlaskClient) -> None:
    answer = post(client, comment="x" * 2_000_000)
    assert answer.status_code == 413
    assert "Nothing was stored" in answer.text


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "//"])
def test_an_origin_that_is_no_address_is_another_site(
    petition: Action, client: FlaskClient, origin: str
) -> None:
    answer = client.post("/actions/pro-act", data=ANA, headers={"Origin": origin})
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/actions/pro-act", "/me"])
def test_a_file_or_json_in_the_place_of_a_text_is_an_empty_form(
    petition: Action, client: FlaskClient, path: str
) -> None:
    files = {name: (io.BytesIO(b"Ana"), "ana.txt") for name in ANA}
    assert client.post(path, data=files).status_code == 422
    assert client.post(path, json={"name": 5, "email": ["x"], "zip": {}}).status_code == 422
    assert signatures() == 0


def test_a_zip_code_may_be_typed_in_any_scripts_digits(
    petition: Action, client: FlaskClient
) -> None:
    assert post(client, zip="\u0662\u0660\u0660\u0660\u0661").status_code == 303
    assert the_signature().zip == "20001"


@pytest.mark.parametrize("blank", ["\u3164", "\u115f\u1160", "\uffa0 \u2800"])
def test_a_name_that_nobody_can_see_is_no_name(
    petition: Action, client: FlaskClient, blank: str
) -> None:
    assert post(client, name=blank).status_code == 422


@pytest.mark.parametrize("release", ["nonsense", "%00", "a%00b", "%ff%fe", "x" * 4000])
def test_a_nonsensical_release_in_the_address_loses_no_signature(
    petition: Action, client: FlaskClient, release: str
) -> None:
    assert post(client, f"/actions/pro-act?release={release}").status_code == 303
    assert the_signature().release_id is None
