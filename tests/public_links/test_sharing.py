"""Share links are plain, carry their channel as the source, and break on no text."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit

from flask import Flask

from actionhub.links import share_links, with_source

URL = "https://act.example.org/actions/pro-act"
TEXT = "I signed “Pass it” & you? 100% #now"


def test_each_link_carries_the_text_and_the_address_with_its_channel(app: Flask) -> None:
    for link in share_links(URL, TEXT):
        said = unquote(link.href)
        assert f"{URL}?utm_source={link.channel}" in said, link
        if link.channel != "facebook":  # takes an address only
            assert TEXT in said, link


def test_text_cannot_leak_into_another_parameter(app: Flask) -> None:
    by_channel = {link.channel: link.href for link in share_links(URL, "a&body=b\r\nBcc: x#y")}
    assert parse_qs(urlsplit(by_channel["whatsapp"]).query)["text"][0].startswith("a&body=b")
    assert set(parse_qs(urlsplit(by_channel["email"]).query)) == {"subject", "body"}
    assert not any("\n" in href or " " in href for href in by_channel.values())


def test_a_source_joins_a_query_that_is_there() -> None:
    assert with_source(f"{URL}?a=1#top", "qr") == f"{URL}?a=1&utm_source=qr#top"
