"""What /metrics tells a Prometheus server, read as it would read it."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from actionhub import clock
from actionhub.config import settings
from actionhub.extensions import db
from actionhub.outbox import retrying, tallying
from actionhub.outbox.destinations import domain_key, relay_key
from actionhub.outbox.models import EmailState, Priority
from actionhub.signatures.models import SignatureState
from tests import cast
from tests.outbox.troubles import (
    a_beat,
    a_destination,
    a_paused_mailing,
    an_email,
    an_event,
    mailing_of,
)

S = EmailState
#: Name and labels of a sample.
Sample = tuple[str, tuple[tuple[str, str], ...]]


def scraped(client: FlaskClient) -> dict[Sample, float]:
    """Every sample with its value; a sample told twice is a mistake of ours."""
    db.session.commit()
    found: dict[Sample, float] = {}
    for family in text_string_to_metric_families(client.get("/metrics").text):
        assert family.documentation
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in found
            found[key] = sample.value
    return found


def of(found: dict[Sample, float], name: str, **labels: str) -> float:
    return found[f"actionhub_{name}", tuple(sorted(labels.items()))]


def test_emails_are_told_by_state_and_priority(client: FlaskClient, app: Flask) -> None:
    letters = mailing_of("letter", Priority.LETTER)
    for number, state in enumerate(S, start=1):
        for _one in range(number):
            an_email(state, letters)
    an_email(S.READY)
    found = scraped(client)
    open_ones = (S.READY, S.CLAIMED, S.SENDING, S.DEFERRED, S.UNKNOWN, S.HELD)
    for number, state in enumerate(S, start=1):
        if state in open_ones:
            assert of(found, "emails", state=state.value, priority="2") == number, state
    assert of(found, "emails", state="ready", priority="0") == 1
    states = {dict(labels)["state"] for name, labels in found if name == "actionhub_emails"}
    assert states == {state.value for state in open_ones}, "what is over is told by events"


def test_the_oldest_due_is_told_in_seconds(client: FlaskClient, app: Flask) -> None:
    an_email(S.READY, due_at=clock.now() - timedelta(seconds=90))
    an_email(S.READY, a_paused_mailing(), due_at=clock.now() - timedelta(days=2))
    found = scraped(client)
    assert 90 <= of(found, "outbox_oldest_due_seconds", priority="0") < 150
    assert of(found, "outbox_oldest_due_seconds", priority="3") == 0


def test_events_are_counters_that_never_go_back(client: FlaskClient, app: Flask) -> None:
    long_ago = clock.now() - timedelta(days=400)
    failed = an_email(S.FAILED)
    an_event(failed, S.FAILED, long_ago, code=550, enhanced="5.7.1")
    sent = an_email(S.SENT)
    an_event(sent, S.SENT, long_ago)
    an_event(sent, S.SENT, reason="complained")
    for state in (S.DEFERRED, S.DEFERRED, S.UNKNOWN):
        an_event(an_email(state), state)
    expected = {"sent": 1, "failed": 1, "complained": 1, "deferred": 2, "unknown": 1}
    expected |= {"bounced": 0, "expired": 0, "suppressed": 0, "cancelled": 0, "held": 0}

    def told() -> dict[str, float]:
        found = scraped(client)
        return {e: of(found, "email_events_total", event=e) for e in expected}

    assert told() == expected
    assert tallying.fold() == 2
    assert told() == expected
    assert tallying.drop_events(clock.now() - timedelta(days=180), 500) == 2
    assert told() == expected
    retrying.retry([S.FAILED])
    assert told() == expected, "sending again takes no failure back"


def test_the_mail_server_is_told_without_user_and_password(client: FlaskClient, app: Flask) -> None:
    where = {"relay": "127.0.0.1:1"}
    found = scraped(client)
    assert of(found, "relay_breaker_open", **where) == 0
    assert of(found, "relay_failures", **where) == 0
    until = clock.now() + timedelta(minutes=1)
    a_destination(relay_key(settings().smtp), failures=4, closed_until=until)
    found = scraped(client)
    assert of(found, "relay_breaker_open", **where) == 1
    assert of(found, "relay_failures", **where) == 4


def test_domains_are_counted_and_not_named(client: FlaskClient, app: Flask) -> None:
    until = clock.now() + timedelta(minutes=1)
    a_destination(domain_key("anas-own.example"), closed_until=until)
    a_destination(domain_key("slow.example"), slow_until=until)
    a_destination(domain_key("both.example"), slow_until=until, closed_until=until)
    found = scraped(client)
    assert (of(found, "cooling_domains"), of(found, "slow_domains")) == (2, 2)
    assert "example" not in client.get("/metrics").text


def test_pauses_and_workers_are_told(client: FlaskClient, app: Flask) -> None:
    a_paused_mailing()
    a_paused_mailing()
    a_paused_mailing(because=None)
    a_beat("one")
    a_beat("two", seen=7, seconds_ago=12.0)
    a_beat("dead", seen=7, seconds_ago=99.0)
    found = scraped(client)
    assert of(found, "paused_mailings", by="itself") == 2
    assert of(found, "paused_mailings", by="organizer") == 1
    assert of(found, "outbox_workers") == 2
    assert 99 <= of(found, "outbox_longest_silence_seconds") < 160


def test_signatures_are_told_by_state(client: FlaskClient, app: Flask) -> None:
    action = cast.an_open_action()
    cast.a_signature(action, "Ana", "ana@example.org")
    cast.a_signature(action, "Bo", "bo@example.org")
    cast.a_signature(action, "Cy", "cy@example.org", state=SignatureState.QUARANTINED)
    found = scraped(client)
    assert of(found, "signatures", state="confirmed") == 2
    assert of(found, "signatures", state="quarantined") == 1
