"""Pages rendered once and served many times: never too old, never somebody else's, never broken."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, insert, update

from actionhub.actions.models import Action
from actionhub.actions.publishing import close
from actionhub.extensions import db
from actionhub.newsroom.models import PressRelease
from actionhub.public.pages import Pages
from tests.cast import a_release, an_open_action

WORDS = "A Union for Everyone Who Works"


@pytest.fixture
def pages(app: Flask) -> Iterator[Pages]:
    """The page cache, switched on for a minute's freshness."""
    found: Pages = app.extensions["actionhub.pages"]
    found.seconds = 60
    yield found
    found.seconds = 0
    found.clear()


@pytest.fixture
def queries(pages: Pages) -> Iterator[list[str]]:
    """Every statement that goes to the database."""
    seen: list[str] = []

    def note(*args: object) -> None:
        seen.append(str(args[2]))

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


@pytest.fixture
def newsroom(pages: Pages) -> PressRelease:
    release = a_release()
    an_open_action(slug="pro-act", release_ids=[release.id])
    db.session.commit()
    return release


def test_a_page_is_rendered_once_and_served_many_times(
    newsroom: PressRelease, client: FlaskClient, queries: list[str]
) -> None:
    first = client.get("/")
    assert queries
    queries.clear()
    second = client.get("/?utm_source=x&fbclid=y")
    assert second.data == first.data
    assert queries == []


def test_a_commit_that_changes_content_shows_at_once(
    newsroom: PressRelease, client: FlaskClient
) -> None:
    assert WORDS in client.get("/").text
    db.session.get_one(PressRelease, newsroom.id).title = "Another headline"
    db.session.commit()
    assert "Another headline" in client.get("/").text


@pytest.mark.parametrize("how", ["update", "insert", "close"])
def test_changes_by_statement_show_at_once_too(
    newsroom: PressRelease, client: FlaskClient, how: str
) -> None:
    before = client.get("/releases/a-union-for-everyone").data
    if how == "close":
        close(db.session.execute(db.select(Action)).scalar_one())
    elif how == "update":
        db.session.execute(update(PressRelease).values(title="Changed"))
    else:
        other = an_open_action(slug="other")
        db.session.execute(
            insert(db.metadata.tables["action_releases"]).values(
                action_id=other.id, release_id=newsroom.id, tied_at=newsroom.created_at
            )
        )
    db.session.commit()
    assert client.get("/releases/a-union-for-everyone").data != before


def test_a_rollback_leaves_the_pages_alone(
    newsroom: PressRelease, client: FlaskClient, queries: list[str]
) -> None:
    client.get("/")
    db.session.execute(update(PressRelease).values(title="Never"))
    db.session.rollback()
    db.session.execute(update(Action).values(goal=Action.goal).where(Action.id == -1))
    db.session.rollback()
    queries.clear()
    assert WORDS in client.get("/").text
    assert queries == []


def test_a_page_being_rendered_while_content_changes_is_not_kept(
    newsroom: PressRelease, client: FlaskClient, pages: Pages, queries: list[str]
) -> None:
    inner = pages.inner

    def changes_meanwhile(environ: object, start: object) -> object:
        answer = inner(environ, start)  # type: ignore[arg-type]
        pages.clear()
        return answer

    pages.inner = changes_meanwhile  # type: ignore[assignment]
    try:
        client.get("/")
    finally:
        pages.inner = inner
    queries.clear()
    client.get("/")
    assert queries


def test_the_meaningful_part_of_a_query_makes_another_page(
    newsroom: PressRelease, client: FlaskClient
) -> None:
    assert WORDS in client.get("/").text
    assert WORDS not in client.get("/?before=2000-01-01.1").text
    assert WORDS in client.get("/").text


