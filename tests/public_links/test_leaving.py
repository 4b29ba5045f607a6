"""Leaving: one button on a page, or one click in a mail program, at any age of the link."""

from __future__ import annotations

from flask.testing import FlaskClient

from actionhub import clock
from actionhub.addresses import read_address
from actionhub.extensions import db
from actionhub.outbox.models import Scope
from actionhub.outbox.suppressions import is_suppressed
from actionhub.supporters.subscribing import is_member
from tests.public_links.people import ANA, a_member, leaving_path

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def is_in(supporter_id: int) -> bool:
    db.session.rollback()
    return is_member(supporter_id)


def test_looking_at_the_page_changes_nothing(client: FlaskClient) -> None:
    ana = a_member()
    for method in ("GET", "HEAD", "OPTIONS"):
        assert client.open(leaving_path(), method=method).status_code == 200
    assert is_in(ana)


def test_the_button_ends_the_follow_ups_and_says_so(client: FlaskClient) -> None:
    ana = a_member()
    assert b"Stop writing to me" in client.get(leaving_path()).data
    answer = client.post(leaving_path())
    assert answer.status_code == 200
    assert b"You have left" in answer.data
    assert not is_in(ana)
    assert is_suppressed(read_address(ANA).hash, Scope.FOLLOWUPS)
    assert b"You have left" in client.get(leaving_path()).data


def test_one_click_needs_no_cookie_no_origin_and_no_second_step(client: FlaskClient) -> None:
    """RFC 8058, 3.1 and 3.2: a POST, the body as form data or multipart, no redirect."""
    ana = a_member()
    path = leaving_path()
    foreign = {"Origin": "https://mail.example.com", "Sec-Fetch-Site": "cross-site"}
    answer = client.post(path, data=ONE_CLICK, headers=foreign)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert not is_in(ana)
    again = client.post(path, data=ONE_CLICK, content_type="multipart/form-data")
    assert again.status_code == 200
    assert not is_in(ana)


def test_a_link_of_any_age_lets_one_leave(client: FlaskClient) -> None:
    ana, path = a_member(), leaving_path()
    with clock.moved_by(days=3000):
        assert client.post(path, data=ONE_CLICK).status_code == 200
    assert not is_in(ana)


def test_a_mistake_is_undone_by_the_same_link(client: FlaskClient) -> None:
    ana, path = a_member(), leaving_path()
    client.post(path)
    assert b"You are back" in client.post(f"{path}/stay").data
    assert is_in(ana)
    assert not is_suppressed(read_address(ANA).hash, Scope.FOLLOWUPS)


def test_an_old_link_brings_nobody_back(client: FlaskClient) -> None:
    ana, path = a_member(), leaving_path()
    client.post(path)
    with clock.moved_by(days=31):
        assert client.post(f"{path}/stay").status_code == 410
    assert not is_in(ana)


def test_looking_at_the_way_back_brings_nobody_back(client: FlaskClient) -> None:
    ana, path = a_member(), leaving_path()
    client.post(path)
    assert client.get(f"{path}/stay").status_code == 405
    assert not is_in(ana)


def test_a_link_of_another_purpose_or_a_cut_one_leaves_nothing(client: FlaskClient) -> None:
    ana, path = a_member(), leaving_path()
    for wrong in (path[:-3], path + "x", path.replace("/unsubscribe/", "/unsubscribe/x")):
        assert client.get(wrong).status_code == 404
        assert client.post(wrong).status_code == 404
    assert is_in(ana)


def test_the_page_stays_with_its_owner(client: FlaskClient) -> None:
    a_member()
    for answer in (client.get(leaving_path()), client.post(leaving_path())):
        assert "no-store" in answer.headers["Cache-Control"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer.headers["X-Robots-Tag"]


def test_the_spanish_link_answers_in_spanish_and_links_in_spanish(client: FlaskClient) -> None:
    ana = a_member()
    page = client.get(leaving_path(prefix="/es")).text
    assert '<html lang="es"' in page
    assert 'action="/es/unsubscribe/' in page
    assert client.post(leaving_path(prefix="/es")).status_code == 200
    assert not is_in(ana)
