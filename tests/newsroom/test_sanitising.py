"""What strangers' HTML becomes before anybody sees it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actionhub.newsroom.sanitising import blocks_of, paragraphs, sanitise, text_of


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<p onclick=alert(1)>x</p>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href="data:text/html,<script>1</script>">x</a>',
        "<svg><script>alert(1)</script></svg>",
        "<iframe src=//evil.example></iframe>",
        '<p style="position:fixed">x</p>',
        "<form action=//evil.example><input name=password></form>",
        "<math><mtext></p><style><img src=x onerror=alert(1)></style></math>",
        '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
    ],
)
def test_nothing_hostile_is_left(hostile: str) -> None:
    safe = sanitise(hostile)
    for word in ("script", "onclick", "onerror", "javascript", "style", "evil", "<img", "data:"):
        assert word not in safe


def test_links_are_kept_without_opener_or_referrer() -> None:
    assert sanitise('<a href="https://example.org/a" target=_blank>x</a>') == (
        '<a href="https://example.org/a" rel="noopener noreferrer">x</a>'
    )


def test_a_relative_link_is_resolved_against_its_page() -> None:
    safe = sanitise('<a href="../b">x</a>', base="https://example.org/news/a/")
    assert 'href="https://example.org/news/b"' in safe


@pytest.mark.parametrize("base", ["", "/news", "http://[", "mailto:x"])
def test_a_relative_link_of_a_page_without_address_is_dropped(base: str) -> None:
    assert "href" not in sanitise('<a href="/b">x</a>', base=base)
    assert "href" in sanitise('<a href="https://example.org/">x</a>', base=base)


def test_an_image_leaves_its_alternative_text_and_no_request() -> None:
    assert sanitise('<p>See <img src="https://t.example/p.gif" alt="a crowd & a < sign"></p>') == (
        "<p>See a crowd &amp; a &lt; sign</p>"
    )
    assert sanitise('<p><img src="https://t.example/pixel.gif"></p><p>x</p>') == "<p>x</p>"


def test_headings_begin_at_h2_and_skip_no_level() -> None:
    assert sanitise("<h1>A</h1><h4>B</h4><h4>C</h4><h1>D</h1>") == (
        "<h2>A</h2><h3>B</h3><h3>C</h3><h2>D</h2>"
    )


def test_text_keeps_blocks_apart_and_images_speak() -> None:
    page = '<div>one</div><div>two<br>three</div><img alt="four"><ul><li>five</li></ul>'
    assert blocks_of(page) == ["one", "two", "three", "four", "five"]
    assert text_of(page) == "one two three four five"


def test_plain_text_becomes_paragraphs() -> None:
    assert paragraphs("a\nb <c>\n\n\nd\x00\u202e") == "<p>a<br>b &lt;c&gt;</p>\n<p>d</p>"


def test_absurd_nesting_is_shown_as_text_within_a_moment() -> None:
    began = time.monotonic()
    assert sanitise("<div>" * 200_000 + "still here") == "<p>still here</p>"
    assert text_of("<i>" * 5_000 + "still here") == "still here"
    assert time.monotonic() - began < 5


@given(st.text(alphabet=st.sampled_from("<>/abphi123 =\"'&;!-x")))
def test_sanitising_twice_changes_nothing_more(html: str) -> None:
    once = sanitise(html)
    assert sanitise(once) == once
