"""A follow-up's audience is who had confirmed when it started, less those who went since."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from actionhub import clock
from actionhub.actions.models import Action
from actionhub.addresses import read_address
from actionhub.extensions import db
from actionhub.followups import queueing, sending, writing
from actionhub.followups.models import FollowUp, FollowUpState
from actionhub.outbox.models import Email, EmailState, Mailing, Priority, Scope
from actionhub.outbox.suppressions import suppress
from actionhub.privacy.erasing import erase
from actionhub.signatures.confirming import SUPERSEDED
from actionhub.signatures.models import Signature, SignatureState
from actionhub.signatures.withdrawing import withdraw
from actionhub.supporters.subscribing import leave
from tests.cast import a_member, an_open_action
from tests.followups.test_sending import end_all_emails, in_batches_of, keys
from tests.outbox.archived import archive_finished


def started(action: Action) -> FollowUp:
    follow_up = writing.draft(action.id, subject="We won", body_markdown="It is **done**.")
    sending.start(follow_up, None)
    db.session.commit()
    return follow_up


def rows() -> list[Email]:
    return list(db.session.scalars(select(Email).order_by(Email.id)))


def mailed() -> list[str | None]:
    return [row.address for row in rows()]


def test_a_row_holds_what_any_other_email_holds(app: Flask) -> None:
    action = an_open_action()
    ana = a_member(action, "Ana “A” Díaz", "Ana.Diaz@Example.ORG")
    a_member(action, "Eva", "eva@xn--mnchen-3ya.example", locale="es")
    follow_up = started(action)
    moment = clock.now()
    with clock.set_to(moment):
        assert sending.advance() == 2
    first, second = rows()
    assert first.fields == {"name": "Ana “A” Díaz", "supporter": ana.supporter_id}
    assert (first.address, first.domain) == ("Ana.Diaz@example.org", "example.org")
    assert second.domain == read_address("eva@xn--mnchen-3ya.example").mailbox.partition("@")[2]
    assert first.address_hash == read_address("ana.diaz@example.org").hash
    assert first.key == f"followup:{follow_up.id}:{ana.supporter_id}"
    assert (first.state, first.priority) == (EmailState.READY, Priority.FOLLOWUP)
    assert (first.attempt, first.unknowns, first.owner) == (0, 0, None)
    assert (first.created_at, first.due_at, first.finished_at) == (moment, moment, None)
    assert re.fullmatch(r"<[0-9a-f]{32}@example\.org>", first.message_id)
    assert first.message_id != second.message_id
    locales = {row.address: db.session.get_one(Mailing, row.mailing_id).locale for row in rows()}
    assert list(locales.values()) == ["en", "es"]


def test_a_language_we_do_not_write_gets_the_first_of_ours(app: Flask) -> None:
    action = an_open_action()
    a_member(action, "Åsa", "asa@example.org", locale="sv")
    started(action)
    sending.advance()
    (row,) = rows()
    assert db.session.get_one(Mailing, row.mailing_id).locale == "en"


def test_who_confirms_after_the_start_gets_none(app: Flask) -> None:
    action, other = an_open_action(), an_open_action(title="Another")
    a_member(other, "Early bird elsewhere", "late@example.org")
    pending = a_member(action, "Pending", "pending@example.org", state=SignatureState.PENDING)
    a_member(action, "Ana", "ana@example.org")
    follow_up = started(action)
    assert follow_up.started_at is not None
    after = follow_up.started_at + timedelta(microseconds=1)
    pending.state, pending.confirmed_at = SignatureState.CONFIRMED, after
    a_member(action, "Late", "late@example.org", confirmed_at=after)
    a_member(action, "Shares Ana's", "ana@example.org", confirmed_at=after)
    db.session.commit()
    assert sending.progress_of(follow_up).total == 1
    sending.advance()
    assert [(row.address, (row.fields or {})["name"]) for row in rows()] == [
        ("ana@example.org", "Ana")
    ]


def test_who_confirms_newer_words_meanwhile_is_still_meant(app: Flask) -> None:
    action = an_open_action()
    old = a_member(action, "Ana", "ana@example.org")
    follow_up = started(action)
    assert follow_up.started_at is not None
    old.state, old.state_reason = SignatureState.WITHDRAWN, SUPERSEDED
    later = follow_up.started_at + timedelta(minutes=1)
    new = {"name_key": f"{old.name_key[:40]}again", "confirmed_at": later}
    a_member(action, "Ana Díaz", "ana@example.org", **new)
    db.session.commit()
    sending.advance()
    assert [(row.fields or {})["name"] for row in rows()] == ["Ana Díaz"]


def _leave(signature: Signature) -> Any:
    return leave(signature.supporter_id or 0)


def _withdraw(signature: Signature) -> Any:
    return withdraw(signature.id)


def _erase(signature: Signature) -> Any:
    return erase(signature.supporter_id or 0)


def _bounce(signature: Signature) -> Any:
    return suppress(read_address("bo@example.org").hash, Scope.ALL, "bounced")


@pytest.mark.parametrize("go", [_leave, _withdraw, _erase, _bounce])
def test_who_goes_between_two_batches_drops_out(
    app: Flask, monkeypatch: pytest.MonkeyPatch, go: Any
) -> None:
    in_batches_of(monkeypatch, 1, ahead=1)
    action = an_open_action()
    a_member(action, "Ana", "ana@example.org")
    bo = a_member(action, "Bo", "bo@example.org")
    a_member(action, "Cy", "cy@example.org")
    follow_up = started(action)
    assert sending.advance() == 1
    go(bo)
    end_all_emails()
    assert sending.advance() == 1
    assert mailed() == ["ana@example.org", "cy@example.org"]
    assert follow_up.queued == 2


@pytest.mark.parametrize(("members", "size"), [(0, 3), (2, 3), (3, 3), (4, 3), (6, 3)])
def test_every_number_of_members_is_queued_whole(
    app: Flask, monkeypatch: pytest.MonkeyPatch, members: int, size: int
) -> None:
    in_batches_of(monkeypatch, size)
    action = an_open_action()
    for number in range(members):
        a_member(action, f"P {number}", f"p{number}@example.org")
    follow_up = started(action)
    assert sending.advance() == members
    assert len(keys()) == follow_up.queued == members
    assert follow_up.cursor == follow_up.audience_until
    end_all_emails()
    sending.advance()
    assert follow_up.state is FollowUpState.SENT


def test_a_cursor_set_back_queues_nobody_whose_email_is_archived(app: Flask) -> None:
    action = an_open_action()
    for name in "ABC":
        a_member(action, name, f"{name}@example.org")
    follow_up = started(action)
    assert sending.advance() == 3
    for row in rows()[:2]:
        row.state, row.finished_at = EmailState.SENT, clock.now()
    db.session.commit()
    assert archive_finished() == 2
    follow_up.cursor = 0
    db.session.commit()
    assert sending.advance() == 0
    assert mailed() == ["C@example.org"]


def test_two_who_share_an_inbox_over_a_batchs_end_are_told_once(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_batches_of(monkeypatch, 1)
    action = an_open_action()
    for name in ("Zoe", "Abe"):
        a_member(action, name, "home@example.org")
    a_member(action, "Cy", "cy@example.org")
    started(action)
    assert sending.advance() == 2
    assert [(row.fields or {})["name"] for row in rows()] == ["Zoe & Abe", "Cy"]


def test_a_batch_that_mails_nobody_goes_on_to_the_next(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_batches_of(monkeypatch, 2)
    action = an_open_action()
    for number in range(6):
        _leave(a_member(action, f"Gone {number}", f"gone{number}@example.org"))
    a_member(action, "Ana", "ana@example.org")
    started(action)
    assert sending.advance() == 1
    assert mailed() == ["ana@example.org"]


def test_sqlites_writer_is_left_to_others_between_two_batches(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_batches_of(monkeypatch, 1)
    rests: list[float] = []
    monkeypatch.setattr(queueing, "sleep", rests.append)
    action = an_open_action()
    for name in "ABC":
        a_member(action, name, f"{name}@example.org")
    started(action)
    sending.advance()
    assert len(rests) == (3 if db.engine.dialect.name == "sqlite" else 0)
