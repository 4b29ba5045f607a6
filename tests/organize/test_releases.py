"""Releases in the workspace: written by hand, edited, brought in, taken back to the source."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from actionhub.extensions import db
from actionhub.newsroom.editing import edit_release
from actionhub.newsroom.models import Feed, PressRelease
from actionhub.organizers.models import AuditEvent
from tests.cast import a_release, an_open_action
from tests.organize.people import Desk

NEW: dict[str, Any] = {
    "title": "Night Buses Stay",
    "kind": "statement",
    "released_on": "2026-11-20",
    "summary": "",
    "body_html": "The council **kept** them.",
    "source_url": "",
    "visible": "y",
}
FEED = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>
<item><guid>one</guid><title>Wages Rise</title><link>https://example.org/one</link>
<pubDate>Thu, 29 Apr 2021 10:00:00 GMT</pubDate><description>They rose.</description></item>
</channel></rss>"""


def stored(release: PressRelease) -> dict[str, Any]:
    return {
        "title": release.title,
        "kind": release.kind.value,
        "released_on": release.released_on.isoformat(),
        "summary": release.summary,
        "body_html": release.body_html,
        "source_url": release.source_url or "",
        "visible": "y",
    }


def test_one_written_by_hand_in_markdown(sam: Desk) -> None:
    once = sam.hidden("/organize/releases/new", "once")
    for _time in range(2):
        assert sam.send("/organize/releases/new", once=once, **NEW).status_code == 302
    release = db.session.scalars(select(PressRelease)).one()
    assert (release.title, release.kind.value) == ("Night Buses Stay", "statement")
    assert release.released_on == date(2026, 11, 20)
    assert "<strong>kept</strong>" in release.body_html
    assert release.summary == "The council kept them."


def test_a_release_without_words_is_refused_beside_its_field(sam: Desk) -> None:
    once = sam.hidden("/organize/releases/new", "once")
    answer = sam.send("/organize/releases/new", once=once, **NEW | {"body_html": "   "})
    assert answer.status_code == 422
    assert 'id="body_html-error"' in answer.text
    assert "Night Buses Stay" in answer.text


def test_an_edit_is_marked_and_the_sources_wording_can_come_back(sam: Desk) -> None:
    release = a_release()
    db.session.commit()
    path = f"/organize/releases/{release.id}"
    seen = sam.hidden(path, "seen")
    sam.send(path, seen=seen, **stored(release) | {"title": "Our Own Headline"})
    assert (release.title, release.edited_fields) == ("Our Own Headline", ["title"])
    page = sam.sees(path)
    assert "A Union for Everyone Who Works" in page, "what the source says"
    assert "edited here" in sam.sees("/organize/releases")
    sam.send(f"{path}/take", field="title")
    assert (release.title, release.edited_fields) == ("A Union for Everyone Who Works", [])
    sam.send(f"{path}/take", field="slug")
    assert release.slug == "a-union-for-everyone"


def test_saving_without_a_change_marks_nothing(sam: Desk) -> None:
    release = a_release()
    db.session.commit()
    path = f"/organize/releases/{release.id}"
    assert sam.send(path, seen=sam.hidden(path, "seen"), **stored(release)).status_code == 302
    assert release.edited_fields == []
    assert db.session.scalar(select(AuditEvent).where(AuditEvent.verb == "edit")) is None


def test_two_who_edit_at_once_lose_nothing(sam: Desk, ines: Desk) -> None:
    release = a_release()
    db.session.commit()
    path = f"/organize/releases/{release.id}"
    mine = sam.hidden(path, "seen")
    ines.send(path, seen=ines.hidden(path, "seen"), **stored(release) | {"title": "Hers"})
    answer = sam.send(path, seen=mine, **stored(release) | {"title": "His"})
    assert answer.status_code == 409
    assert "His" in answer.text
    assert release.title == "Hers"


def test_a_script_in_a_text_is_taken_out(sam: Desk) -> None:
    release = a_release()
    db.session.commit()
    path = f"/organize/releases/{release.id}"
    body = "<p>So</p><script>alert(1)</script>"
    sam.send(path, seen=sam.hidden(path, "seen"), **stored(release) | {"body_html": body})
    assert release.body_html == "<p>So</p>"


def test_a_file_is_brought_in_once(sam: Desk) -> None:
    sam.see("/organize/releases/import")
    for told in ("<dt>new</dt><dd>1</dd>", "<dt>as before</dt><dd>1</dd>"):
        upload = (io.BytesIO(FEED), "feed.xml")
        answer = sam.send("/organize/releases/import", file=upload)
        assert answer.status_code == 200
        assert told in answer.text
    assert db.session.scalars(select(PressRelease.title)).all() == ["Wages Rise"]


def test_a_file_that_is_no_source_gets_one_clear_line(sam: Desk) -> None:
    sam.see("/organize/releases/import")
    answer = sam.send("/organize/releases/import", file=(io.BytesIO(b"\x1f\x8bxx"), "news.gz"))
    assert answer.status_code == 422
    assert "Nothing was changed" in answer.text
    assert "news.gz" in answer.text
    assert "/tmp" not in answer.text, "not where we kept it"


def test_a_path_of_the_server_is_no_address(sam: Desk, tmp_path: Path) -> None:
    secret = tmp_path / "feed.xml"
    secret.write_bytes(FEED)
    sam.see("/organize/releases/import")
    for address in (str(secret), f"file://{secret}"):
        assert sam.send("/organize/releases/import", address=address).status_code == 422
    assert db.session.scalar(select(func.count()).select_from(PressRelease)) == 0


def test_no_transaction_is_open_while_a_source_is_read(
    app: Flask, sam: Desk, monkeypatch: Any
) -> None:
    from actionhub.newsroom.applying import ImportReport
    from actionhub.organize import releases

    def read(source: str) -> ImportReport:
        assert not db.session().in_transaction()
        return ImportReport(added=3)

    monkeypatch.setattr(releases, "import_source", read)
    sam.see("/organize/releases/import")
    answer = sam.send("/organize/releases/import", address="https://example.org/feed")
    assert "<dt>new</dt><dd>3</dd>" in answer.text


def test_a_feed_is_followed_stopped_and_its_failure_told(sam: Desk) -> None:
    sam.see("/organize/feeds")
    bad = sam.send("/organize/feeds/add", address="file:///etc/passwd")
    assert bad.status_code == 422
    assert sam.send("/organize/feeds/add", address="https://example.org/feed").status_code == 302
    feed = db.session.scalars(select(Feed)).one()
    feed.result = "https://example.org/feed could not be reached"
    db.session.commit()
    assert "A feed could not be read" in sam.sees("/organize/")
    feed.result = "2 added, 0 updated, 1 unchanged"
    db.session.commit()
    assert "A feed could not be read" not in sam.sees("/organize/")
    sam.send(f"/organize/feeds/{feed.id}/turn")
    assert not feed.active


def test_the_list_shows_what_stands_beside_each_and_finds_by_headline(vera: Desk) -> None:
    release = a_release()
    loose = a_release("loose", title="Nobody Asked Yet")
    an_open_action(release_ids=[release.id])
    edit_release(loose, title="Nobody Has Asked Yet")
    db.session.commit()
    page = vera.sees("/organize/releases")
    assert "Pass the PRO Act" in page
    assert "Nobody Has Asked Yet" in page
    assert "Nobody Has Asked Yet" not in vera.sees("/organize/releases?q=union")
    home = vera.sees("/organize/")
    assert "Nobody Has Asked Yet" in home
    assert "A Union for Everyone" not in home
