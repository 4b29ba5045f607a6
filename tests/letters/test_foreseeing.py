"""Before they confirm, a letter's writer is told where it goes, and what of it is theirs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from actionhub import clock
from actionhub.actions import lists
from actionhub.actions.addressees import Addressee, all_addressees
from actionhub.actions.letter_words import LetterWords, fields_of
from actionhub.actions.listing import read_list
from actionhub.actions.models import ActionKind, Target, TargetKind
from actionhub.actions.publishing import problems_of
from actionhub.congress.sitting import District
from actionhub.extensions import db
from actionhub.letters.composing import Writer, compose, own_words
from tests.cast import a_draft
from tests.congress.seats import load_ohio
from tests.letters.people import WORDS, a_letter_action, confirm, confirm_path, write

WEDNESDAY = datetime(2026, 7, 1, 16, tzinfo=UTC)
ANA = Writer("Ana Ruiz", "Dayton", "44102", District("OH", 9))


@pytest.fixture(autouse=True)
def _ohio(app: Flask) -> Iterator[None]:
    """Where one of the two senators sits."""
    with clock.set_to(WEDNESDAY):
        load_ohio()
        yield


def test_a_vacant_seat_is_told_before_and_after(client: FlaskClient) -> None:
    a_letter_action()
    write(client)
    vacant = "One of the two seats of Ohio in the Senate is vacant."
    assert vacant in client.get(confirm_path()).text
    assert vacant in confirm(client).text


def test_of_a_letter_to_the_house_no_seat_in_the_senate_is_told(client: FlaskClient) -> None:
    a_letter_action(target_rule="house")
    write(client)
    assert "vacant" not in client.get(confirm_path()).text
    assert "vacant" not in confirm(client).text


def test_words_that_everybody_uses_are_ones_own() -> None:
    offered = "I live in Dayton and write for those who wait, since nobody else does."
    mine = "My neighbor was held for nine months, and I drive to see him."
    assert own_words(mine, offered) == len(mine.split())
    assert own_words(f"{offered} And so do I.", offered) == 4
    assert own_words("I live in Dayton too.", offered) == 1


def test_somebody_without_a_title_is_called_by_their_office() -> None:
    words = LetterWords(
        subject="Lights",
        body="{{ representative.title }} {{ representative.name }}, please mend the lights.",
    )
    mayor = Addressee(key="listed:1", name="Ann Alder", office="Mayor")
    assert compose(words, mayor, ANA, "en").body == "Mayor Ann Alder, please mend the lights."
    nobody = Addressee(key="named:1", name="The Council")
    assert compose(words, nobody, ANA, "en").body == "The Council, please mend the lights."


def test_a_letter_to_one_by_name_may_not_ask_for_a_title() -> None:
    action = a_draft(kind=ActionKind.LETTER, letter=WORDS)
    assert "representative.title" not in fields_of(action)
    assert any("representative.title" in told for told in problems_of(action).values())
    target = db.session.get_one(Target, action.targets[0].id)
    council = lists.bring_in("Council", read_list(b"name,office\nAnn Alder,Mayor\n"))
    target.kind, target.detail = TargetKind.LIST, str(council.id)
    assert "representative.title" in fields_of(action)
    assert [one.office for one in all_addressees(action)] == ["Mayor"]
