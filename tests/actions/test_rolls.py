"""Pasted lines name those who are meant, or say plainly that they do not."""

from __future__ import annotations

import pytest
from flask import Flask

from actionhub.actions.addressees import Addressee
from actionhub.actions.rolls import read_roll

PEOPLE = [
    Addressee("S000033", "Bernard Sanders", "Senator", "Vermont", state="VT"),
    Addressee("J000299", "Mike Johnson", "Representative", "Louisiana", state="LA", district=4),
    Addressee("J000288", "Henry C. “Hank” Johnson, Jr.", "Representative", "Georgia", state="GA"),
    Addressee("V000081", "Nydia M. Velázquez", "Representative", "New York", state="NY"),
    Addressee("O000172", "Alexandria Ocasio-Cortez", "Representative", "New York", state="NY"),
    Addressee("named:5", "The Council"),
]
KNOWN = {one.key: one for one in PEOPLE}


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("S000033", "S000033"),
        ("  s000033 ", "S000033"),
        ("Sanders", "S000033"),
        ("Sen. Bernard Sanders (I-VT)", "S000033"),
        ("Sanders, Bernard", "S000033"),
        ("Senator Bernard Sanders, Vermont (S000033)", "S000033"),
        ("VELAZQUEZ", "V000081"),
        ("Ocasio-Cortez", "O000172"),
        ("Johnson (LA)", "J000299"),
        ("Johnson (D-GA)", "J000288"),
        ("Johnson (Georgia)", "J000288"),
        ("Mike Johnson", "J000299"),
        ("Hank Johnson", "J000288"),
        ("The Council", "named:5"),
        ("named:5", "named:5"),
        ("The Council, City Hall (named:5)", "named:5"),
    ],
)
def test_a_line_names_one(line: str, key: str) -> None:
    assert read_roll(line, KNOWN).keys == (key,)


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("line", ["Bernard", "Sanders, Bob", "S999999", "Yea", "(VT)", "—", "Sand"])
def test_a_line_that_names_nobody_is_told(line: str) -> None:
    roll = read_roll(line, KNOWN)
    assert roll.keys == ()
    assert roll.problems == (f"“{line}” is nobody whom this action addresses.",)


@pytest.mark.usefixtures("app")
def test_a_line_that_names_several_tells_their_ids() -> None:
    roll = read_roll("Johnson", KNOWN)
    assert roll.keys == ()
    assert "J000299" in roll.problems[0]
    assert "J000288" in roll.problems[0]


@pytest.mark.usefixtures("app")
def test_nobody_is_named_twice_and_empty_lines_are_nothing() -> None:
    roll = read_roll("Sanders\r\n\r\nS000033\nMike Johnson\n", KNOWN)
    assert roll.keys == ("S000033", "J000299")
    assert roll.problems == ()


@pytest.mark.usefixtures("app")
def test_a_roll_has_an_end(app: Flask) -> None:
    assert "at most" in read_roll("Sanders\n" * 1001, KNOWN).problems[0]
