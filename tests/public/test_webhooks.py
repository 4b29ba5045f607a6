"""Mailgun's webhook: proven by its signature, taken once, and nothing without a key."""

from __future__ import annotations

import hashlib
import hmac
import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from actionhub import clock
from actionhub.addresses import address_hash, read_address
from actionhub.config import settings
from actionhub.extensions import db
from actionhub.outbox import bounces, verp
from actionhub.outbox.models import EmailState, Report, Scope
from actionhub.outbox.suppressions import is_suppressed
from actionhub.supporters.joining import find_or_add
from actionhub.supporters.subscribing import is_member, subscribe
from tests.outbox.people import events_of, state_of, write_to
from tests.outbox.reported import forged, to_us
from tests.outbox.test_bounces import turn

KEY = "key-3ax6xnjp29jd6fds4gc373sgvjxteol0"
PATH = "/webhooks/mail/mailgun"
_numbers = itertools.count(1)


@pytest.fixture
def mailgun(app: Flask) -> Iterator[FlaskClient]:
    """A client of an installation that set the signing key."""
    before = app.extensions["actionhub.settings"]
    app.extensions["actionhub.settings"] = replace(before, mailgun_signing_key=KEY)
    yield app.test_client()
    app.extensions["actionhub.settings"] = before


def signature(**changes: Any) -> dict[str, str]:
    timestamp = str(changes.get("timestamp", int(clock.now().timestamp())))
    token = changes.get("token", f"{next(_numbers):050}")
    signed = f"{timestamp}{token}".encode("utf-8", "replace")
    digest = hmac.new(KEY.encode(), signed, hashlib.sha256).hexdigest()
    return {"timestamp": timestamp, "token": token, "signature": digest} | changes


def event(name: str, sender: str, **changes: Any) -> dict[str, Any]:
    """An event in the shape of Mailgun's documentation, made shorter."""
    return {
        "id": f"W3X4JOhFT-OZidZGKKr9iA{next(_numbers)}",
        "timestamp": 1521472262.908181,
        "log-level": "info",
        "event": name,
        "envelope": {"sender": sender, "transport": "smtp", "targets": "ada@example.org"},
        "message": {"headers": {"to": "ada@example.org", "message-id": "1.2@example.org"}},
        "recipient": "ada@example.org",
        "user-variables": {},
    } | changes


def failed(sender: str, severity: str = "permanent", **changes: Any) -> dict[str, Any]:
    status = {
        "attempt-no": 1,
        "code": 550,
        "enhanced-code": "5.1.1",
        "message": "5.1.1 The email account that you tried to reach does not exist.",
        "description": "",
    } | changes.pop("status", {})
    told = {"severity": severity, "reason": "bounce", "delivery-status": status}
    return event("failed", sender, **told | changes)


def post(client: FlaskClient, told: dict[str, Any], **changes: Any) -> TestResponse:
    return client.post(PATH, json={"signature": signature(**changes), "event-data": told})


def reports_now() -> list[tuple[str, str | None]]:
    db.session.rollback()
    rows = db.session.scalars(select(Report).order_by(Report.received_at))
    return [(row.kind, row.enhanced) for row in rows]


def test_a_permanent_failure_stops_mail_to_the_address(mailgun: FlaskClient) -> None:
    number = write_to("ada@example.org")
    answer = post(mailgun, failed(to_us(number)))
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert reports_now() == [("bounced", "5.1.1")]
    assert is_suppressed(address_hash("ada@example.org"), Scope.SIGNING)
    assert events_of(number) == [("ready", None, "5.1.1")]


def test_a_complaint_and_an_unsubscription_end_the_membership(mailgun: FlaskClient) -> None:
    for name, told in (("ada", "complained"), ("bo", "unsubscribed")):
        member = find_or_add(read_address(f"{name}@example.org"), "en")
        subscribe(member, None, clock.now())
        number = write_to(f"{name}@example.org", "followup")
        assert post(mailgun, event(told, to_us(number))).status_code == 200
        db.session.rollback()
        assert not is_member(member)
        assert is_suppressed(address_hash(f"{name}@example.org"), Scope.FOLLOWUPS)
        assert not is_suppressed(address_hash(f"{name}@example.org"), Scope.SIGNING)
    assert reports_now() == [("complained", None), ("left", None)]


@pytest.mark.parametrize(
    ("told", "kind", "enhanced"),
    [
        (
            failed("", "temporary", status={"code": 450, "enhanced-code": "4.2.0"}),
            "delayed",
            "4.2.0",
        ),
        (failed("", status={"enhanced-code": "", "message": "5.2.2 Full"}), "bounced", "5.2.2"),
        (failed("", status={"enhanced-code": None, "message": "No"}), "bounced", "5.0.0"),
        (
            failed("", reason="old", status={"code": 602, "enhanced-code": "", "message": "Old"}),
            "bounced",
            None,
        ),
        (
            failed(
                "",
                reason="suppress-bounce",
                status={"code": 605, "enhanced-code": "", "message": ""},
            ),
            "bounced",
            "5.0.0",
        ),
        (failed("", reason="suppress-complaint"), "complained", None),
        (failed("", reason="suppress-unsubscribe"), "left", None),
        (event("delivered", ""), "delivered", None),
    ],
)
def test_each_event_is_what_it_says(
    mailgun: FlaskClient, told: dict[str, Any], kind: str, enhanced: str | None
) -> None:
    told = told | {"envelope": {"sender": to_us(write_to("ada@example.org"))}}
    assert post(mailgun, told).status_code == 200
    assert reports_now() == [(kind, enhanced)]


