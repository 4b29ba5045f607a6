"""The tasks commit what the domain did, each in a context of its own."""

from __future__ import annotations

from flask import Flask

from actionhub import clock
from actionhub.extensions import db
from actionhub.signatures import counts
from tests.signatures.people import an_action, emails, signatures, signed
from worker import privacy as privacy_tasks
from worker import signatures as tasks
from worker.schedule import BEAT


def test_the_beat_knows_each_task_by_its_name() -> None:
    named = {entry["task"] for entry in BEAT.values()}
    assert {tasks.fold.name, tasks.remind.name, privacy_tasks.clean.name} <= named


def test_folding_goes_on_until_all_is_folded(app: Flask) -> None:
    action = an_action()
    for n in range(3):
        signed(action, f"s{n}@example.org")
    db.session.rollback()
    assert tasks.fold() == 3
    assert tasks.fold() == 0
    db.session.rollback()
    assert counts.counts_of(action).pending == 3


def test_reminding_and_cleaning_stand_after_their_task(app: Flask) -> None:
    signed(an_action())
    db.session.rollback()
    with clock.moved_by(days=3):
        assert tasks.remind() == 1
        assert tasks.remind() == 0
    db.session.rollback()
    assert len(emails("remind")) == 1
    db.session.rollback()
    with clock.moved_by(days=31):
        assert privacy_tasks.clean()["pending_signatures"] == 1
        assert not any(privacy_tasks.clean().values())
    db.session.rollback()
    assert list(signatures()) == []
    assert counts.check() == []
