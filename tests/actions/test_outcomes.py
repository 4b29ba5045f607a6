"""What came of an action: recorded of those it addresses, struck when wrong, never changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from actionhub import clock
from actionhub.actions.models import Action
from actionhub.actions.outcome_models import Outcome, OutcomeKind, VotePosition
from actionhub.actions.outcome_views import event_of, events_of, outcomes_of
from actionhub.actions.outcomes import (
    BadOutcome,
    Deed,
    NotPublished,
    cosponsors,
    how_many,
    record,
    strike,
)
from actionhub.congress.models import Term
from actionhub.extensions import db
from tests.cast import a_draft, an_open_action
from tests.congress.seats import load_ohio

CEDAR, ASH = "C000003", "A000001"
JUNE = date(2026, 6, 30)


@pytest.fixture(autouse=True)
def _ohio(app: Flask) -> Iterator[None]:
    with clock.set_to(datetime(2026, 7, 1, 12, tzinfo=UTC)):
        load_ohio()
        yield


@pytest.fixture
def action() -> Action:
    return an_open_action(target_rule="delegation")


def a_deed(**changes: Any) -> Deed:
    values: dict[str, Any] = {"kind": OutcomeKind.COSPONSORSHIP, "happened_on": JUNE}
    return Deed(**values | changes)


def a_vote(position: VotePosition | None = VotePosition.YEA, **changes: Any) -> Deed:
    return a_deed(kind=OutcomeKind.VOTE, position=position, **changes)


def test_it_tells_who_did_it_as_they_were_then(action: Action) -> None:
    record(action, [ASH], a_vote(words="On  passage\nof S. 1"))
    (found,) = outcomes_of(action.id)
    assert found.newest.shown_name == "Representative Ada Ash"
    assert found.newest.place == "Ohio, district 9"
    assert found.newest.deed == "Voted yes"
    assert found.newest.words_in("es") == ("On passage of S. 1", "en")


def test_one_who_left_congress_keeps_their_name_in_the_record(action: Action) -> None:
    record(action, [ASH], a_vote())
    db.session.execute(update(Term).values(ends_on=date(2026, 7, 1)))
    (found,) = outcomes_of(action.id)
    assert found.newest.shown_name == "Representative Ada Ash"
    assert found.newest.concerns("OH", 9)


def test_what_one_did_before_they_left_can_still_be_recorded(action: Action) -> None:
    db.session.execute(update(Term).values(ends_on=date(2026, 7, 1)))
    record(action, [ASH], a_vote())
    with pytest.raises(BadOutcome):
        record(action, [ASH], a_vote(happened_on=date(2026, 7, 1)))
    assert how_many(action.id) == 1


def test_the_last_to_do_something_comes_first_with_all_they_did(action: Action) -> None:
    record(action, [ASH], a_deed(happened_on=date(2026, 3, 1)))
    record(action, [CEDAR], a_deed(happened_on=date(2026, 4, 1)))
    record(action, [ASH], a_vote())
    ash, cedar = outcomes_of(action.id)
    assert [one.deed for one in ash.outcomes] == ["Voted yes", "Cosponsored it"]
    assert cedar.newest.name == "Cy Cedar"


def test_a_named_body_may_reply() -> None:
    action = an_open_action(target_name="The Council", target_office="City Hall")
    key = f"named:{action.targets[0].id}"
    record(action, [key], a_deed(kind=OutcomeKind.REPLY, words="We will look at it."))
    (found,) = outcomes_of(action.id)
    assert (found.newest.shown_name, found.newest.place) == ("The Council", "City Hall")
    assert found.newest.concerns(None, None), "everybody's"


@pytest.mark.parametrize("key", ["X000009", "named:1", ""])
def test_one_whom_it_does_not_address_is_refused(action: Action, key: str) -> None:
    with pytest.raises(BadOutcome) as refused:
        record(action, [ASH, key], a_vote())
    assert list(refused.value.problems) == ["who"]
    assert how_many(action.id) == 0, "nor is the other one recorded"


@pytest.mark.parametrize(
    ("deed", "field"),
    [
        (a_vote(None), "position"),
        (a_deed(kind=OutcomeKind.STATEMENT, words=" "), "words"),
        (a_deed(words="x" * 501), "words"),
        (a_deed(words_es="x" * 501), "words_es"),
        (a_deed(happened_on=date(2026, 7, 2)), "happened_on"),
        (a_deed(happened_on=date(26, 6, 30)), "happened_on"),
        (a_deed(source_url="javascript:alert(1)"), "source_url"),
        (a_deed(source_url="https://example.org/> [x](y"), "source_url"),
        (a_deed(source_url="https://"), "source_url"),
        (a_deed(source_url="//example.org/x"), "source_url"),
        (a_deed(source_url="http://[::1"), "source_url"),
    ],
)
def test_what_cannot_be_so_is_refused_at_its_field(action: Action, deed: Deed, field: str) -> None:
    with pytest.raises(BadOutcome) as refused:
        record(action, [ASH], deed)
    assert list(refused.value.problems) == [field]


def test_today_is_the_organizations_day(action: Action) -> None:
    with clock.set_to(datetime(2026, 7, 2, 2, tzinfo=UTC)):  # still the first in New York
        with pytest.raises(BadOutcome):
            record(action, [ASH], a_deed(happened_on=date(2026, 7, 2)))
        record(action, [ASH], a_deed(happened_on=date(2026, 7, 1)))


def test_a_draft_has_no_outcomes() -> None:
    with pytest.raises(NotPublished):
        record(a_draft(target_rule="delegation"), [ASH], a_deed())


def test_the_same_recorded_again_adds_nothing(action: Action) -> None:
    assert len(record(action, [ASH], a_vote())) == 1
    assert len(record(action, [ASH, CEDAR], a_vote())) == 1
    assert how_many(action.id) == 2


def test_a_struck_one_stays_in_the_log_and_nowhere_else(action: Action) -> None:
    (outcome,) = record(action, [ASH], a_deed())
    assert cosponsors(action.id) == {ASH}
    assert strike(outcome) == [outcome]
    assert strike(outcome) == [], "once"
    assert cosponsors(action.id) == frozenset()
    assert outcomes_of(action.id) == ()
    assert how_many(action.id) == 0
    (event,) = events_of(action.id)
    assert event.standing == ()
    assert event.first.withdrawn_at is not None
    assert record(action, [ASH], a_deed()) != [], "and can be recorded again"


def test_a_whole_vote_is_struck_at_once_and_no_other(action: Action) -> None:
    yes, _too = record(action, [ASH, CEDAR], a_vote())
    record(action, [ASH], a_vote(happened_on=date(2026, 6, 1)))
    record(action, [ASH], a_vote(VotePosition.NAY))
    assert len(strike(yes, with_its_like=True)) == 2
    assert how_many(action.id) == 2


def test_only_cosponsorships_make_cosponsors_and_of_that_action_alone(action: Action) -> None:
    other = an_open_action(target_rule="delegation", title="Another one")
    record(action, [ASH], a_vote())
    record(other, [CEDAR], a_deed())
    assert cosponsors(action.id) == frozenset()
    assert cosponsors(other.id) == {CEDAR}


def test_a_vote_is_one_event_whoever_voted_how(action: Action) -> None:
    record(action, [ASH], a_vote(VotePosition.NAY, words="On passage"))
    (yes,) = record(action, [CEDAR], a_vote(words="On passage"))
    event = event_of(yes)
    told = [(deed, [one.name for one in found]) for deed, found in event.by_deed()]
    assert told == [("Voted yes", ["Cy Cedar"]), ("Voted no", ["Ada Ash"])]


def test_the_database_holds_that_a_vote_and_nothing_else_has_a_position(action: Action) -> None:
    record(action, [ASH], a_vote())
    db.session.commit()
    with pytest.raises(IntegrityError):
        db.session.execute(update(Outcome).values(position=None))
    db.session.rollback()
    assert db.session.scalars(select(Outcome.position)).one() is VotePosition.YEA
