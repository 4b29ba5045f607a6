"""RSS and Atom, from honest feeds and from hostile ones."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from actionhub.newsroom.feeds import read_feed
from actionhub.newsroom.items import Reading, UnreadableSource
from actionhub.newsroom.models import ReleaseKind
from actionhub.newsroom.sources import Text
from tests.newsroom.sources import ATOM, BOMB, rss, rss_item


def read(xml: str) -> Reading:
    return read_feed(
        Text(xml, "https://harbor.example.org/feed"), "feed", ZoneInfo("America/New_York")
    )


def test_an_rss_item_is_read() -> None:
    more = "<category>Uncategorized</category><category>Statements</category>"
    (item,) = read(rss(rss_item(more=more))).items
    assert item.title == "Cranes Stand Still"
    assert item.released_on == date(2021, 4, 29)
    assert item.kind is ReleaseKind.STATEMENT
    assert item.body_html == "<p>The cranes stood still.</p>"
    assert item.summary == "The cranes stood still."
    assert item.source_url == "https://harbor.example.org/news/cranes"


def test_bare_words_become_paragraphs() -> None:
    (plain,) = read(rss(rss_item(body="Wages &amp; hours.\n\nNow in print."))).items
    assert plain.body_html == "<p>Wages &amp; hours.</p>\n<p>Now in print.</p>"
    (bold,) = read(rss(rss_item(body="Wages, <b>now</b>."))).items
    assert bold.body_html == "<p>Wages, <b>now</b>.</p>"


def test_full_content_is_the_body_and_the_description_the_summary() -> None:
    full = "<content:encoded><![CDATA[<h1>Now</h1><p>All of it, at length.</p>]]></content:encoded>"
    (item,) = read(rss(rss_item(body="In short.", more=full))).items
    assert item.body_html == "<h2>Now</h2><p>All of it, at length.</p>"
    assert item.summary == "In short."


def test_atom_entries_are_read_with_links_resolved_and_scripts_gone() -> None:
    night, ropes = read(ATOM).items
    assert night.title == "Night Shift & Day Shift Agree"
    assert night.source_url == "https://harbor.example.org/news/agree"
    assert (night.kind, ropes.kind) == (ReleaseKind.STATEMENT, ReleaseKind.REPORT)
    assert 'href="https://harbor.example.org/pact"' in night.body_html
    assert night.body_html.startswith("<h2>Agreed</h2>")
    assert "script" not in night.body_html
    assert "Ropes wear." in ropes.body_html


def test_a_release_is_dated_where_it_was_published() -> None:
    night, ropes = read(ATOM).items
    assert night.released_on == date(2021, 5, 1)  # 01:30 UTC is the evening before in New York
    assert ropes.released_on == date(2021, 4, 20)  # midnight UTC stands for the day
    late = rss_item(date="Thu, 29 Apr 2021 23:30:00 -0400")
    assert read(rss(late)).items[0].released_on == date(2021, 4, 29)


def test_two_feeds_may_number_their_items_alike() -> None:
    ours = read(rss(rss_item(guid="17"))).items[0]
    theirs = read(
        rss(rss_item(guid="17")).replace("<link>https://harbor", "<link>https://other")
    ).items[0]
    assert ours.identity != theirs.identity
    assert read(rss(rss_item(guid="17", title="New words"))).items[0].identity == ours.identity


def test_without_an_id_the_address_counts_and_then_date_and_title() -> None:
    by_address = read(rss(rss_item(guid=None))).items[0]
    assert read(rss(rss_item(guid=None, title="Else"))).items[0].identity == by_address.identity
    by_title = read(rss(rss_item(guid=None, link=None))).items[0]
    again = read(rss(rss_item(guid=None, link=None, body="New"))).items[0]
    assert by_title.identity == again.identity != by_address.identity


def test_an_item_without_a_date_is_named_and_the_others_come_in() -> None:
    reading = read(rss(rss_item(), rss_item(title="Undated", guid="2", date=None)))
    assert len(reading.items) == 1
    assert reading.not_understood == ("item 2 “Undated”: no date",)


@pytest.mark.parametrize(
    ("xml", "line"),
    [
        (BOMB, "feed declares XML entities of its own, as no feed needs to; it was not read"),
        (
            rss(rss_item(), head='<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
            "feed declares XML entities of its own, as no feed needs to; it was not read",
        ),
        ("<?xml version='1.0'?><urlset/>", "feed is not a feed: it is XML, but <urlset>"),
        (rss(rss_item())[:-30], "feed is a feed that is not well-formed XML (line 1)"),
        (rss(), "feed is a feed without any items"),
        (
            rss(rss_item(date=None), rss_item(date="soon", guid="2")),
            "feed has no dates: none of its 2 items tells when it came out, so none was read",
        ),
        (
            rss(rss_item(guid="7"), rss_item(guid="7", title="Another")),
            "feed gives one id to several items (7), so none was read",
        ),
        (
            "<rss>" + "<a>" * 600 + "</a>" * 600 + "</rss>",
            "feed nests its elements too deeply to be a feed",
        ),
    ],
)
def test_what_is_no_honest_feed_gets_one_line(xml: str, line: str) -> None:
    with pytest.raises(UnreadableSource) as refusal:
        read(xml)
    assert str(refusal.value) == line


def test_control_characters_never_reach_the_database() -> None:
    (item,) = read(rss(rss_item(title="A\u202eB", body="<p>x&#0;\u0085y</p>"))).items
    assert item.title == "AB"
    assert "\x00" not in item.body_html


@pytest.mark.parametrize("link", ["http://[oops", "javascript:alert(1)", "https://me:pw@x.example"])
def test_a_link_that_is_no_web_address_is_left_out(link: str) -> None:
    item = read(rss(rss_item(link=link, body='<a href="/x">x</a>'))).items[0]
    assert item.source_url is None
    assert 'href="https://harbor.example.org/x"' in item.body_html