def test_a_delivery_is_evidence_for_an_email_we_were_unsure_of(mailgun: FlaskClient) -> None:
    number = write_to("ada@example.org")
    turn(number, state=EmailState.UNKNOWN, unknowns=1, attempt=1)
    assert post(mailgun, event("delivered", to_us(number))).status_code == 200
    assert state_of(number) is EmailState.SENT


def test_the_mark_is_also_taken_from_our_header(mailgun: FlaskClient) -> None:
    number = write_to("ada@example.org")
    headers = {"x-actionhub-mark": verp.mark_of(settings(), number)}
    told = event("complained", "actions@example.org", message={"headers": headers})
    assert post(mailgun, told).status_code == 200
    assert reports_now() == [("complained", None)]


@pytest.mark.parametrize("name", ["opened", "clicked", "accepted", "stored", "something-new"])
def test_an_event_that_is_nothing_to_us_is_accepted_and_ignored(
    mailgun: FlaskClient, name: str
) -> None:
    assert post(mailgun, event(name, to_us(write_to("ada@example.org")))).status_code == 200
    assert reports_now() == []


def test_a_forged_or_missing_mark_and_an_email_that_is_gone_are_ignored(
    mailgun: FlaskClient,
) -> None:
    number = write_to("ada@example.org")
    for sender in (forged(number), "actions@example.org", "", to_us(number + 99)):
        assert post(mailgun, failed(sender)).status_code == 200
    assert reports_now() == []


def test_a_bad_signature_is_refused_without_a_word(mailgun: FlaskClient) -> None:
    told = failed(to_us(write_to("ada@example.org")))
    bad = "0" * 64
    for changes in (
        {"signature": bad},
        {"signature": ""},
        {"signature": None},
        {"signature": "\ud800"},
        {"token": "\ud800", "signature": bad},
        {"timestamp": "soon"},
        {"timestamp": "9" * 400},
    ):
        answer = post(mailgun, told, **changes)
        assert (answer.status_code, answer.text) == (406, "no\n"), changes
    assert reports_now() == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b'"x"',
        b"\xff\xfe",
        b"[" * 60_000,
        b'{"signature": 7, "event-data": []}',
        b'{"event-data": {"event": "failed"}}',
        b"signature=1&token=2",
    ],
)
def test_what_is_no_event_at_all_is_refused(mailgun: FlaskClient, body: bytes) -> None:
    assert mailgun.post(PATH, data=body, content_type="application/json").status_code == 406


@pytest.mark.parametrize("told", [{}, {"event": {}}, {"event": "failed", "envelope": "x"}])
def test_a_proven_request_that_says_nothing_is_accepted(
    mailgun: FlaskClient, told: dict[str, Any]
) -> None:
    assert post(mailgun, told).status_code == 200


def test_a_request_that_is_old_or_from_the_future_is_refused(mailgun: FlaskClient) -> None:
    told = failed(to_us(write_to("ada@example.org")))
    now = int(clock.now().timestamp())
    for away, status in ((-33_000, 406), (1000, 406), (-32_000, 200)):
        assert post(mailgun, told, timestamp=now + away).status_code == status
    assert len(reports_now()) == 1


def test_a_token_opens_nothing_twice_even_for_another_event(mailgun: FlaskClient) -> None:
    """The signature covers the token, not the event: who caught one could write their own."""
    one, two = write_to("ada@example.org"), write_to("bo@example.org")
    first = event("opened", to_us(one))
    assert post(mailgun, first, token="t" * 50).status_code == 200
    assert post(mailgun, failed(to_us(two)), token="t" * 50).status_code == 406
    assert reports_now() == []


def test_the_same_event_with_a_fresh_token_counts_once(mailgun: FlaskClient) -> None:
    number = write_to("ada@example.org")
    told = failed(to_us(number))
    for _time in range(2):
        assert post(mailgun, told).status_code == 200
    assert reports_now() == [("bounced", "5.1.1")]
    assert len(events_of(number)) == 1


def test_one_that_could_not_be_recorded_may_come_again_with_the_same_token(
    mailgun: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = failed(to_us(write_to("ada@example.org")))
    same = {"token": "u" * 50}

    def away(_report: object) -> None:
        raise OperationalError("", {}, Exception("gone"))

    with monkeypatch.context() as gone:
        gone.setattr(bounces, "take", away)
        assert post(mailgun, told, **same).status_code == 503
    db.session.rollback()
    assert post(mailgun, told, **same).status_code == 200
    assert reports_now() == [("bounced", "5.1.1")]


def test_a_body_that_is_too_large_is_not_read(mailgun: FlaskClient) -> None:
    told = failed(to_us(write_to("ada@example.org")), padding="x" * (200 << 10))
    assert post(mailgun, told).status_code == 413
    assert reports_now() == []


def test_without_a_signing_key_there_is_nothing_at_that_address(client: FlaskClient) -> None:
    number = write_to("ada@example.org")
    empty = hmac.new(b"", b"1" * 60, hashlib.sha256).hexdigest()
    told = {"timestamp": "1" * 10, "token": "1" * 50, "signature": empty}
    answer = client.post(PATH, json={"signature": told, "event-data": failed(to_us(number))})
    assert answer.status_code == 404
    assert reports_now() == []


def test_no_other_post_of_the_app_goes_without_a_proof_of_its_own(app: Flask) -> None:
    """Outside the workspace: the public forms, which ride on no cookie, and this one door."""
    posts = {
        rule.endpoint.partition(".")[0]
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ())
    }
    assert posts == {"public", "public_es", "organize", "webhooks"}
    outside = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("webhooks.")]
    assert [(rule.rule, rule.endpoint) for rule in outside] == [(PATH, "webhooks.mailgun")]
