"""The clean-up keeps the very rules that the privacy page shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import func, select, update

from actionhub import clock, limits, networks
from actionhub.config import settings
from actionhub.database import db
from actionhub.networks import NetworkKey
from actionhub.organizers import auditing
from actionhub.organizers.models import AuditEvent, LoginLink, Organizer, Role
from actionhub.outbox.models import ArchivedEmail, Email, EmailEvent, EmailState, Report
from actionhub.privacy import retention
from actionhub.privacy.cleaning import STEPS, clean
from actionhub.privacy.retention import Kept
from actionhub.signatures import confirming, counts, withdrawing
from actionhub.signatures.models import SignatureState
from actionhub.supporters.models import Supporter
from tests.outbox.archived import archive_finished
from tests.signatures.people import (
    an_action,
    confirmed,
    emails,
    kept_aside,
    link,
    signatures,
    signed,
)

S = SignatureState


def cleaned(**later: float) -> dict[str, int]:
    with clock.moved_by(**later):
        done = clean()
        db.session.commit()
    return {kind: number for kind, number in done.items() if number}


def rows_of(table: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_every_rule_that_ends_has_its_step_and_every_step_its_rule(app: Flask) -> None:
    rules = retention.rules()
    assert {rule.kept for rule in rules} == set(Kept)
    assert {rule.kept for rule in rules if rule.days is not None} == set(STEPS)
    assert all(rule.what and rule.why for rule in rules)
    by_kind = {rule.kept: rule.days for rule in rules}
    assert by_kind[Kept.PENDING_SIGNATURES] == settings().retention.pending_signature_days


def test_a_form_nobody_confirmed_goes_after_thirty_days_and_its_supporter(app: Flask) -> None:
    action = an_action()
    signed(action)
    confirmed(action, "bo@example.org")
    assert "pending_signatures" not in cleaned(days=29)
    assert cleaned(days=31)["pending_signatures"] == 1
    assert [s.state for s in signatures()] == [S.CONFIRMED]
    assert [s.canonical for s in db.session.scalars(select(Supporter))] == ["bo@example.org"]
    counts.fold()
    assert (counts.check(), counts.counts_of(action).pending) == ([], 0)


def test_a_later_form_keeps_its_link_alive(app: Flask) -> None:
    action = an_action()
    start = clock.now()
    with clock.set_to(start):
        signed(action)
    with clock.set_to(start + timedelta(days=20)):
        signed(action, comment="Later")
    with clock.set_to(start + timedelta(days=31)):
        clean()
        db.session.commit()
        assert confirming.confirm(link(signatures()[0])).first_time


def test_a_supporter_with_anything_else_stays(app: Flask) -> None:
    confirmed(an_action())
    signed(an_action(slug="two"))
    cleaned(days=31)
    assert rows_of(Supporter) == 1
    assert len(signatures()) == 1


def test_what_was_kept_aside_is_not_lost(app: Flask) -> None:
    action = an_action()
    kept = signed(action, trapped=True)
    cleaned(days=400)
    assert [one.id for one in kept_aside(action)] == [kept.id]


def test_an_unconfirmed_one_taken_back_becomes_a_number(app: Flask) -> None:
    action = an_action()
    taken_back = signed(action)
    withdrawing.withdraw(taken_back.id)
    done = confirmed(action, "bo@example.org")
    withdrawing.withdraw(done.signature_id)
    db.session.commit()
    assert cleaned(days=31)["pending_signatures"] == 1
    one, other = signatures()
    assert (one.state, one.name, one.supporter_id) == (S.WITHDRAWN, None, None)
    assert other.name == "Ana Flores"  # confirmed once: on its owner's page until they erase it
    assert rows_of(Supporter) == 1
    counts.fold()
    assert counts.check() == []


def test_networks_are_forgotten_with_their_key(app: Flask) -> None:
    kept = signed(an_action(), network_hash=networks.network_hash("192.0.2.7"))
    db.session.commit()
    assert (rows_of(NetworkKey), kept.network_hash is None) == (1, False)
    cleaned(days=29)
    assert (rows_of(NetworkKey), signatures()[0].network_hash is None) == (1, False)
    confirming.confirm(link(kept))
    db.session.commit()
    assert cleaned(days=32)["network_hashes"] == 2
    assert (rows_of(NetworkKey), signatures()[0].network_hash) == (0, None)


def test_finished_mail_loses_what_it_said_and_unfinished_keeps_it(app: Flask) -> None:
    action = an_action()
    signed(action)
    confirmed(action, "bo@example.org")
    first = emails()[0].id
    done = {"state": EmailState.SENT, "finished_at": clock.now()}
    db.session.execute(update(Email).where(Email.id == first).values(done))
    event = {"at": clock.now(), "state": EmailState.SENT, "attempt": 1}
    db.session.add(EmailEvent(email_id=first, **event))
    db.session.commit()
    assert cleaned(days=31)["email_fields"] == 1
    db.session.expire_all()
    assert [mail.fields is None for mail in emails()] == [True, False, False]
    assert [mail.address is None for mail in emails()] == [True, False, False]
    assert rows_of(EmailEvent) == 1
    assert cleaned(days=181)["email_events"] == 1


def test_archived_mail_loses_what_it_said_in_its_time_and_within_the_batch(app: Flask) -> None:
    action = an_action()
    for name in ("ana", "bo", "cy"):
        signed(action, f"{name}@example.org")
    done = {"state": EmailState.SENT, "finished_at": clock.now()}
    db.session.execute(update(Email).values(done))
    db.session.commit()
    assert archive_finished() == 3
    signed(action, "di@example.org")
    db.session.execute(update(Email).values(done))
    db.session.commit()
    assert "email_fields" not in cleaned(days=29)
    with clock.moved_by(days=31):
        batches = [clean(limit=2)["email_fields"] for _ in range(3)]
        db.session.commit()
    assert batches == [2, 2, 0]
    for table in (Email, ArchivedEmail):
        held = select(table.fields, table.address, table.domain)
        assert set(db.session.execute(held)) == {(None, None, None)}


def test_reports_about_mail_go_with_its_events(app: Flask) -> None:
    for n in range(3):
        told = {"kind": "bounced", "source": "mailbox", "email_id": n + 1}
        db.session.add(Report(digest=f"{n:064}", received_at=clock.now(), **told))
    db.session.commit()
    cleaned(days=179)
    assert rows_of(Report) == 3
    assert cleaned(days=181)["email_events"] == 3
    assert rows_of(Report) == 0


def test_links_buckets_and_audit_events_go_in_their_time(app: Flask) -> None:
    now = clock.now()
    organizer = Organizer(
        email="o@example.org", fs_uniquifier="u", role=Role.ADMIN, created_at=now, active=True
    )
    db.session.add(organizer)
    db.session.flush()
    db.session.add(LoginLink(organizer_id=organizer.id, token_hash="h", expires_at=now))
    limits.take("somebody", limits.Rate(1, 60))
    auditing.record("publish", "action", 1)
    db.session.commit()
    assert cleaned(days=1) == {}
    assert cleaned(days=3) == {"rate_buckets": 1}
    assert cleaned(days=8) == {"login_links": 1}
    assert cleaned(days=731) == {"audit_events": 1}
    assert rows_of(LoginLink) == rows_of(AuditEvent) == 0


def test_a_batch_is_bounded(app: Flask) -> None:
    action = an_action()
    for n in range(5):
        signed(action, f"s{n}@example.org")
    with clock.moved_by(days=31):
        batches = [clean(limit=2)["pending_signatures"] for _ in range(4)]
        db.session.commit()
    assert batches == [2, 2, 1, 0]
    assert rows_of(Supporter) == 0
