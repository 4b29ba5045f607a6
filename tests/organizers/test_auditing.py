"""Audit events stand in order and leave when their time is over."""

from __future__ import annotations

from flask import Flask

from actionhub import clock
from actionhub.extensions import db
from actionhub.organizers.auditing import forget_old, latest, record
from actionhub.organizers.joining import add_organizer
from actionhub.organizers.models import Role


def test_events_are_told_newest_first_and_page_by_page(app: Flask) -> None:
    ines = add_organizer("ines@example.org", Role.ADMIN)
    for number in (1, 2, 3):
        record("publish", "action", number, organizer_id=ines.id, fields=["title"])
    db.session.flush()
    page = latest(2)
    assert [event.subject_id for event in page] == [3, 2]
    assert [event.subject_id for event in latest(2, before=page[-1].id)] == [1]
    assert [event.fields for event in latest(subject=("action", 2))] == [["title"]]


def test_a_rolled_back_act_leaves_no_event(app: Flask) -> None:
    record("publish", "action", 1)
    db.session.rollback()
    assert latest() == []


def test_old_events_are_forgotten(app: Flask) -> None:
    with clock.moved_by(days=-731):
        record("publish", "action", 1)
    record("close", "action", 1)
    db.session.flush()
    assert forget_old(730) == 1
    assert [event.verb for event in latest()] == ["close"]
