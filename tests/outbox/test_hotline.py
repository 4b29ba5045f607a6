"""The hot path's own line to PostgreSQL, over a connection that others may have used before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DataError, DBAPIError, OperationalError

from actionhub.extensions import db
from actionhub.outbox import claiming, marking, recording
from actionhub.outbox.models import EmailState, Scope
from tests.outbox.people import state_of, write_to


def test_what_others_did_on_its_connection_does_not_matter(app: Flask) -> None:
    for name in ("ada", "bo"):
        write_to(f"{name}@example.org")
    db.session.remove()  # so that the pool gives the same connection again
    ada, bo = claiming.claim(db.engine, "me", 2)
    for email in (ada, bo):
        with marking.connect(db.engine) as hot:
            assert marking.advance(hot, "me", None, (email, Scope.SIGNING)).marked
        with db.engine.connect() as other:
            for number in range(8):  # psycopg prepares it meanwhile, and forgets all on a rollback
                other.execute(text("SELECT 1 WHERE 1 = :n"), {"n": number})
            other.rollback()
    assert state_of(ada.id) is state_of(bo.id) is EmailState.SENDING


def test_what_the_database_refuses_for_good_is_told_from_its_being_away(app: Flask) -> None:
    if db.engine.dialect.name == "sqlite":  # its own driver tells it
        with db.engine.connect() as plain, pytest.raises(recording.WRONG):
            plain.execute(text("INSERT INTO emails (key) VALUES (NULL)"))
        return
    write_to("ada@example.org")
    (ada,) = claiming.claim(db.engine, "me", 1)
    too_large = replace(ada, id=1 << 70)
    with marking.connect(db.engine) as hot, pytest.raises(DataError):
        marking.advance(hot, "me", None, (too_large, Scope.SIGNING))
    with marking.connect(db.engine) as hot:
        ours = hot.connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]
        with db.engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:n, 5000)"), {"n": ours})
        with pytest.raises(DBAPIError) as away:
            marking.advance(hot, "me", None, (ada, Scope.SIGNING))
        assert not isinstance(away.value, recording.WRONG)


@pytest.mark.parametrize(
    ("kind", "gives_up"), [(DataError, True), (OperationalError, False)], ids=["wrong", "away"]
)
def test_a_wrong_record_is_not_insisted_on_for_ever(
    monkeypatch: pytest.MonkeyPatch, kind: type[DBAPIError], gives_up: bool
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(recording.time, "sleep", waits.append)

    def record() -> Any:
        if len(waits) < 20:
            raise kind("", {}, Exception())
        return "written"

    if gives_up:
        with pytest.raises(kind):
            recording.insist(record)
        assert tuple(waits) == recording.INSIST_SECONDS[:-1]
    else:
        assert recording.insist(record) == "written"
