"""Organizers' Markdown becomes HTML that can hurt nobody."""

from __future__ import annotations

from actionhub.actions.naming import readable
from actionhub.actions.wording import render_markdown


def test_markdown_becomes_html_with_headings_below_the_pages_own() -> None:
    html = render_markdown("# Why\n\nBecause *we* say [so](https://example.org/why).")
    assert "<h2>Why</h2>" in html
    assert "<em>we</em>" in html
    assert 'href="https://example.org/why"' in html


def test_scripts_handlers_and_pictures_from_elsewhere_do_not_get_through() -> None:
    html = render_markdown(
        "<script>alert(1)</script>\n\n"
        "Hi <b onclick=alert(1)>you</b> [x](javascript:alert(1)) ![p](https://spy.example.org/p.gif)"
    )
    assert "<script" not in html
    assert "<b " not in html
    assert 'href="javascript' not in html
    assert "<img" not in html


def test_addresses_are_readable_and_plain_ascii_whatever_the_title() -> None:
    assert readable("Pass the PRO Act!") == "pass-the-pro-act"
    assert readable("¡Aprobación ya! Que no esperen más") == "aprobacion-ya-que-no-esperen-mas"
    assert readable("Don't wait") == "dont-wait"
    assert readable("保护工会") == ""
    long = readable("word " * 60)
    assert len(long) <= 80
    assert not long.endswith("-")
