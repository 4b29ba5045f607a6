from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from actionhub import clock
from actionhub.addresses import address_hash
from actionhub.config import settings
from actionhub.extensions import db
from actionhub.outbox import queue, verp
from actionhub.outbox.models import EmailState, Priority, Scope
from actionhub.outbox.sending import drain
from actionhub.outbox.suppressions import is_suppressed, suppress
from tests.mail import Sink
from tests.outbox.people import a_mailing, events_of, row_of, state_of, write_to


def test_what_is_due_is_sent_once_and_recorded(app: Flask, smtp_sink: Sink) -> None:
    number = write_to("ada@example.org")
    assert drain().sent == 1
    assert drain().sent == 0
    [message] = smtp_sink.messages
    assert message["To"] == "ada@example.org"
    assert message["From"].addresses[0].addr_spec == "actions@example.org"
    assert smtp_sink.envelopes[0].mail_from == verp.sender_of(settings(), number)
    assert verp.read_mark(message["X-ActionHub-Mark"]) == number
    assert state_of(number) is EmailState.SENT
    assert events_of(number) == [("sent", 250, "2.0.0")]


def test_many_go_over_one_connection(app: Flask, smtp_sink: Sink) -> None:
    for n in range(60):
        write_to(f"p{n}@example.org")
    assert drain().sent == 60
    assert len(smtp_sink.raw) == 60
    assert smtp_sink.connections == 1


def test_the_most_urgent_goes_first(app: Flask, smtp_sink: Sink) -> None:
    write_to("later@example.org", "followup")
    write_to("thanked@example.org", "thanks")
    write_to("urgent@example.org", "confirm")
    drain()
    assert [str(m["To"]) for m in smtp_sink.messages] == [
        "urgent@example.org",
        "thanked@example.org",
        "later@example.org",
    ]


def test_a_limit_and_a_due_time_are_kept(app: Flask, smtp_sink: Sink) -> None:
    for n in range(5):
        write_to(f"p{n}@example.org")
    assert drain(limit=2).sent == 2
    assert drain(seconds=0).sent == 0
    queue.enqueue(
        a_mailing(),
        key="tomorrow",
        address="t@example.org",
        address_hash="t" * 64,
        fields={"me_url": "http://localhost/"},
        priority=Priority.URGENT,
        due_at=clock.now() + timedelta(days=1),
    )
    assert drain().sent == 3


@pytest.mark.parametrize(
    ("reply", "state", "suppressed"),
    [
        ("450 4.2.0 busy", EmailState.DEFERRED, False),
        ("550 5.1.1 no such user", EmailState.FAILED, True),
        ("550 5.2.1 inbox disabled", EmailState.FAILED, True),
        ("550 5.7.1 policy", EmailState.FAILED, False),
        ("550 no", EmailState.FAILED, False),
    ],
)
@pytest.mark.parametrize("when", ["rcpt_replies", "data_replies"])
def test_a_refusal_means_what_its_code_says(
    app: Flask, smtp_sink: Sink, when: str, reply: str, state: EmailState, suppressed: bool
) -> None:
    getattr(smtp_sink, when)["ada@example.org"] = reply
    refused, other = write_to("ada@example.org"), write_to("bo@example.org")
    drain()
    assert state_of(refused) is state
    assert state_of(other) is EmailState.SENT
    assert is_suppressed(address_hash("ada@example.org"), Scope.SIGNING) is suppressed
    assert row_of(refused).attempt == 1
    assert events_of(refused)[0][1] == int(reply[:3])


def test_a_refusal_for_now_is_tried_again_by_the_schedule(app: Flask, smtp_sink: Sink) -> None:
    smtp_sink.rcpt_replies["ada@example.org"] = ["450 4.2.0 busy", "451 4.3.0 busy"]
    number = write_to("ada@example.org")
    start = clock.now()
    drain()
    first = row_of(number).due_at
    assert timedelta(minutes=1) <= first - start < timedelta(minutes=1.3)
    assert drain().sent == 0
    with clock.set_to(first + timedelta(seconds=1)):
        drain()
        second = row_of(number).due_at
        assert timedelta(minutes=5) <= second - first < timedelta(minutes=6.1)
    with clock.set_to(second + timedelta(seconds=1)):
        assert drain().sent == 1
    assert [event[0] for event in events_of(number)] == ["deferred", "deferred", "sent"]