def test_a_page_not_changed_is_not_sent_again(newsroom: PressRelease, client: FlaskClient) -> None:
    for headers in ({}, {"Accept-Encoding": "gzip"}):
        etag = client.get("/", headers=headers).headers["ETag"]
        answer = client.get("/", headers={**headers, "If-None-Match": etag})
        assert (answer.status_code, answer.data) == (304, b"")
        assert answer.headers["ETag"] == etag
        assert "Content-Security-Policy" in answer.headers
        assert client.get("/", headers={**headers, "If-None-Match": '"other"'}).status_code == 200


def test_who_takes_gzip_gets_the_same_page_packed(
    newsroom: PressRelease, client: FlaskClient
) -> None:
    plain = client.get("/")
    packed = client.get("/", headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert "Accept-Encoding" in plain.headers["Vary"]
    refused = client.get("/", headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in refused.headers


def test_head_tells_what_get_would(newsroom: PressRelease, client: FlaskClient) -> None:
    for path in ("/", "/nowhere", "/healthz", "/static/app.css"):
        head, get = client.head(path), client.get(path)
        assert (head.status_code, head.data) == (get.status_code, b"")
        if path == "/":
            assert head.headers["Content-Length"] == get.headers["Content-Length"]
            assert head.headers["ETag"] == get.headers["ETag"]


def test_errors_and_posts_are_never_kept(newsroom: PressRelease, client: FlaskClient) -> None:
    assert client.get("/releases/soon").status_code == 404
    assert client.post("/actions/pro-act", data={"name": "Ana"}).status_code == 422
    assert "Almost there" not in client.get("/actions/pro-act").text
    a_release("soon")
    db.session.commit()
    assert client.get("/releases/soon").status_code == 200


def test_a_page_gone_old_is_rendered_again(
    newsroom: PressRelease, client: FlaskClient, pages: Pages, queries: list[str]
) -> None:
    client.get("/")
    pages.seconds = 0.0000001
    queries.clear()
    client.get("/")
    assert queries


def test_an_old_page_is_better_than_an_error(
    newsroom: PressRelease, client: FlaskClient, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert WORDS in client.get("/").text
    pages.seconds = 0.0000001
    monkeypatch.setitem(client.application.config, "PROPAGATE_EXCEPTIONS", False)

    def fails(**_wish: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("actionhub.public.newsroom.latest_releases", fails)
    answer = client.get("/")
    assert answer.status_code == 200
    assert WORDS in answer.text
    assert client.get("/es/").status_code == 500  # never read before


def test_a_failure_brings_no_page_back_that_was_taken_away(
    newsroom: PressRelease, client: FlaskClient, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/releases/{newsroom.slug}"
    db.session.rollback()
    assert client.get(address).status_code == 200
    db.session.rollback()  # the requests of a test share its session
    pages.seconds = 0.000_001
    with db.engine.begin() as elsewhere:  # another process: nothing empties this one's cache
        elsewhere.execute(update(PressRelease).values(visible=False))
    assert client.get(address).status_code == 404

    def fails(*_slug: object) -> None:
        raise RuntimeError

    monkeypatch.setitem(client.application.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr("actionhub.public.newsroom.find_release", fails)
    assert client.get(address).status_code == 500


def test_only_so_many_pages_are_kept(
    newsroom: PressRelease, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, queries: list[str]
) -> None:
    monkeypatch.setattr("actionhub.public.pages.MOST_PAGES", 2)
    for path in ("/", "/actions", "/es/"):
        client.get(path)
    queries.clear()
    client.get("/es/")
    client.get("/actions")
    assert queries == []
    client.get("/")
    assert queries


def test_a_query_too_long_to_be_told_is_not_kept_under_another_address(
    newsroom: PressRelease, client: FlaskClient
) -> None:
    long_query = "before=2001-01-01.1&" + "&".join(["a"] * 120)
    assert WORDS not in client.get(f"/?{long_query}").text
    assert WORDS in client.get("/").text


def test_a_value_with_an_ampersand_is_not_taken_for_two_fields(
    newsroom: PressRelease, client: FlaskClient
) -> None:
    assert WORDS in client.get("/?before=2001-01-01.1%26before%3D2").text
    assert WORDS not in client.get("/?before=2001-01-01.1&before=2").text
