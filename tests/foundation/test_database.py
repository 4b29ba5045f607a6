"""Transactions begin as their method says; times keep their zone; SQLite is made durable."""

from __future__ import annotations

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import NullPool, create_engine, event, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from actionhub import clock, database
from actionhub.extensions import db
from actionhub.limits import RateBucket
from actionhub.outbox.models import Email


def begun(app: Flask, method: str) -> list[str]:
    """What SQLite was told when a request of `method` made its first statement."""
    said: list[str] = []

    def hear(_c: object, _cur: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    db.session.remove()
    event.listen(db.engine, "before_cursor_execute", hear)
    try:
        with app.test_request_context(method=method):
            db.session.execute(text("SELECT 1"))
            db.session.rollback()
    finally:
        event.remove(db.engine, "before_cursor_execute", hear)
    return [statement for statement in said if statement.startswith("BEGIN")]


def test_reading_begins_deferred_and_writing_immediate(app: Flask) -> None:
    if db.engine.dialect.name == "postgresql":
        assert begun(app, "GET") == begun(app, "POST") == []
        return
    assert begun(app, "GET") == ["BEGIN"]
    assert begun(app, "POST") == ["BEGIN IMMEDIATE"]


def test_sqlite_is_durable_and_checks_foreign_keys(app: Flask) -> None:
    if db.engine.dialect.name == "sqlite":
        pragmas = {
            name: db.session.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
        assert pragmas["journal_mode"] == "wal"
        assert (pragmas["synchronous"], pragmas["foreign_keys"]) == (2, 1)
        assert pragmas["busy_timeout"] >= 5000
        db.session.rollback()
    with pytest.raises(IntegrityError):
        db.session.execute(
            text("INSERT INTO action_releases VALUES (999, 999, '2026-01-01 00:00:00')")
        )


def test_times_come_back_aware_and_naive_ones_are_refused(app: Flask) -> None:
    moment = clock.now()
    db.session.add(
        RateBucket(
            key="k", tokens=1.0, amount=1.0, per_second=1.0, refilled_at=moment, granted=True
        )
    )
    db.session.commit()
    assert db.session.scalars(select(RateBucket.refilled_at)).one() == moment
    with pytest.raises(StatementError):
        db.session.execute(select(RateBucket).where(RateBucket.refilled_at < datetime(2026, 1, 1)))


def test_an_unknown_state_is_refused_by_the_database(app: Flask) -> None:
    constraint = {c.name for c in Email.__table__.constraints}  # type: ignore[attr-defined]
    assert "ck_emails_emailstate" in constraint


def test_a_connection_that_died_while_it_rested_is_replaced(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    if db.engine.dialect.name == "sqlite":
        assert db.session.execute(text("SELECT 1")).scalar() == 1  # no server to lose
        return
    db.session.remove()
    db.engine.dispose()  # so that the pool holds this one alone, and hands it out again
    with db.engine.connect() as resting:
        backend = resting.execute(text("SELECT pg_backend_pid()")).scalar_one()
    killer = create_engine(db.engine.url, poolclass=NullPool)
    with killer.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": backend})
    killer.dispose()
    monkeypatch.setattr(database, "REST_SECONDS", 0.0)
    assert db.session.execute(text("SELECT 1")).scalar() == 1
