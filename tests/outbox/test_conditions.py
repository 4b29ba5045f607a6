"""What holds mail up, as the operator is told: the mail server, domains, workers, pauses."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from actionhub import clock
from actionhub.config import settings
from actionhub.extensions import db
from actionhub.outbox import conditions, queue
from actionhub.outbox.destinations import domain_key, relay_key
from actionhub.outbox.durations import DURATIONS
from actionhub.outbox.models import EmailState, Mailing, MailingState
from tests.outbox.troubles import (
    a_beat,
    a_destination,
    a_paused_mailing,
    an_email,
    an_event,
    mailing_of,
)

S = EmailState
MINUTE = timedelta(minutes=1)


def test_without_a_row_nothing_is_wrong_with_the_mail_server(app: Flask) -> None:
    found = conditions.relay()
    assert (found.name, found.failures, found.closed_until) == ("127.0.0.1:1", 0, None)


def test_a_mail_server_is_left_alone_until_its_time(app: Flask) -> None:
    until = clock.now() + MINUTE
    a_destination(relay_key(settings().smtp), failures=3, closed_until=until, reason="refused")
    a_destination("relay:another:25", failures=9, closed_until=until)
    found = conditions.relay()
    assert (found.failures, found.closed_until, found.reason) == (3, until, "refused")
    with clock.moved_by(minutes=2):
        assert conditions.relay().closed_until is None
        assert conditions.relay().failures == 3


def test_a_wait_beyond_the_longest_was_written_by_a_clock_set_back_since(app: Flask) -> None:
    tomorrow = clock.now() + timedelta(days=1)
    a_destination(relay_key(settings().smtp), failures=3, closed_until=tomorrow)
    a_destination(domain_key("one.example"), closed_until=tomorrow, slow_until=tomorrow)
    assert conditions.relay().closed_until is None
    assert conditions.domains() == []


def test_domains_cool_or_are_slow_for_a_while(app: Flask) -> None:
    now = clock.now()
    a_destination(domain_key("cools.example"), closed_until=now + MINUTE, reason="it answered 421")
    a_destination(domain_key("slow.example"), slow_until=now + MINUTE)
    a_destination(domain_key("was.example"), failures=2, closed_until=now - MINUTE)
    a_destination(relay_key(settings().smtp), closed_until=now + MINUTE)
    cools, slow = conditions.domains()
    assert (cools.name, cools.cooling_until, cools.slow_until) == (
        "cools.example", now + MINUTE, None,
    )  # fmt: skip
    assert (slow.name, slow.cooling_until, slow.slow_until) == ("slow.example", None, now + MINUTE)


@pytest.mark.parametrize(
    ("watched", "lives"),
    [
        ({}, True),
        ({"seen": 6, "seconds_ago": 500.0}, True),
        ({"seen": 7, "seconds_ago": 3.0}, True),
        ({"seen": 7, "seconds_ago": DURATIONS.lease.total_seconds() + 1}, False),
        ({"seen": 7, "seconds_ago": 500.0, "boot": "another host"}, True),
    ],
    ids=["nobody looked", "it beat since", "seen just now", "silent", "seen elsewhere"],
)
def test_a_worker_lives_unless_its_beat_was_seen_unchanged_for_the_lease(
    app: Flask, watched: dict[str, object], lives: bool
) -> None:
    a_beat("host:1:2:ab", **watched)
    (worker,) = conditions.workers()
    assert (worker.owner, worker.beat, worker.lives) == ("host:1:2:ab", 7, lives)


def test_a_mailing_that_paused_itself_tells_what_was_refused(app: Flask) -> None:
    by_hand, mailing = a_paused_mailing(because=None), a_paused_mailing()
    for enhanced in ("5.7.1", "5.7.1", None):
        email = an_email(S.FAILED, mailing)
        an_event(email, S.DEFERRED, clock.now() - timedelta(hours=1), enhanced="4.7.1")
        an_event(email, S.FAILED, code=550, enhanced=enhanced)
    an_email(S.READY, mailing)
    an_email(S.DEFERRED, mailing)
    first, second = conditions.paused()
    assert (first.id, first.because, first.refusals, first.waiting) == (mailing, "550 5.7.1", 20, 2)
    assert first.refused == {"5.7.1": 2, "550": 1}
    assert first.refused_at is not None
    assert (second.id, second.because, second.refused) == (by_hand, None, {})
    assert conditions.paused_numbers() == (1, 1)


def test_resuming_forgets_the_refusals(app: Flask) -> None:
    mailing = a_paused_mailing()
    queue.resume(mailing)
    row = db.session.get_one(Mailing, mailing, populate_existing=True)
    assert (row.state, row.refusals, row.paused_because) == (MailingState.ACTIVE, 0, None)


def test_held_emails_are_named_and_the_next_unknown_has_its_time(app: Flask) -> None:
    assert (conditions.held(), conditions.next_unknown_at()) == ([], None)
    due_at, mailings = clock.now() + MINUTE, [mailing_of("letter"), mailing_of("me")]
    for number in (3, 2, 1):
        name, mailing = f"letter:{number}", mailings[number % 2]
        values = {"key": name, "message_id": f"<{name}>", "held_at": clock.now()}
        an_email(S.HELD, mailing, id=1000 + number, **values)
    an_email(S.UNKNOWN, due_at=due_at + MINUTE)
    an_email(S.UNKNOWN, due_at=due_at)
    assert [(one.key, one.message_id) for one in conditions.held(limit=2)] == [
        ("letter:1", "<letter:1>"),
        ("letter:2", "<letter:2>"),
    ]
    assert conditions.next_unknown_at() == due_at


def test_the_last_acceptance_is_found_behind_what_came_since(app: Flask) -> None:
    assert conditions.last_sent_at() is None
    email, sent_at = an_email(S.SENT), clock.now() - timedelta(hours=2)
    an_event(email, S.SENT, sent_at - MINUTE)
    an_event(email, S.SENT, sent_at)
    for _try in range(5):
        an_event(email, S.DEFERRED)
    assert conditions.last_sent_at() == sent_at
