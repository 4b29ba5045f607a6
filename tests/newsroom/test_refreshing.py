"""The feeds that beat refreshes, each on its own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import event, select

from actionhub.database import db
from actionhub.newsroom import refreshing
from actionhub.newsroom.importing import import_source
from actionhub.newsroom.items import UnreadableSource
from actionhub.newsroom.models import Feed, PressRelease
from actionhub.newsroom.reading import latest_releases
from tests.newsroom.servers import Newsroom
from tests.newsroom.sources import rss, rss_item
from worker.newsroom import refresh


def follow(*addresses: str) -> None:
    for address in addresses:
        refreshing.follow(address)
    db.session.commit()


def results() -> list[str | None]:
    db.session.rollback()
    return list(db.session.scalars(select(Feed.result).order_by(Feed.id)))


def test_every_feed_is_read_and_a_bad_one_stops_no_other(
    app: Flask, newsroom: Newsroom, loopback_allowed: None
) -> None:
    bad = newsroom.serve("/bad", "<?xml version='1.0'?><rss>")
    good = newsroom.serve("/good", rss(rss_item()))
    follow(bad, good)
    refresh()
    assert results() == [
        f"{bad} is a feed that is not well-formed XML (line 1)",
        "1 added, 0 updated, 0 unchanged",
    ]
    assert [release.title for release in latest_releases()] == ["Cranes Stand Still"]


def test_a_feed_that_breaks_the_reader_stops_no_other(
    app: Flask, newsroom: Newsroom, loopback_allowed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = refreshing.understand

    def brittle(fetched: object, source: str, zone: object) -> object:
        if source.endswith("/odd"):
            raise RuntimeError("nobody thought of this")
        return real(fetched, source, zone)  # type: ignore[arg-type]

    monkeypatch.setattr(refreshing, "understand", brittle)
    follow(newsroom.serve("/odd", "x"), newsroom.serve("/good", rss(rss_item())))
    refresh()
    assert results() == [
        f"{newsroom.url}/odd could not be read; the log says why",
        "1 added, 0 updated, 0 unchanged",
    ]


def test_an_unchanged_feed_is_not_sent_again(
    app: Flask, newsroom: Newsroom, loopback_allowed: None
) -> None:
    follow(newsroom.serve("/feed", rss(rss_item()), headers={"ETag": '"v1"'}))
    refresh()
    refresh()
    assert [headers.get("If-None-Match") for _, headers in newsroom.asked] == [None, '"v1"']
    assert results() == ["nothing new"]


def test_configured_feeds_are_followed(
    app: Flask, newsroom: Newsroom, loopback_allowed: None
) -> None:
    address = newsroom.serve("/feed", rss(rss_item()))
    current = app.extensions["actionhub.settings"]
    app.extensions["actionhub.settings"] = replace(current, feeds=(address, "not an address"))
    refresh()
    refresh()
    assert results() == ["0 added, 0 updated, 1 unchanged"]


def test_no_transaction_is_open_while_a_feed_is_fetched(
    app: Flask, newsroom: Newsroom, loopback_allowed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow(newsroom.serve("/feed", rss(rss_item())))
    open_now: list[str] = []
    open_while_fetching: list[list[str]] = []
    real = refreshing.fetch

    def watched(*args: object, **how: object) -> object:
        open_while_fetching.append(list(open_now))
        return real(*args, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(refreshing, "fetch", watched)
    hooks = [
        ("begin", lambda _: open_now.append("open")),
        ("commit", lambda _: open_now.clear()),
        ("rollback", lambda _: open_now.clear()),
    ]
    for name, hook in hooks:
        event.listen(db.engine, name, hook)
    try:
        refresh()
    finally:
        for name, hook in hooks:
            event.remove(db.engine, name, hook)
    assert open_while_fetching == [[]]
    assert results() == ["1 added, 0 updated, 0 unchanged"]


def test_a_feed_cannot_change_what_another_brought(
    app: Flask, newsroom: Newsroom, loopback_allowed: None
) -> None:
    follow(newsroom.serve("/ours", rss(rss_item())))
    refresh()
    follow(newsroom.serve("/theirs", rss(rss_item(title="Hijacked"))))
    refresh()
    assert results()[1] == "0 added, 0 updated, 0 unchanged, 1 line not understood"
    assert list(db.session.scalars(select(PressRelease.title))) == ["Cranes Stand Still"]


def test_a_feed_takes_on_what_was_imported_by_hand_before(
    app: Flask, newsroom: Newsroom, loopback_allowed: None
) -> None:
    address = newsroom.serve("/feed", rss(rss_item()))
    import_source(address)
    follow(address)
    refresh()
    assert results() == ["0 added, 0 updated, 1 unchanged"]
    feed_id = db.session.scalars(select(Feed.id)).one()
    assert db.session.scalars(select(PressRelease.feed_id)).one() == feed_id


def test_a_feed_no_longer_followed_is_left_alone(
    app: Flask, newsroom: Newsroom, loopback_allowed: None
) -> None:
    address = newsroom.serve("/feed", rss(rss_item()))
    follow(address, address)
    assert refreshing.unfollow(address)
    assert not refreshing.unfollow(address)
    db.session.commit()
    refresh()
    assert newsroom.asked == []
    follow(address)
    assert [feed.active for feed in refreshing.feeds()] == [True]


def test_only_web_addresses_are_followed(app: Flask) -> None:
    for address in ("/etc/passwd", "ftp://example.org/", "https://me:secret@example.org/"):
        with pytest.raises(UnreadableSource):
            refreshing.follow(address)
