"""`actionhub outbox status` tells the state of the mail, and `resume` goes on with a pause."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from actionhub import clock
from actionhub.cli import mail_status
from actionhub.config import settings
from actionhub.extensions import db
from actionhub.organizers.models import AuditEvent
from actionhub.outbox.destinations import domain_key, relay_key
from actionhub.outbox.models import EmailState, Mailing, MailingState, Priority
from tests.outbox.test_commands import run
from tests.outbox.troubles import (
    a_beat,
    a_destination,
    a_paused_mailing,
    an_email,
    an_event,
    archived,
    mailing_of,
)

S = EmailState
SECTIONS = (
    "Emails",
    "Due now",
    "Workers that hold mail",
    "Mail server",
    "Recipient domains left alone",
    "Paused mailings",
    "Held, and of unknown fate",
)


def status() -> dict[str, str]:
    """What stands under each heading."""
    db.session.commit()
    code, output = run("status")
    assert code == 0, output
    found: dict[str, str] = {}
    for block in output.split("\n\n")[1:]:
        title, _, lines = block.partition("\n")
        name = next(section for section in SECTIONS if title.startswith(section))
        found[name] = " ".join(lines.split())
    assert tuple(found) == SECTIONS
    return found


def machine() -> dict[str, Any]:
    db.session.commit()
    code, output = run("status", "--json")
    assert code == 0
    found: dict[str, Any] = json.loads(output)
    return found


def test_an_empty_outbox_says_so_everywhere(app: Flask) -> None:
    assert status() == {
        "Emails": "None: nothing was mailed yet.",
        "Due now": "Nothing.",
        "Workers that hold mail": "None: there is nothing to send.",
        "Mail server": "Nothing is wrong with 127.0.0.1:1.",
        "Recipient domains left alone": "None.",
        "Paused mailings": "None.",
        "Held, and of unknown fate": "None.",
    }


def test_emails_are_counted_in_the_outbox_and_in_the_archive(app: Flask) -> None:
    mailing = mailing_of()
    an_email(S.READY, mailing)
    an_email(S.SENT, mailing)
    archived(mailing, S.SENT, 1_200)
    assert status()["Emails"] == "ready 1 0 sent 1 1,200"
    assert machine()["emails"]["sent"] == {"outbox": 1, "archive": 1200}


def test_what_is_due_is_told_with_its_age(app: Flask) -> None:
    now = clock.now()
    an_email(S.READY, due_at=now - timedelta(minutes=40))
    followups = mailing_of("followup", Priority.FOLLOWUP)
    an_email(S.READY, followups, due_at=now - timedelta(minutes=40))
    an_email(S.DEFERRED, followups, due_at=now + timedelta(minutes=40))
    an_email(S.READY, a_paused_mailing())
    with clock.set_to(now):
        due = status()["Due now"]
        (urgent, *_others, bulk) = machine()["queues"]
    assert "urgent mail 1 the oldest for 40 min: too long" in due
    assert "follow-ups 1 the oldest for 40 min 1 more" in due
    assert due.endswith("1 more are put off until later. 1 more are in paused mailings.")
    assert (urgent["name"], urgent["due"], urgent["late"]) == ("urgent mail", 1, True)
    assert urgent["age_seconds"] == 2400
    assert (bulk["later"], bulk["paused"], bulk["late"]) == (1, 1, False)


def test_living_workers_and_silent_ones_are_told_apart(app: Flask) -> None:
    a_beat("host:1:2:ab", seen=7, seconds_ago=2.0)
    a_beat("host:3:4:cd", seen=7, seconds_ago=80.0)
    told = status()["Workers that hold mail"]
    assert "host:1:2:ab beat 7, since" in told
    assert told.count("taken for dead") == 1
    assert [one["lives"] for one in machine()["workers"]] == [True, False]


def test_no_worker_though_mail_is_due_names_the_way_on(app: Flask) -> None:
    an_email(S.READY)
    assert "actionhub outbox drain" in status()["Workers that hold mail"]


def test_a_mail_server_that_is_away_is_told_with_its_tries(app: Flask) -> None:
    now = clock.now()
    an_event(an_email(S.SENT), S.SENT, now - timedelta(minutes=12))
    a_destination(
        relay_key(settings().smtp),
        failures=5,
        closed_until=now + timedelta(minutes=2),
        reason="ConnectionRefusedError",
    )
    with clock.set_to(now):
        found = status()
        told = found["Mail server"]
        at = mail_status.hour
        assert f"5 tries in a row failed, the last at {at(now)} (ConnectionRefusedError)" in told
        assert f"the next is at {at(now + timedelta(minutes=2))}." in told
        assert f"The last email went out at {at(now - timedelta(minutes=12))}." in told
        assert "Nothing is lost" in told
        assert "wait for the mail server" in found["Workers that hold mail"]
        assert machine()["relay"]["failures"] == 5
    with clock.moved_by(minutes=10):
        assert "the next comes with the next email due" in status()["Mail server"]


def test_domains_are_named_to_the_operator(app: Flask) -> None:
    until = clock.now() + timedelta(minutes=3)
    a_destination(domain_key("cools.example"), closed_until=until, reason="it answered 421")
    a_destination(domain_key("slow.example"), slow_until=until)
    told = status()["Recipient domains left alone"]
    assert "cools.example cools until" in told
    assert "(it answered 421)" in told
    assert "slow.example is slow" in told


def test_pauses_held_and_unknown_tell_what_to_do_next(app: Flask) -> None:
    mailing, by_hand = a_paused_mailing(), a_paused_mailing(because=None)
    an_event(an_email(S.FAILED, mailing), S.FAILED, code=550, enhanced="5.7.1")
    an_email(S.HELD, mailing_of("letter"), key="letter:17", message_id="<17@example.org>")
    an_email(S.UNKNOWN, due_at=clock.now() + timedelta(minutes=9))
    found = status()
    paused = found["Paused mailings"]
    assert "It paused itself: 550 5.7.1, 20 refusals in a row. Refused: 5.7.1 × 1" in paused
    assert f"actionhub outbox resume {mailing}" in paused
    assert f"{by_hand} followup (en), 0 wait. Paused by an organizer" in paused
    held = found["Held, and of unknown fate"]
    assert "letter:17 <17@example.org>" in held
    assert "actionhub outbox retry --state held" in held
    assert "1 unknown: sent once more after 15 min" in held
    told = machine()
    assert told["held"]["emails"][0]["message_id"] == "<17@example.org>"
    assert told["unknown"]["number"] == 1
    assert [one["because"] for one in told["paused_mailings"]] == ["550 5.7.1", None]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h"), (2e5, "2 days")],
)
def test_ages_are_read_at_a_glance(seconds: float, told: str) -> None:
    assert mail_status.age(timedelta(seconds=seconds)) == told


def test_a_time_of_another_day_has_its_date(app: Flask) -> None:
    noon = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)  # in New York
    with clock.set_to(noon):
        assert mail_status.hour(noon - timedelta(hours=3)) == "09:00"
        assert mail_status.hour(noon - timedelta(hours=13)) == "Nov 22, 23:00"
        assert mail_status.hour(None) == "-"


def test_resume_goes_on_with_a_mailing_that_paused_itself(app: Flask) -> None:
    mailing = a_paused_mailing()
    db.session.commit()
    code, output = run("resume", str(mailing))
    assert (code, "It goes on," in output) == (0, True)
    row = db.session.get_one(Mailing, mailing)
    assert (row.state, row.refusals, row.paused_because) == (MailingState.ACTIVE, 0, None)
    event = db.session.scalars(select(AuditEvent)).one()
    assert (event.verb, event.subject_kind, event.subject_id, event.organizer_id) == (
        "resume", "mailing", mailing, None,
    )  # fmt: skip
    assert run("resume", str(mailing)) == (0, "It is not paused.\n")


def test_resume_leaves_alone_what_an_organizer_paused_or_cancelled(app: Flask) -> None:
    by_hand = a_paused_mailing(because=None)
    over = mailing_of("me", state=MailingState.CANCELLED)
    db.session.commit()
    for number, words in (
        (by_hand, "An organizer paused it"),
        (over, "cancelled"),
        (999, "No mailing"),
    ):
        code, output = run("resume", str(number))
        assert (code, words in output) == (1, True), output
    assert db.session.get_one(Mailing, by_hand).state is MailingState.PAUSED
