from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from actionhub import clock
from actionhub.extensions import db
from actionhub.outbox import dropping, queue
from actionhub.outbox.models import ArchivedEmail, Email, EmailState, Mailing, Priority, Scope
from actionhub.outbox.suppressions import is_suppressed, lift, suppress
from tests.outbox.archived import archive_finished


def a_mailing(key: str = "me:en", **changes: Any) -> int:
    given: dict[str, Any] = {
        "template": "me",
        "locale": "en",
        "priority": Priority.URGENT,
        "scope": Scope.SIGNING,
        "content": {},
    }
    return queue.ensure_mailing(key, **(given | changes))


def an_email(mailing_id: int, key: str = "me:1:202611230200", **changes: Any) -> bool:
    given: dict[str, Any] = {
        "address": "ada@example.org",
        "address_hash": "a" * 64,
        "fields": {"me_url": "http://localhost/me/x"},
        "priority": Priority.URGENT,
    }
    return queue.enqueue(mailing_id, key=key, **(given | changes))


def test_a_mailing_is_made_once_for_its_key(app: Flask) -> None:
    first = a_mailing(content={"n": 1})
    db.session.commit()
    assert a_mailing(content={"n": 2}) == first
    assert db.session.get_one(Mailing, first).content == {"n": 1}


def test_a_mailing_of_a_rolled_back_transaction_is_not_remembered(app: Flask) -> None:
    a_mailing()
    assert a_mailing() == a_mailing()
    db.session.rollback()
    again = a_mailing()
    db.session.commit()
    assert db.session.get(Mailing, again) is not None


def test_an_email_of_the_same_key_is_written_once(app: Flask) -> None:
    mailing = a_mailing()
    assert an_email(mailing) is True
    assert an_email(mailing, address="other@example.org") is False
    db.session.commit()
    email = db.session.execute(select(Email)).scalar_one()
    assert (email.address, email.state) == ("ada@example.org", EmailState.READY)
    assert email.message_id.endswith("@example.org>")


def test_a_rollback_takes_the_email_along(app: Flask) -> None:
    an_email(a_mailing())
    db.session.rollback()
    assert db.session.execute(select(Email)).first() is None


def test_a_key_in_the_archive_stays_taken(app: Flask) -> None:
    mailing = a_mailing()
    assert an_email(mailing)
    db.session.execute(update(Email).values(state=EmailState.SENT, finished_at=clock.now()))
    assert archive_finished() == 1
    assert not an_email(mailing)
    assert queue.progress(mailing) == {EmailState.SENT: 1}


def test_a_cancelled_mailing_sends_nothing_more(app: Flask) -> None:
    mailing = a_mailing()
    an_email(mailing)
    assert queue.cancel_mailing(mailing) == 1
    queue.resume(mailing)  # changes nothing: cancelled is for good
    db.session.commit()
    assert queue.progress(mailing) == {EmailState.CANCELLED: 1}


def test_forgetting_an_address_cancels_and_erases(app: Flask) -> None:
    mailing = a_mailing()
    an_email(mailing)
    an_email(mailing, key="me:2:1", address="bo@example.org", address_hash="b" * 64)
    assert dropping.forget("a" * 64) == 1
    db.session.commit()
    gone, kept = db.session.execute(select(Email).order_by(Email.id)).scalars()
    assert (gone.address, gone.fields, gone.state) == (None, None, EmailState.CANCELLED)
    assert (kept.address, kept.state) == ("bo@example.org", EmailState.READY)


def test_progress_counts_what_is_archived_with_what_is_not(app: Flask) -> None:
    mailing, other = a_mailing(), a_mailing("me:es", locale="es")
    for n in range(5):
        an_email(mailing, key=f"me:{n}:1")
    an_email(other, key="me:9:1")
    ended = {"me:0:1": EmailState.SENT, "me:1:1": EmailState.SENT, "me:2:1": EmailState.FAILED}
    for key, state in ended.items():
        db.session.execute(update(Email).where(Email.key == key).values(state=state))
    assert archive_finished() == 3
    db.session.execute(update(Email).where(Email.key == "me:3:1").values(state=EmailState.SENT))
    states = {EmailState.SENT: 3, EmailState.FAILED: 1, EmailState.READY: 1}
    assert queue.progress(mailing) == states
    assert queue.progress(mailing, other) == states | {EmailState.READY: 2}
    assert queue.progress() == {}


def test_forgetting_an_address_erases_what_is_archived_of_it_too(app: Flask) -> None:
    mailing = a_mailing()
    an_email(mailing)
    an_email(mailing, key="me:2:1", address="bo@example.org", address_hash="b" * 64)
    db.session.execute(update(Email).values(state=EmailState.SENT))
    archive_finished()
    an_email(mailing, key="me:1:2")
    assert dropping.forget("a" * 64) == 2
    assert dropping.forget("a" * 64) == 0
    db.session.commit()
    gone, kept = db.session.scalars(select(ArchivedEmail).order_by(ArchivedEmail.id))
    assert (gone.address, gone.domain, gone.fields, gone.state) == (None,) * 3 + (EmailState.SENT,)
    assert kept.address == "bo@example.org"


@pytest.mark.parametrize("scope", list(Scope))
def test_a_suppression_stops_its_scope_and_all_stops_every_one(app: Flask, scope: Scope) -> None:
    suppress("a" * 64, scope, "left")
    suppress("a" * 64, scope, "left")
    for asked in Scope:
        assert is_suppressed("a" * 64, asked) == (scope in (Scope.ALL, asked))
    assert not is_suppressed("b" * 64, scope)


def test_a_lifted_suppression_can_come_back(app: Flask) -> None:
    suppress("a" * 64, Scope.FOLLOWUPS, "left")
    lift("a" * 64, Scope.FOLLOWUPS)
    assert not is_suppressed("a" * 64, Scope.FOLLOWUPS)
    suppress("a" * 64, Scope.FOLLOWUPS, "complained")
    assert is_suppressed("a" * 64, Scope.FOLLOWUPS)


def test_an_email_may_be_due_later(app: Flask) -> None:
    tomorrow = clock.now() + timedelta(days=1)
    an_email(a_mailing(), due_at=tomorrow)
    assert db.session.execute(select(Email.due_at)).scalar_one() == tomorrow
