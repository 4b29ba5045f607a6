"""Coming in: passwords, one-time links, forgotten passwords, and nothing told to strangers."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from actionhub import clock
from actionhub.extensions import db
from actionhub.organize import logins
from actionhub.organize.logins import safe_next
from actionhub.organizers.links import make_login_link
from actionhub.organizers.models import AuditEvent, Organizer, Role
from actionhub.outbox.models import Email
from actionhub.outbox.sending import drain
from tests.mail import Sink
from tests.organize.people import Desk, organizer

PASSWORD = "seven brass kettles"


def token_of(client: FlaskClient, path: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert found
    return found[1]


def try_login(client: FlaskClient, email: str, password: str, **more: str):
    token = token_of(client, "/organize/login")
    data = {"csrf_token": token, "email": email, "password": password, **more}
    return client.post("/organize/login", data=data)


@pytest.fixture
def sams_password(app: Flask) -> Organizer:
    sam = organizer(Role.ORGANIZER)
    logins.set_password(sam, PASSWORD)
    db.session.commit()
    return sam


def test_a_password_lets_in_and_is_stored_hashed(app: Flask, sams_password: Organizer) -> None:
    assert (sams_password.password or "").startswith("$argon2")
    client = app.test_client()
    answer = try_login(client, "SAM@example.org", PASSWORD, next="/organize/actions")
    assert (answer.status_code, answer.location) == (302, "/organize/actions")
    assert client.get("/organize/actions").status_code == 200
    assert db.session.scalars(select(AuditEvent.verb)).all() == ["log_in"]


def test_wrong_unknown_and_deactivated_get_the_same_answer(
    app: Flask, sams_password: Organizer
) -> None:
    gone = organizer(Role.VIEWER)
    logins.set_password(gone, PASSWORD)
    gone.active = False
    db.session.commit()
    answers = [
        try_login(app.test_client(), email, password)
        for email, password in [
            ("sam@example.org", "not the password"),
            ("nobody@example.org", PASSWORD),
            ("vera@example.org", PASSWORD),
        ]
    ]
    assert {answer.status_code for answer in answers} == {401}
    plain = {re.sub(r'value="[^"]*"', "", answer.text) for answer in answers}
    assert len(plain) == 1
    assert PASSWORD not in plain.pop()


def test_one_without_a_password_cannot_log_in_with_any(app: Flask) -> None:
    organizer(Role.ADMIN)
    db.session.commit()
    assert (
        try_login(app.test_client(), "ines@example.org", "nobody has this password").status_code
        == 401
    )


def test_too_many_tries_are_stopped_and_the_right_one_waits_too(
    app: Flask, sams_password: Organizer
) -> None:
    client = app.test_client()
    statuses = [
        try_login(client, "sam@example.org", "wrong").status_code
        for _try in range(logins.LOGIN_ADDRESS.amount + 1)
    ]
    assert statuses == [401] * logins.LOGIN_ADDRESS.amount + [429]
    assert try_login(client, "sam@example.org", PASSWORD).status_code == 429
    with clock.moved_by(minutes=11):
        assert try_login(client, "sam@example.org", PASSWORD).status_code == 302


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("/organize/actions?page=2", "/organize/actions?page=2"),
        ("/organize", "/organize"),
        ("https://evil.example.org/organize", None),
        ("//evil.example.org", None),
        ("/organize//evil.example.org", None),
        ("/\\evil.example.org", None),
        ("/organizer", None),
        ("/organize/\r\nSet-Cookie: x=1", None),
        ("", None),
        (None, None),
    ],
)
def test_the_way_on_stays_in_the_workspace(asked: str | None, given: str | None) -> None:
    assert safe_next(asked) == given


def test_looking_at_a_login_link_uses_nothing_up(app: Flask) -> None:
    ines = organizer(Role.ADMIN)
    path = make_login_link(ines.id)
    db.session.commit()
    scanner, browser = app.test_client(), app.test_client()
    assert scanner.get(path).status_code == 200
    assert scanner.get("/organize/").status_code == 302, "a GET lets nobody in"
    answer = browser.post(path, data={"csrf_token": token_of(browser, path)})
    assert answer.location == "/organize/password"
    assert browser.get("/organize/").status_code == 200
    again = app.test_client()
    token = token_of(again, "/organize/login")
    assert again.post(path, data={"csrf_token": token}).status_code == 410


def test_a_first_password_is_set_after_the_link_and_a_later_one_needs_the_old(sam: Desk) -> None:
    page = sam.sees("/organize/password")
    assert 'name="current"' not in page
    assert sam.send("/organize/password", password="short").status_code == 422
    assert sam.send("/organize/password", password="sam sam sam sam").status_code == 422
    assert sam.send("/organize/password", password=PASSWORD).status_code == 302
    sam.see("/organize/password")
    wrong = sam.send("/organize/password", password="nine copper pans", current="no")
    assert wrong.status_code == 422
    assert "not your current password" in wrong.text
    right = sam.send("/organize/password", password="nine copper pans", current=PASSWORD)
    assert right.status_code == 302


def test_a_new_password_ends_every_other_session(app: Flask, sam: Desk) -> None:
    other = Desk(app, Role.ORGANIZER)
    assert other.see("/organize/").status_code == 200
    sam.see("/organize/password")
    sam.send("/organize/password", password=PASSWORD)
    assert sam.see("/organize/").status_code == 200
    assert other.see("/organize/").status_code == 302


def test_a_forgotten_password_is_mailed_a_link_that_works_once(
    app: Flask, sams_password: Organizer, smtp_sink: Sink
) -> None:
    client = app.test_client()
    token = token_of(client, "/organize/forgot")
    answer = client.post("/organize/forgot", data={"csrf_token": token, "email": "sam@example.org"})
    assert answer.status_code == 200
    drain()
    (message,) = smtp_sink.messages
    text = message.get_body(("plain",)).get_content()
    found = re.search(r"http://localhost(/organize/reset/\S+)", text)
    assert found, text
    token = token_of(client, found[1])
    new = {"csrf_token": token, "password": "nine copper pans"}
    assert client.post(found[1], data=new).location == "/organize/"
    assert app.test_client().get(found[1]).status_code == 410
    assert try_login(app.test_client(), "sam@example.org", PASSWORD).status_code == 401


def test_a_known_and_an_unknown_address_see_the_same_and_only_one_is_mailed(
    app: Flask, sams_password: Organizer
) -> None:
    pages = []
    for email in ("sam@example.org", "nobody@example.org"):
        client = app.test_client()
        data = {"csrf_token": token_of(client, "/organize/forgot"), "email": email}
        pages.append(client.post("/organize/forgot", data=data).text)
    assert pages[0] == pages[1]
    assert db.session.scalar(select(func.count()).select_from(Email)) == 1


def test_logging_out_ends_the_session(sam: Desk) -> None:
    assert sam.client.get("/organize/logout").status_code == 405
    assert sam.send("/organize/logout").status_code == 302
    assert sam.see("/organize/").status_code == 302


def test_what_was_typed_survives_the_end_of_a_session(sam: Desk) -> None:
    words = "A long text that took the whole morning to write, and then the session was over."
    sam.client.delete_cookie("actionhub_organize", path="/organize")
    kept = sam.send("/organize/actions/new", title="Fund the Night Buses", body=words)
    assert kept.status_code == 401
    assert words in kept.text
    assert "Fund the Night Buses" in kept.text
    assert sam.token not in kept.text, "the page carries a fresh token"


def test_a_form_from_elsewhere_is_not_offered_again(sam: Desk) -> None:
    answer = sam.client.post(
        "/organize/actions/new",
        data={"title": "Not ours"},
        headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example.org"},
    )
    assert answer.status_code == 400
    assert "Not ours" not in answer.text
