"""What became of emails is folded into tallies: nothing is counted twice, nothing goes back."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select

from actionhub import clock
from actionhub.extensions import db
from actionhub.outbox import queue, tallying
from actionhub.outbox.models import EmailEvent, EmailState, EmailTally
from actionhub.outbox.tallying import QUARTER_SECONDS
from tests.outbox.troubles import an_email, an_event, mailing_of

S = EmailState
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def told(since: datetime) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for one in tallying.since(since):
        found[one.event, one.detail] = found.get((one.event, one.detail), 0) + one.number
    return found


def some_events(at: datetime, sent: int = 3) -> None:
    email = an_email(S.SENT)
    for _one in range(sent):
        an_event(email, S.SENT, at, code=250)
    an_event(email, S.FAILED, at, code=550, enhanced="5.1.1", reason="rcpt bounced")
    db.session.commit()


def test_a_fold_changes_no_number(app: Flask) -> None:
    with clock.set_to(NOON):
        some_events(NOON - timedelta(minutes=20))
        some_events(NOON)
        before = (tallying.totals(), told(NOON - timedelta(hours=1)))
        assert before[0] == {"sent": 6, "failed": 2}
        assert tallying.fold() == 4, "those of this moment wait"
        assert (tallying.totals(), told(NOON - timedelta(hours=1))) == before
        assert tallying.fold() == 0
        assert (tallying.totals(), told(NOON - timedelta(hours=1))) == before
    with clock.set_to(NOON + timedelta(minutes=5)):
        assert tallying.fold() == 4
        assert tallying.totals() == before[0]
    rows = db.session.scalars(select(EmailTally)).all()
    assert {row.quarter * QUARTER_SECONDS for row in rows} == {
        int(moment.timestamp()) for moment in (NOON - timedelta(minutes=30), NOON)
    }


def test_a_fold_goes_on_in_bounded_steps(app: Flask) -> None:
    with clock.set_to(NOON):
        some_events(NOON - timedelta(hours=1), sent=9)
        steps = [tallying.fold(limit=4) for _step in range(4)]
        assert steps == [4, 4, 2, 0]
        assert tallying.totals() == {"sent": 9, "failed": 1}


def test_a_gap_in_the_numbers_stops_no_fold(app: Flask) -> None:
    with clock.set_to(NOON):
        email, at = an_email(S.SENT), NOON - timedelta(hours=1)
        db.session.add(EmailEvent(id=5_000_000, email_id=email, at=at, state=S.SENT, attempt=1))
        db.session.commit()
        assert tallying.fold(limit=10) == 1


@pytest.mark.parametrize(
    ("state", "says", "event", "detail"),
    [
        (S.SENT, {"code": 250, "enhanced": "2.0.0", "reason": "dot accepted"}, "sent", ""),
        (S.FAILED, {"code": 550, "enhanced": "5.1.1"}, "failed", "5.1.1"),
        (S.FAILED, {"code": 554, "reason": "rcpt refused"}, "failed", "554"),
        (S.FAILED, {"reason": "cannot be written: KeyError"}, "failed", "cannot be written"),
        (S.UNKNOWN, {"reason": "worker died"}, "unknown", "worker died"),
        (S.SENT, {"enhanced": "5.2.2", "reason": "bounced"}, "bounced", "5.2.2"),
        (S.SENT, {"reason": "complained"}, "complained", ""),
        (S.SUPPRESSED, {"reason": "left"}, "suppressed", "left"),
        (S.EXPIRED, {"code": 451, "enhanced": "4.4.1"}, "expired", "4.4.1"),
    ],
)
def test_each_event_is_told_by_its_kind_and_why(
    app: Flask, state: EmailState, says: dict[str, object], event: str, detail: str
) -> None:
    with clock.set_to(NOON):
        an_event(an_email(state), state, NOON - timedelta(minutes=10), **says)
        db.session.commit()
        expected = {(event, detail): 1}
        assert told(NOON - timedelta(hours=1)) == expected
        tallying.fold()
        assert told(NOON - timedelta(hours=1)) == expected


def test_what_is_dropped_was_counted_before(app: Flask) -> None:
    with clock.set_to(NOON):
        some_events(NOON - timedelta(days=200))
        some_events(NOON - timedelta(minutes=10))
        assert tallying.drop_events(NOON - timedelta(days=180), 500) == 4
        db.session.commit()
        assert db.session.query(EmailEvent).count() == 4
        assert tallying.totals() == {"sent": 6, "failed": 2}


def test_what_is_not_counted_yet_is_not_dropped(app: Flask) -> None:
    with clock.set_to(NOON):
        email, long_ago = an_email(S.SENT), NOON - timedelta(days=200)
        for number in (1, tallying.BATCH + 1):
            row = {"email_id": email, "at": long_ago, "state": S.SENT, "attempt": 1}
            db.session.add(EmailEvent(id=number, **row))
        db.session.commit()
        dropped = [tallying.drop_events(NOON - timedelta(days=180), 500) for _call in range(3)]
        assert dropped == [1, 1, 0]
        assert tallying.totals() == {"sent": 2}


def test_an_event_that_takes_a_dropped_ones_number_is_counted(app: Flask) -> None:
    """SQLite gives the number of a deleted last row again."""
    with clock.set_to(NOON):
        some_events(NOON - timedelta(days=200))
        assert tallying.drop_events(NOON - timedelta(days=180), 500) == 4
        some_events(NOON)
        assert tallying.totals() == {"sent": 6, "failed": 2}


def test_long_ago_weighs_one_row_a_kind_and_is_still_in_the_totals(app: Flask) -> None:
    with clock.set_to(NOON):
        for days in (12, 11, 10):
            some_events(NOON - timedelta(days=days))
        some_events(NOON - timedelta(hours=2))
        tallying.fold()
        rows = db.session.scalars(select(EmailTally)).all()
        assert sum(row.quarter == 0 for row in rows) == 2
        assert told(NOON - timedelta(days=8)) == {("sent", ""): 3, ("failed", "5.1.1"): 1}
        assert tallying.totals() == {"sent": 12, "failed": 4}
        assert tallying.fold() == 0


def test_two_folders_at_once_count_everything_once(app: Flask) -> None:
    with clock.set_to(NOON):
        some_events(NOON - timedelta(hours=1), sent=40)
        barrier, problems = threading.Barrier(2), []

        def work() -> None:
            with app.app_context():
                try:
                    barrier.wait()
                    while tallying.fold(limit=3):
                        db.session.commit()
                except Exception as problem:
                    problems.append(problem)
                finally:
                    db.session.remove()

        threads = [threading.Thread(target=work) for _one in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert problems == []
        assert tallying.totals() == {"sent": 40, "failed": 1}
        db.session.execute(delete(EmailEvent))
        assert tallying.totals() == {"sent": 40, "failed": 1}, "all of them from the tallies"


def test_cancelling_is_an_event_of_each_email_that_will_not_go(app: Flask) -> None:
    mailing, other = mailing_of("me"), mailing_of("thanks")
    waits = [an_email(state, mailing) for state in (S.READY, S.DEFERRED)]
    an_email(S.SENT, mailing)
    an_email(S.READY, other)
    assert queue.cancel_mailing(mailing) == 2
    assert queue.cancel_mailing(mailing) == 0
    db.session.commit()
    events = db.session.scalars(select(EmailEvent).order_by(EmailEvent.email_id)).all()
    assert [(one.email_id, one.state) for one in events] == [(n, S.CANCELLED) for n in waits]
    assert tallying.totals() == {"cancelled": 2}


def test_a_clock_set_back_or_forward_stops_no_fold(app: Flask) -> None:
    """Numbers go up with each event, times do not."""
    with clock.set_to(NOON):
        email = an_email(S.SENT)
        for moment in (NOON - timedelta(hours=1), NOON + timedelta(days=1)):
            an_event(email, S.SENT, moment)  # the clock was a day fast
        assert tallying.fold() == 1
        an_event(email, S.SENT, NOON - timedelta(hours=26))  # then slow
        assert tallying.fold() == 2
        assert tallying.totals() == {"sent": 3}


def test_a_fast_clock_holds_up_only_the_latest(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallying, "LATEST", 4)
    with clock.set_to(NOON):
        some_events(NOON + timedelta(days=1), sent=9)
        assert tallying.fold() == 6
        some_events(NOON - timedelta(hours=1), sent=4)
        assert tallying.fold() == 9
        assert tallying.totals() == {"sent": 13, "failed": 2}
