"""Whom an action addresses: everyone, and those of one supporter's place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask

from actionhub import clock
from actionhub.actions.addressees import Addressee, addressees_of, all_addressees
from actionhub.congress.sitting import District
from tests.cast import a_draft
from tests.congress.seats import load_ohio


@pytest.fixture(autouse=True)
def _ohio(app: Flask) -> Iterator[None]:
    with clock.set_to(datetime(2026, 7, 1, 12, tzinfo=UTC)):
        load_ohio()
        yield


@pytest.mark.parametrize(
    ("rule", "everyone", "of_nine", "of_ten"),
    [
        ("delegation", ["C000003", "A000001"], ["C000003", "A000001"], ["C000003"]),
        ("senators", ["C000003"], ["C000003"], ["C000003"]),
        ("house", ["A000001"], ["A000001"], []),
    ],
)
def test_a_rule_addresses_who_represents_a_district(
    rule: str, everyone: list[str], of_nine: list[str], of_ten: list[str]
) -> None:
    action = a_draft(target_rule=rule)

    def keys(found: tuple[Addressee, ...]) -> list[str]:
        return [one.key for one in found]

    assert keys(all_addressees(action)) == everyone
    assert keys(addressees_of(action, District("OH", 9))) == of_nine
    assert keys(addressees_of(action, District("OH", 10))) == of_ten
    assert keys(addressees_of(action, District("TX", 1))) == []
    assert keys(addressees_of(action, None)) == []


def test_a_named_target_addresses_itself_wherever_people_live() -> None:
    action = a_draft(target_name="The Senate Majority Leader", target_office="US Capitol")
    (named,) = addressees_of(action, None)
    assert named.key == f"named:{action.targets[0].id}"
    assert named.shown_name == "The Senate Majority Leader"
    assert all_addressees(action) == addressees_of(action, District("OH", 9)) == (named,)
    assert named.hears(None, None)


def test_offices_hear_their_own() -> None:
    action = a_draft(target_rule="delegation")
    senator, member = all_addressees(action)
    assert senator.shown_name == "Senator Cy Cedar"
    assert senator.hears("OH", None)
    assert senator.hears("OH", 10)
    assert not senator.hears("TX", 10)
    assert member.hears("OH", 9)
    assert not member.hears("OH", None)
    assert not member.hears(None, None)
