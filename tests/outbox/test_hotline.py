"""The hot path's own line to PostgreSQL, over a connection that others may have used before."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import text

from actionhub.extensions import db
from actionhub.outbox import claiming, marking
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
