"""Newsrooms as HTML pages."""

from __future__ import annotations

import pytest

from actionhub.newsroom.items import Reading, UnreadableSource
from actionhub.newsroom.models import ReleaseKind
from actionhub.newsroom.pages import read_page
from actionhub.newsroom.sources import Text
from tests.newsroom.sources import ARTICLES, CARDS, FLAT, ONE_RELEASE


def read(html: str) -> Reading:
    return read_page(Text(html, "https://harbor.example.org/press/"), "page")


def test_articles_are_read_with_date_kind_address_and_body() -> None:
    cranes, ropes = read(ARTICLES).items
    assert (cranes.title, cranes.released_on.isoformat()) == ("Cranes Stand Still", "2021-04-29")
    assert (ropes.title, ropes.released_on.isoformat()) == ("A Report on Ropes", "2021-04-02")
    assert (cranes.kind, ropes.kind) == (ReleaseKind.STATEMENT, ReleaseKind.REPORT)
    assert cranes.source_url == "https://harbor.example.org/news/cranes"
    assert ropes.source_url == "https://harbor.example.org/press/news/ropes"
    assert cranes.body_html == "<p>The cranes <em>stood</em> still. A crane</p>"
    assert ropes.body_html == "<p>Ropes wear.</p>\n<ul><li>Hemp</li></ul>"


def test_a_page_without_containers_is_read_as_its_text() -> None:
    items = read(FLAT).items
    assert [(item.title, item.released_on.isoformat()) for item in items] == [
        ("Rent Freeze Passes", "2022-06-03"),
        ("Fire in Harbor Street", "2022-05-28"),
    ]
    assert items[1].summary == "Five people lost their homes."


def test_a_list_of_links_with_dates_is_read() -> None:
    assert [(item.title, item.source_url) for item in read(CARDS).items] == [
        ("Rent Freeze Passes", "https://harbor.example.org/a"),
        ("Fire in Harbor Street", "https://harbor.example.org/b"),
    ]


def test_a_page_that_is_one_release_is_read() -> None:
    (item,) = read(ONE_RELEASE).items
    assert item.title == "Se aprueba la congelación de alquileres"
    assert (item.released_on.isoformat(), item.locale) == ("2022-06-03", "es")
    assert item.body_html == "<p>El ayuntamiento votó ayer.</p>\n<h2>Qué sigue</h2>\n<p>Mucho.</p>"


def test_a_page_without_releases_names_the_feed_it_offers() -> None:
    html = (
        '<html><head><link type="application/rss+xml" href="/feed/"></head><body>Hi</body></html>'
    )
    with pytest.raises(UnreadableSource) as refusal:
        read(html)
    assert str(refusal.value) == (
        "page is a page without dated releases, so none was read; "
        "it names a feed, import that: https://harbor.example.org/feed/"
    )


def test_a_page_that_nests_absurdly_is_refused() -> None:
    with pytest.raises(UnreadableSource, match="too deeply"):
        read("<html><body>" + "<div>" * 100_000)


def test_links_that_are_no_addresses_break_nothing() -> None:
    html = CARDS.replace('"/a"', '"http://[oops"').replace('"/b"', '"javascript:x"')
    assert [item.source_url for item in read(html).items] == [None, None]


def test_a_page_of_nothing_but_dates_is_refused() -> None:
    with pytest.raises(UnreadableSource, match="more than 5000 dates"):
        read("<html>" + "<p>May 1, 2020</p>" * 5001)


def test_a_date_without_a_title_and_a_repeated_release_are_named() -> None:
    featured = '<article><h2><a href="/a">A</a></h2><p>May 1, 2020</p><p>Long ago.</p></article>'
    reading = read(f"<html>{featured}<article><p>May 2, 2020</p><h2> </h2></article>{featured}")
    assert [item.title for item in reading.items] == ["A"]
    assert reading.not_understood == (
        "2020-05-02: a date with no title",
        "A: stands there twice; the first was read",
    )
