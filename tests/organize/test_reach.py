"""An organizer chooses whom in Congress an action reaches, and looks at who that is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from actionhub import clock
from actionhub.actions.models import Action
from actionhub.actions.targets import rule_of
from actionhub.extensions import db
from actionhub.organizers.models import Role
from tests.cast import a_draft, an_open_action
from tests.congress.seats import load_ohio
from tests.organize.people import Desk
from tests.organize.test_actions import WORDS, drafted


@pytest.fixture(autouse=True)
def _in_july() -> Iterator[None]:
    with clock.set_to(datetime(2026, 7, 1, 12, tzinfo=UTC)):
        yield


def test_the_form_offers_rules_and_keeps_the_chosen_one(app: Flask) -> None:
    load_ohio()
    sam = Desk(app, Role.ORGANIZER)
    page = sam.sees("/organize/actions/new")
    assert '<option value="party:Independent">Independent</option>' in page
    action = drafted(sam, target_rule="house")
    assert str(rule_of(action)) == "house"
    edit = sam.sees(f"/organize/actions/{action.id}/edit")
    assert '<option selected value="house">' in edit
    assert "whom it reaches" in sam.sees(f"/organize/actions/{action.id}")


def test_a_rule_that_is_not_offered_is_refused_with_the_words_kept(app: Flask) -> None:
    sam = Desk(app, Role.ORGANIZER)
    once = sam.hidden("/organize/actions/new", "once")
    typed = WORDS | {"target_rule": "party:Green"}
    answer = sam.send("/organize/actions/new", once=once, **typed)
    assert answer.status_code == 422
    assert "Pass the PRO Act" in answer.text
    assert db.session.scalars(select(Action)).all() == []


def test_once_published_the_form_leaves_whom_it_reaches_alone(app: Flask) -> None:
    action = an_open_action(target_rule="senators")
    db.session.commit()
    sam = Desk(app, Role.ORGANIZER)
    assert 'name="target_rule"' not in sam.sees(f"/organize/actions/{action.id}/edit")


def test_the_page_tells_who_is_reached_for_a_zip_and_in_all(app: Flask) -> None:
    load_ohio()
    action = a_draft(target_rule="delegation")
    db.session.commit()
    ruth, path = Desk(app, Role.VIEWER), f"/organize/actions/{action.id}/reach"
    page = ruth.sees(path)
    assert "In all: 2 people" in page
    assert "8 seats that it would reach are vacant." in page, "two of Ohio, six of delegates"
    page = ruth.sees(f"{path}?zip=44101")
    assert "44101 touches several districts" in page
    assert "Representative Ada Ash" in page
    assert "A seat in the Senate is vacant." in page
    assert "Nobody it addresses represents this ZIP." in ruth.sees(f"{path}?zip=96799")
    assert "No state is known for 00000." in ruth.sees(f"{path}?zip=00000")
    assert "A ZIP code has five digits." in ruth.sees(f"{path}?zip=x")


def test_without_data_the_page_says_how_to_load_it(app: Flask) -> None:
    action = a_draft(target_rule="delegation")
    db.session.commit()
    page = Desk(app, Role.VIEWER).sees(f"/organize/actions/{action.id}/reach")
    assert "actionhub congress load" in page


def test_a_named_target_has_no_such_page(app: Flask) -> None:
    action = a_draft()
    db.session.commit()
    ruth = Desk(app, Role.VIEWER)
    assert ruth.see(f"/organize/actions/{action.id}/reach").status_code == 404
    assert "whom it reaches" not in ruth.sees(f"/organize/actions/{action.id}")


def test_two_at_once_are_told_the_others_rule_in_words(app: Flask) -> None:
    action = a_draft(target_rule="senators")
    db.session.commit()
    sam, path = Desk(app, Role.ORGANIZER), f"/organize/actions/{action.id}/edit"
    seen = sam.hidden(path, "seen")
    action.updated_at += timedelta(seconds=1)
    db.session.commit()
    answer = sam.send(path, seen=seen, **WORDS | {"target_rule": "house"})
    assert answer.status_code == 409
    assert "<dd>Both senators</dd>" in answer.text.replace("\n", "")
