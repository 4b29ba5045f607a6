"""Finished emails move out of the way; their keys stay taken and their sums known."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from sqlalchemy import func, select, update

from actionhub import clock
from actionhub.extensions import db
from actionhub.outbox.archiving import archive
from actionhub.outbox.models import ArchivedEmail, Email, EmailState, MailTotal
from tests.outbox.people import row_of, write_to


def finish(number: int, state: EmailState, days_ago: float) -> None:
    finished_at = clock.now() - timedelta(days=days_ago)
    db.session.execute(
        update(Email).where(Email.id == number).values(state=state, finished_at=finished_at)
    )
    db.session.commit()


def archived() -> set[int]:
    db.session.rollback()
    return set(db.session.execute(select(ArchivedEmail.id)).scalars())


def test_what_ended_long_ago_moves_and_what_waits_stays(app: Flask) -> None:
    sent, fresh = write_to("a@example.org"), write_to("b@example.org")
    failed, long_failed = write_to("c@example.org"), write_to("d@example.org")
    waiting, newest = write_to("e@example.org"), write_to("f@example.org")
    finish(sent, EmailState.SENT, 3)
    finish(fresh, EmailState.SENT, 1)
    finish(failed, EmailState.FAILED, 3)  # `outbox retry` still finds it
    finish(long_failed, EmailState.FAILED, 15)
    finish(newest, EmailState.SENT, 3)  # SQLite would give its number again
    before = row_of(sent)
    assert archive(db.engine) == 2
    assert archived() == {sent, long_failed}
    left = set(db.session.execute(select(Email.id)).scalars())
    assert left == {fresh, failed, waiting, newest}
    kept = db.session.execute(select(ArchivedEmail.__table__).where(ArchivedEmail.id == sent)).one()
    assert {name: getattr(kept, name) for name in kept._fields} == before._mapping
    db.session.rollback()
    assert archive(db.engine) == 0


def test_a_mailings_sums_grow_with_each_batch(app: Flask) -> None:
    numbers = [write_to(f"p{n}@example.org") for n in range(8)]
    for number in numbers[:-1]:
        finish(number, EmailState.SENT if number % 2 else EmailState.SUPPRESSED, 3)
    while archive(db.engine, limit=2):
        pass
    totals = dict(db.session.execute(select(MailTotal.state, MailTotal.number)).all())
    assert sum(totals.values()) == 7 == len(archived())
    by_state = select(ArchivedEmail.state, func.count()).group_by(ArchivedEmail.state)
    assert totals == dict(db.session.execute(by_state).all())