def test_a_421_cools_its_domain_and_no_other(app: Flask, smtp_sink: Sink) -> None:
    smtp_sink.rcpt_replies["ada@cold.example.org"] = ["421 4.7.0 too much from you"]
    ada = write_to("ada@cold.example.org")
    bo, cy = write_to("bo@cold.example.org"), write_to("cy@warm.example.org")
    assert drain().sent == 1
    assert state_of(ada) is EmailState.DEFERRED
    assert state_of(cy) is EmailState.SENT
    assert (state_of(bo), row_of(bo).attempt) == (EmailState.DEFERRED, 0)
    with clock.moved_by(minutes=7):
        assert drain().sent == 2


def test_a_suppression_between_the_claim_and_the_sending_stops_the_mail(
    app: Flask, smtp_sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = write_to("ada@example.org", "followup")
    second = write_to("bo@example.org", "followup")

    async def leaves(*args: object) -> str:
        with app.app_context():
            suppress(address_hash("bo@example.org"), Scope.FOLLOWUPS, "left")
            db.session.commit()
        return "250 OK"

    monkeypatch.setattr(smtp_sink, "handle_DATA", leaves)
    result = drain()
    assert (result.sent, result.suppressed) == (1, 1)
    assert state_of(first) is EmailState.SENT
    assert state_of(second) is EmailState.SUPPRESSED


def test_who_left_still_gets_what_is_not_a_followup(app: Flask, smtp_sink: Sink) -> None:
    suppress(address_hash("ada@example.org"), Scope.FOLLOWUPS, "left")
    write_to("ada@example.org", "confirm")
    write_to("ada@example.org", "followup")
    result = drain()
    assert (result.sent, result.suppressed) == (1, 1)


def test_a_pause_within_a_batch_stops_the_rest_until_resumed(
    app: Flask, smtp_sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [write_to(f"p{n}@example.org", "followup") for n in range(4)]
    mailing = a_mailing("followup")
    keep = smtp_sink.handle_DATA

    async def pauses(*args: object) -> str:
        if len(smtp_sink.raw) == 1:
            with app.app_context():
                queue.pause(mailing)
                db.session.commit()
        return await keep(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(smtp_sink, "handle_DATA", pauses)
    assert drain().sent == 2
    assert drain().sent == 0
    assert [state_of(n) for n in numbers[2:]] == [EmailState.READY] * 2
    queue.resume(mailing)
    assert drain().sent == 2
    assert len(smtp_sink.raw) == 4


def test_a_cancelled_mailing_ends_what_was_claimed(
    app: Flask, smtp_sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [write_to(f"p{n}@example.org", "followup") for n in range(3)]
    mailing = a_mailing("followup")

    async def cancels(*args: object) -> str:
        with app.app_context():
            queue.cancel_mailing(mailing)
            db.session.commit()
        return "250 OK"

    monkeypatch.setattr(smtp_sink, "handle_DATA", cancels)
    assert drain().sent == 1
    assert [state_of(n) for n in numbers] == [
        EmailState.SENT,
        EmailState.CANCELLED,
        EmailState.CANCELLED,
    ]


def test_one_that_cannot_be_written_does_not_stop_the_others(app: Flask, smtp_sink: Sink) -> None:
    bad = write_to("ada@example.org", "already", content={})  # its template needs an action
    evil = write_to("x@example.org\r\nBcc: all@example.org")
    good = write_to("bo@example.org")
    result = drain()
    assert (result.sent, result.failed) == (1, 2)
    assert state_of(good) is EmailState.SENT
    assert {state_of(bad), state_of(evil)} == {EmailState.FAILED}


def test_nothing_is_sent_for_a_rolled_back_transaction(app: Flask, smtp_sink: Sink) -> None:
    mailing = a_mailing()
    db.session.commit()
    queue.enqueue(
        mailing,
        key="x",
        address="ada@example.org",
        address_hash="a" * 64,
        fields={"me_url": "http://localhost/"},
        priority=0,
    )
    db.session.rollback()
    assert drain().sent == 0
