"""Importing twice, changed, edited and hostile sources, into a real database."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from actionhub.database import db
from actionhub.newsroom.editing import accept_upstream, edit_release, release_at
from actionhub.newsroom.fetching import Limits
from actionhub.newsroom.importing import ImportReport, UnreadableSource, import_source
from actionhub.newsroom.models import PressRelease
from actionhub.newsroom.reading import latest_releases
from tests.newsroom.servers import Newsroom
from tests.newsroom.sources import ARTICLES, ATOM, BOMB, rss, rss_item

ROPES = rss_item(title="On Ropes", guid="https://harbor.example.org/?p=2", body="<p>Ropes.</p>")


def counts(report: ImportReport) -> tuple[int, int, int]:
    return report.added, report.updated, report.unchanged


def import_text(tmp_path: Path, text: str, name: str = "source") -> ImportReport:
    (tmp_path / name).write_text(text, "utf-8")
    report = import_source(str(tmp_path / name))
    db.session.commit()
    return report


def all_rows() -> list[tuple[object, ...]]:
    return [tuple(row) for row in db.session.execute(select(PressRelease.__table__))]


def test_the_real_page_comes_in_once_however_often(app: Flask, shared_data: Path) -> None:
    page = str(shared_data / "newsroom-page.txt")
    assert counts(import_source(page)) == (10, 0, 0)
    assert counts(import_source(page)) == (0, 0, 10)
    assert len(latest_releases()) == 10


@pytest.mark.parametrize(
    "text", [rss(rss_item(), ROPES), ATOM, ARTICLES], ids=["rss", "atom", "html"]
)
def test_every_format_is_idempotent(app: Flask, tmp_path: Path, text: str) -> None:
    assert counts(import_text(tmp_path, text)) == (2, 0, 0)
    before = all_rows()
    assert counts(import_text(tmp_path, text)) == (0, 0, 2)
    assert all_rows() == before


def test_releases_of_one_day_stand_in_the_order_of_their_source(app: Flask, tmp_path: Path) -> None:
    import_text(tmp_path, rss(rss_item(), ROPES))
    assert [release.title for release in latest_releases()] == ["Cranes Stand Still", "On Ropes"]


def test_a_changed_body_updates_the_release_and_says_so(app: Flask, tmp_path: Path) -> None:
    import_text(tmp_path, rss(rss_item(), ROPES))
    report = import_text(tmp_path, rss(rss_item(body="<p>They move again.</p>"), ROPES))
    assert counts(report) == (0, 1, 1)
    assert [(update.slug, update.fields) for update in report.updates] == [
        ("cranes-stand-still", ("body_html", "summary"))
    ]
    assert release_at("cranes-stand-still").summary == "They move again."


def test_an_edited_field_is_kept_reported_and_filed(app: Flask, tmp_path: Path) -> None:
    import_text(tmp_path, rss(rss_item()))
    edit_release(release_at("cranes-stand-still"), title="The cranes stood still")
    db.session.commit()
    changed = rss(rss_item(title="Cranes At Rest", date="Fri, 30 Apr 2021 09:00:00 -0400"))
    for expected in [(0, 1, 0), (0, 0, 1)]:
        report = import_text(tmp_path, changed)
        assert counts(report) == expected
        assert [(kept.slug, kept.field) for kept in report.kept_edits] == [
            ("cranes-stand-still", "title")
        ]
    release = release_at("cranes-stand-still")
    assert release.title == "The cranes stood still"
    assert release.released_on == date(2021, 4, 30)
    assert release.upstream == {"title": "Cranes At Rest"}
    accept_upstream(release, "title")
    assert counts(import_text(tmp_path, changed)) == (0, 0, 1)
    assert release_at("cranes-stand-still").title == "Cranes At Rest"


def test_an_unchanged_source_still_tells_of_a_kept_edit(app: Flask, tmp_path: Path) -> None:
    import_text(tmp_path, rss(rss_item()))
    edit_release(release_at("cranes-stand-still"), body_html="<p>Ours.</p>")
    report = import_text(tmp_path, rss(rss_item()))
    assert (counts(report), len(report.kept_edits)) == ((0, 0, 1), 1)
    assert release_at("cranes-stand-still").body_html == "<p>Ours.</p>"


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        "<html><body><p>Nothing here.</p></body></html>",
        "just words\n",
        rss(rss_item(guid="7"), rss_item(guid="7", title="Another")),
        rss(rss_item(date=None)),
        rss(rss_item(body="<p>New</p>"))[:-20],
        "x" * 200_000,
    ],
    ids=["bomb", "page", "words", "shared ids", "no dates", "cut off", "too large"],
)
def test_a_hostile_source_changes_nothing(
    app: Flask, tmp_path: Path, small_limits: Limits, text: str
) -> None:
    import_text(tmp_path, rss(rss_item()), "good")
    before = all_rows()
    with pytest.raises(UnreadableSource) as refusal:
        import_text(tmp_path, text)
    assert "\n" not in str(refusal.value)
    db.session.commit()
    assert all_rows() == before


def test_an_address_is_imported_with_its_links_made_whole(
    app: Flask, newsroom: Newsroom, loopback_allowed: None
) -> None:
    address = newsroom.serve("/press/", ARTICLES, headers={"Content-Type": "text/html"})
    assert counts(import_source(address)) == (2, 0, 0)
    assert release_at("a-report-on-ropes").source_url == f"{newsroom.url}/press/news/ropes"


def test_an_address_of_our_own_network_is_refused_by_default(
    app: Flask, newsroom: Newsroom
) -> None:
    with pytest.raises(UnreadableSource, match="not on the public internet"):
        import_source(newsroom.serve("/feed", rss(rss_item())))
    assert newsroom.asked == []


def test_nothing_is_asked_of_the_database_before_the_source_is_read(
    app: Flask, tmp_path: Path, newsroom: Newsroom, loopback_allowed: None
) -> None:
    begun_before_answer: list[int] = []
    address = newsroom.serve("/feed", rss(rss_item()))

    def begin(_connection: object) -> None:
        begun_before_answer.append(len(newsroom.asked))

    event.listen(db.engine, "begin", begin)
    try:
        import_source(address)
    finally:
        event.remove(db.engine, "begin", begin)
    assert begun_before_answer == [1]


def test_a_title_taken_by_another_release_gets_an_address_of_its_own(
    app: Flask, tmp_path: Path
) -> None:
    again = rss_item(guid="https://harbor.example.org/?p=9", link=None)
    assert counts(import_text(tmp_path, rss(rss_item(), again))) == (2, 0, 0)
    slugs = set(db.session.scalars(select(PressRelease.slug)))
    assert slugs == {"cranes-stand-still", "cranes-stand-still-2021-04-29"}
    assert db.session.scalar(select(func.count()).select_from(PressRelease)) == 2
