"""One person's name is one key, in any script."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actionhub.signatures.names import name_key, tidy_comment, tidy_name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ana Flores", "  ANA   flores "),
        ("José Núñez", "Jose Nunez"),
        ("José", "Jose\u0301"),
        ("O’Brien", "O'Brien"),
        ("John Q. Public", "John Q Public"),
        ("Anne-Marie", "Anne Marie"),
        ("Ａｎａ", "Ana"),
        ("Straße", "STRASSE"),
        ("مُحَمَّد", "محمد"),
        ("Ana\u200d\u202e", "Ana"),
        ("ﬁona", "Fiona"),
    ],
)
def test_ways_of_writing_one_name_share_a_key(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ana Flores", "Bo Flores"),
        ("कि", "की"),  # vowel signs tell names apart
        ("李", "李明"),
        ("🌹", "🌻"),
        ("Анна", "Anna"),
        ("Ana Maria", "Anamaria"),
    ],
)
def test_different_names_have_different_keys(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize("name", ["a" + "\u0301\u0323" * 10_000, "\ufdfa" * 10_000, "..", "\u0301"])
def test_monstrous_names_have_a_key_at_once(name: str) -> None:
    begun = time.perf_counter()
    assert len(name_key(name)) == 40
    assert len(tidy_name(name)) <= 200
    assert time.perf_counter() - begun < 0.5


@given(st.text())
def test_a_key_fits_and_does_not_depend_on_case_or_spaces(name: str) -> None:
    key = name_key(name)
    assert len(key) == 40
    assert key == name_key(f"  {name}\n") == name_key(name.replace(" ", "  "))


@given(st.text())
def test_tidying_twice_changes_nothing_more(text: str) -> None:
    assert tidy_name(tidy_name(text)) == tidy_name(text)
    tidy_name(text).encode()
    comment = tidy_comment(text)
    assert tidy_comment(comment) == comment
    assert comment != ""


def test_a_comment_keeps_its_lines() -> None:
    assert tidy_comment(" one\r\n\r\ntwo\x00 ") == "one\n\ntwo"
    assert tidy_comment("   ") is None
