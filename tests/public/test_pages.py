"""What readers get: the newsroom, releases, actions, in both languages, cacheable by anything."""

from __future__ import annotations

import gzip
import re
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from actionhub import clock
from actionhub.actions.publishing import close
from actionhub.extensions import db
from actionhub.public.newsroom import RELEASES_A_PAGE
from actionhub.signatures.models import ActionCount
from tests.cast import a_release, an_open_action

PUBLIC = [
    "/",
    "/releases/a-union-for-everyone",
    "/actions",
    "/actions/pro-act",
    "/actions/pro-act/thanks",
    "/actions/pro-act/count.json",
]
IN_BOTH = [*PUBLIC, *(f"/es{path}" for path in PUBLIC)]


@pytest.fixture
def furnished(app: Flask) -> Flask:
    """A release and the action beside it."""
    release = a_release()
    an_open_action(slug="pro-act", release_ids=[release.id])
    db.session.commit()
    return app


@pytest.mark.parametrize("path", IN_BOTH)
def test_a_public_page_sets_no_cookie_and_anything_may_cache_it(
    furnished: Flask, client: FlaskClient, path: str
) -> None:
    answer = client.get(path, headers={"Cookie": "session=somebody"})
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert answer.headers["Cache-Control"].startswith("public, max-age=")


@pytest.mark.parametrize("path", [*IN_BOTH, "/nowhere", "/static/app.css"])
def test_every_answer_carries_a_strict_content_policy(
    furnished: Flask, client: FlaskClient, path: str
) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Referrer-Policy" in headers


@pytest.mark.parametrize("path", [path for path in IN_BOTH if not path.endswith("json")])
def test_no_page_has_inline_style_or_script_or_loads_from_elsewhere(
    furnished: Flask, client: FlaskClient, path: str
) -> None:
    page = client.get(path).text
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=", page)
    loaded = re.findall(r'<(?:link|img|source|iframe)[^>]+(?:href|src)="([^"]+)"', page)
    assert all(at.startswith(("/", "http://localhost/")) for at in loaded)


def test_the_newsroom_shows_each_release_with_its_action(
    furnished: Flask, client: FlaskClient
) -> None:
    page = client.get("/").text
    assert "A Union for Everyone Who Works" in page
    assert "April 29, 2021" in page
    assert "Tell the Senate to pass the PRO Act now." in page
    assert "/actions/pro-act?release=a-union-for-everyone" in page


def test_the_newsroom_goes_on_where_a_page_ended(app: Flask, client: FlaskClient) -> None:
    for number in range(RELEASES_A_PAGE + 2):
        on = date(2021, 1, 1) + timedelta(days=number // 2)
        a_release(f"release-{number}", title=f"Release number {number}.", released_on=on)
    db.session.commit()
    first = client.get("/").text
    assert "Release number 2." in first
    assert "Release number 1." not in first
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    second = client.get(older[1]).text
    assert "Release number 1." in second
    assert "Release number 0." in second
    assert "Release number 2." not in second
    assert 'rel="next"' not in second


@pytest.mark.parametrize("cursor", ["x", "2021-99-01.1", "2021-01-01", "2021-01-01." + "9" * 400])
def test_a_broken_place_in_the_newsroom_shows_some_newsroom(
    furnished: Flask, client: FlaskClient, cursor: str
) -> None:
    assert client.get(f"/?before={cursor}").status_code == 200


def test_empty_pages_say_what_to_do_next(app: Flask, client: FlaskClient) -> None:
    assert "The first press release will stand here" in client.get("/").text
    assert "Nothing is open right now" in client.get("/actions").text


def test_a_release_stands_beside_the_form_of_its_action(
    furnished: Flask, client: FlaskClient
) -> None:
    page = client.get("/releases/a-union-for-everyone").text
    assert "<p>Working people want a say.</p>" in page
    assert '<form method="post" class="sign-form"' in page
    assert "Sign and confirm by email" in page


def test_an_action_links_back_to_its_releases(furnished: Flask, client: FlaskClient) -> None:
    page = client.get("/actions/pro-act").text
    assert "<strong>a union</strong>" in page
    assert 'href="/releases/a-union-for-everyone"' in page


def test_a_closed_action_shows_no_form_but_says_so(furnished: Flask, client: FlaskClient) -> None:
    close(an_open_action(slug="too-late", closes_at=clock.now() + timedelta(days=1)))
    db.session.commit()
    page = client.get("/actions/too-late").text
    assert "This action is closed" in page
    assert "<form" not in page


def test_what_is_not_there_is_not_found_in_plain_words(app: Flask, client: FlaskClient) -> None:
    for path in ("/releases/none", "/actions/none", "/actions/none/thanks", "/nowhere"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "There is nothing here" in answer.text
        assert answer.headers["Cache-Control"] == "no-store"


def test_the_language_is_in_the_address(furnished: Flask, client: FlaskClient) -> None:
    english, spanish = client.get("/actions/pro-act").text, client.get("/es/actions/pro-act").text
    assert '<html lang="en">' in english
    assert '<html lang="es">' in spanish
    assert 'href="/es/actions/pro-act" hreflang="es"' in english
    assert 'href="/actions/pro-act" hreflang="en"' in spanish
    assert "Estados Unidos" in spanish
    assert "/es/privacy" in spanish


def test_words_that_stay_english_say_so_on_a_spanish_page(
    furnished: Flask, client: FlaskClient
) -> None:
    assert '<article class="story-page" lang="en">' in client.get("/es/actions/pro-act").text


def test_the_count_is_told_with_its_time(furnished: Flask, client: FlaskClient) -> None:
    with clock.set_to(clock.now()):
        db.session.add(ActionCount(action_id=1, confirmed=1234, pending=5, as_of_at=clock.now()))
        db.session.commit()
        told = client.get("/actions/pro-act/count.json").json
        assert told is not None
        as_of = clock.now().isoformat()
    assert told == {"confirmed": 1234, "pending": 5, "goal": told["goal"], "as_of": as_of}
    assert told["goal"] > 1234
    assert "1,234" in client.get("/actions/pro-act").text
    assert "1,234" in client.get("/es/actions/pro-act").text


@pytest.mark.parametrize("path", [path for path in PUBLIC if not path.endswith("json")])
def test_a_page_with_its_style_and_face_weighs_under_50_kb(
    furnished: Flask, client: FlaskClient, path: str
) -> None:
    page = client.get(path)
    weight = len(gzip.compress(page.data))
    for at in set(re.findall(r'href="(/static/[^"]+)"', page.text)):
        weight += len(client.get(at, headers={"Accept-Encoding": "gzip"}).data)
    assert weight < 50_000


def test_a_wrong_method_is_told_what_is_allowed(furnished: Flask, client: FlaskClient) -> None:
    answer = client.post("/actions")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(
    "path",
    ["/actions/%00", "/releases/a%00b", "/es/actions/%00/count.json", "/actions/%00/thanks"],
)
def test_an_address_that_no_database_could_hold_is_no_fault_of_ours(
    app: Flask, client: FlaskClient, path: str
) -> None:
    assert client.get(path).status_code in (400, 404)
    assert client.post(path, data={"name": "Ana"}).status_code in (400, 404, 405, 422)


@pytest.mark.parametrize("number", ["-" + "9" * 30, "9" * 30, "9" * 5000, "1e9", ""])
def test_a_cursor_of_any_number_shows_a_page(
    furnished: Flask, client: FlaskClient, number: str
) -> None:
    assert client.get(f"/?before=2021-04-30.{number}").status_code == 200
