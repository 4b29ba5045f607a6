"""The worker reads what came back by itself, where it is told of a mailbox."""

from __future__ import annotations

import mailbox
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from actionhub.extensions import db
from actionhub.outbox.models import EmailState, Report
from tests.cli.test_bounces import reading
from tests.outbox import reported
from tests.outbox.people import write_to
from tests.outbox.reported import to_us
from tests.outbox.test_bounces import turn
from worker.bounces import bounces
from worker.schedule import BEAT


def test_beat_wakes_it_and_a_bounce_counts(app: Flask, tmp_path: Path) -> None:
    assert "actionhub.outbox.bounces" in {entry["task"] for entry in BEAT.values()}
    number = write_to("ada@example.org")
    turn(number, state=EmailState.SENT)
    box = mailbox.Maildir(tmp_path / "bounces", create=True)
    box.add(reported.postfix(to_us(number)))
    with reading(app, str(tmp_path / "bounces")):
        bounces()
        bounces()
    db.session.rollback()
    assert [row.kind for row in db.session.scalars(select(Report))] == ["bounced"]


def test_without_a_mailbox_or_with_a_bad_one_it_breaks_nothing(app: Flask, tmp_path: Path) -> None:
    bounces()
    with reading(app, str(tmp_path / "nowhere")):
        bounces()
    db.session.rollback()
    assert db.session.scalars(select(Report)).first() is None
