"""Duplicates are found without changing where mail goes."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from actionhub.addresses import BadAddress, canonical, read_address


@pytest.mark.parametrize(
    ("typed", "mailbox", "one_name"),
    [
        ("Amara.Diallo+hub@GMail.com", "Amara.Diallo+hub@gmail.com", "amaradiallo@gmail.com"),
        ("a.b@googlemail.com", "a.b@googlemail.com", "ab@gmail.com"),
        ("A.B+x@example.org", "A.B+x@example.org", "a.b+x@example.org"),
        ("søren@bücher.example", "søren@bücher.example", "søren@xn--bcher-kva.example"),
        ("me+tag@outlook.com", "me+tag@outlook.com", "me@outlook.com"),
    ],
)
def test_an_inbox_has_one_name_and_keeps_its_spelling(
    typed: str, mailbox: str, one_name: str
) -> None:
    try:
        address = read_address(typed)
    except BadAddress:
        pytest.fail(f"{typed} is an address")
    assert (address.mailbox, address.canonical) == (mailbox, one_name)


@pytest.mark.parametrize(
    "typed",
    ["", "nobody", "two words@example.org", "a@b", "x@example.org\r\nBcc: y@example.org", "@e.org"],
)
def test_what_mail_cannot_reach_is_refused_with_a_reason(typed: str) -> None:
    with pytest.raises(BadAddress) as refused:
        read_address(typed)
    assert str(refused.value)


@given(st.text(min_size=1, max_size=64), st.sampled_from(["gmail.com", "example.org", "pm.me"]))
def test_a_canonical_address_is_its_own_canonical_form(local: str, domain: str) -> None:
    once = canonical(local, domain)
    assert canonical(*once.rsplit("@", 1)) == once


def test_the_hash_depends_on_the_inbox_alone(app: Flask) -> None:
    one, other = read_address("Jo.Lee+a@gmail.com"), read_address("jolee@googlemail.com")
    assert one.hash == other.hash
    assert read_address("jolee@example.org").hash != one.hash
    assert len(one.hash) == 64
