"""The worker opens and closes actions, and commits what it did."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from actionhub import clock
from actionhub.actions.models import Action, ActionState
from actionhub.extensions import db
from tests.cast import an_open_action
from worker.actions import turn


def test_the_worker_closes_what_is_past_its_time_for_good(app: Flask) -> None:
    start = clock.now()
    with clock.set_to(start):
        action = an_open_action(closes_at=start + timedelta(minutes=5))
        action_id = action.id
        db.session.commit()
    db.session.remove()
    with clock.set_to(start + timedelta(minutes=5)):
        turn()
    assert db.session.get_one(Action, action_id).state is ActionState.CLOSED
