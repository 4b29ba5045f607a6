"""What waits is counted by priority and state, and only the mail that may go counts as late."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
from flask import Flask
from sqlalchemy import event, text

from actionhub import clock
from actionhub.extensions import db
from actionhub.outbox import conditions, watching
from actionhub.outbox.models import EmailState, MailingState, Priority
from actionhub.outbox.watching import LATE, Queue
from tests.outbox.troubles import a_paused_mailing, an_email, archived, mailing_of

S = EmailState


def queue_of(priority: int) -> Queue:
    return next(one for one in watching.queues() if one.priority == priority)


def test_an_empty_outbox_waits_for_nothing(app: Flask) -> None:
    assert watching.numbers() == dict.fromkeys(product(watching.OPEN, watching.PRIORITIES), 0)
    assert watching.by_template() == {}
    assert [(one.priority, one.due, one.age) for one in watching.queues()] == [
        (priority, 0, timedelta()) for priority in (0, 1, 2, 3)
    ]


def test_every_state_is_counted_with_its_priority(app: Flask) -> None:
    thanks = mailing_of("thanks", Priority.THANKS)
    for number, state in enumerate(S, start=1):
        for _one in range(number):
            an_email(state, thanks)
    for state in (S.READY, S.DEFERRED, S.UNKNOWN):
        an_email(state)
    numbers = watching.numbers()
    expected = {state: number for number, state in enumerate(S, start=1)}
    open_ones = {state: expected[state] for state in watching.OPEN}
    assert {state: numbers[state, Priority.THANKS] for state in watching.OPEN} == open_ones
    urgent = [numbers[state, Priority.URGENT] for state in (S.READY, S.DEFERRED, S.UNKNOWN)]
    assert urgent == [1, 1, 1]
    assert {state for state, _priority in numbers} == set(watching.OPEN)
    an_email(S.SENT, mailing_of("thanks", Priority.THANKS, locale="es"))
    expected[S.SENT] += 1
    found = watching.by_template()
    assert {state: found["thanks", state] for state in S} == expected
    assert found["me", S.READY] == 1


def test_what_is_put_off_is_due_once_its_time_has_come(app: Flask) -> None:
    now = clock.now()
    an_email(S.READY, due_at=now + timedelta(hours=1))  # of what is ready the time only informs
    an_email(S.DEFERRED, due_at=now - timedelta(minutes=4))
    an_email(S.UNKNOWN, due_at=now - timedelta(minutes=3))
    an_email(S.DEFERRED, due_at=now + timedelta(minutes=5))
    an_email(S.SENDING, due_at=now - timedelta(hours=9))
    found = queue_of(Priority.URGENT)
    assert (found.due, found.later, found.paused) == (3, 1, 0)
    assert timedelta(minutes=4) <= found.age < timedelta(minutes=5)
    an_email(S.READY, due_at=now - timedelta(minutes=9))
    assert queue_of(Priority.URGENT).age >= timedelta(minutes=9)


def test_a_paused_mailing_makes_nothing_late(app: Flask) -> None:
    paused = a_paused_mailing()
    long_ago = clock.now() - timedelta(days=1)
    for state in (S.READY, S.READY, S.DEFERRED, S.FAILED):
        an_email(state, paused, due_at=long_ago)
    an_email(S.READY, mailing_of("followup", Priority.FOLLOWUP))
    found = queue_of(Priority.FOLLOWUP)
    assert (found.due, found.later, found.paused) == (1, 0, 3)
    assert not found.is_late


def test_the_oldest_is_told_for_each_priority_alone(app: Flask) -> None:
    now = clock.now()
    letters = mailing_of("letter", Priority.LETTER)
    for minutes in (1, 8, 3):
        an_email(S.READY, letters, due_at=now - timedelta(minutes=minutes))
    an_email(S.READY, due_at=now - timedelta(minutes=2))
    minutes = {one.priority: one.age // timedelta(minutes=1) for one in watching.queues()}
    assert minutes == {0: 2, 1: 0, 2: 8, 3: 0}


@pytest.mark.parametrize("priority", sorted(LATE))
def test_mail_is_late_beyond_what_its_priority_allows(app: Flask, priority: int) -> None:
    now = clock.now()
    just = Queue(priority, due=1, oldest_due_at=now - LATE[priority] + timedelta(seconds=20))
    beyond = Queue(priority, due=1, oldest_due_at=now - LATE[priority] - timedelta(seconds=1))
    assert (just.is_late, beyond.is_late) == (False, True)


def test_a_time_ahead_is_no_age(app: Flask) -> None:
    assert Queue(0, due=1, oldest_due_at=clock.now() + timedelta(hours=1)).age == timedelta()


def test_a_cancelled_mailing_is_not_due(app: Flask) -> None:
    an_email(S.READY, mailing_of("me", state=MailingState.CANCELLED))
    assert queue_of(Priority.URGENT).due == 0
    assert queue_of(Priority.URGENT).oldest_due_at is None


def test_the_archive_is_told_by_template_and_state(app: Flask) -> None:
    one, two = mailing_of("me"), mailing_of("me", locale="es")
    archived(one, S.SENT, 40)
    archived(two, S.SENT, 2)
    archived(two, S.FAILED, 1)
    assert watching.archived() == {("me", S.SENT): 42, ("me", S.FAILED): 1}


def reads_all(line: str) -> bool:
    """Whether a line of a plan reads every email, the finished ones too."""
    return "Seq Scan on emails" in line or line.startswith("SCAN emails")


def test_no_look_at_what_waits_reads_the_whole_outbox(app: Flask) -> None:
    """Finished emails may be millions: every statement goes through an index."""
    mailing = mailing_of()
    for _number in range(300):
        an_email(S.SENT, mailing)
    an_email(S.READY, mailing)
    an_email(S.HELD, mailing)
    db.session.commit()
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("ANALYZE emails"))
        db.session.execute(text("SET LOCAL enable_seqscan = off"))
    asked: list[tuple[str, object]] = []

    def note(
        _connection: object, _cursor: object, statement: str, given: object, *_: object
    ) -> None:
        asked.append((statement, given))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        watching.queues()
        conditions.held()
        conditions.next_unknown_at()
        conditions.paused()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    about_emails = [(words, given) for words, given in asked if "emails" in words]
    assert len(about_emails) >= 5
    plain = "EXPLAIN" if db.engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    connection = db.session.connection()
    for words, given in about_emails:
        plan = [str(row[-1]) for row in connection.exec_driver_sql(f"{plain} {words}", given)]
        assert [line for line in plan if reads_all(line)] == [], (words, plan)
