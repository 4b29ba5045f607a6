"""Rules tell who in Congress an action reaches, for a ZIP and in all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask

from actionhub import clock
from actionhub.actions import drafting, targets
from actionhub.actions.models import TargetKind
from actionhub.actions.targets import Rule, read_rule, rule_of
from actionhub.congress.committees import COMMITTEES, SEATS
from actionhub.extensions import db
from tests.cast import a_draft, an_open_action
from tests.congress.seats import load_judiciary, load_ohio


@pytest.fixture(autouse=True)
def _ohio(app: Flask) -> Iterator[None]:
    with clock.set_to(datetime(2026, 7, 1, 12, tzinfo=UTC)):
        load_ohio()
        load_judiciary()
        yield


ADA, CY = "Ada Ash", "Cy Cedar"


@pytest.mark.parametrize(
    ("rule", "everyone", "of_two_districts", "of_the_state"),
    [
        ("senators", [CY], [CY], [CY]),
        ("house", [ADA], [ADA], []),
        ("delegation", [CY, ADA], [CY, ADA], [CY]),
        ("committee:HSJU", [ADA], [ADA], []),
        ("party:Independent", [CY, ADA], [CY, ADA], [CY]),
        ("party:Green", [], [], []),
        ("committee:HSXX", [], [], []),
        ("named", [], [], []),
    ],
)
def test_a_rule_reaches_those_who_represent_a_zip(
    rule: str, everyone: list[str], of_two_districts: list[str], of_the_state: list[str]
) -> None:
    asked = read_rule(rule)

    def names(reach: targets.Reach) -> list[str]:
        return [seat.name for seat in reach.seats]

    assert names(targets.reach_in_all(asked)) == everyone
    assert names(targets.reach_of_zip(asked, "44101").reach) == of_two_districts
    assert names(targets.reach_of_zip(asked, "44199").reach) == of_the_state
    assert names(targets.reach_of_zip(asked, "00000").reach) == []


def test_seats_that_nobody_holds_are_told() -> None:
    def vacant(rule: str) -> list[tuple[str, int | None]]:
        found = targets.reach_of_zip(read_rule(rule), "44101").reach.vacant
        return [(seat.state, seat.district) for seat in found]

    assert vacant("senators") == [("OH", None)]
    assert vacant("house") == [("OH", 10)]
    assert vacant("delegation") == [("OH", None), ("OH", 10)]
    assert vacant("committee:HSJU") == vacant("party:Independent") == []


@pytest.mark.parametrize(
    "text", ["", "king", "committee", "party:", "senators:OH", "party:" + "x" * 99]
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(targets.NoSuchRule):
        read_rule(text)


@pytest.mark.parametrize("text", ["committee:HSXX", "party:Green"])
def test_a_draft_cannot_address_who_is_not_there(text: str) -> None:
    with pytest.raises(targets.NoSuchRule):
        a_draft(target_rule=text)


def test_a_draft_changes_its_rule_and_a_published_action_does_not() -> None:
    draft = a_draft(target_rule="committee:HSJU")
    assert rule_of(draft) == Rule(TargetKind.COMMITTEE, "HSJU")
    drafting.edit_draft(draft, target_rule="senators")
    drafting.edit_draft(draft, target_office="Capitol")
    assert str(rule_of(draft)) == "senators"
    published = an_open_action(title="Another", target_rule="senators")
    drafting.edit_draft(published, target_rule="senators")
    with pytest.raises(targets.FixedOnceSigned):
        drafting.edit_draft(published, target_rule="house")


def test_a_rule_outlives_a_committee_that_is_no_more() -> None:
    draft = a_draft(target_rule="committee:HSJU")
    db.session.execute(SEATS.delete())
    db.session.execute(COMMITTEES.delete())
    drafting.edit_draft(draft, title="Still ours", target_rule="committee:HSJU")
    assert targets.reach_in_all(rule_of(draft)).seats == ()
