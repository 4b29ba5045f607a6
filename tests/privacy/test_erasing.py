"""Erasing and taking along: what stays is anonymous, what is told is everything."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select, text, update

from actionhub import clock, tokens
from actionhub.addresses import read_address
from actionhub.cli.supporters import supporters as command
from actionhub.database import db
from actionhub.errors import NotFound
from actionhub.followups import sending, writing
from actionhub.organizers.models import AuditEvent
from actionhub.outbox import suppressions
from actionhub.outbox.models import Email, EmailEvent, EmailState, Scope, Suppression
from actionhub.privacy import asking
from actionhub.privacy.erasing import erase
from actionhub.privacy.showing import what_i_signed
from actionhub.privacy.taking import export
from actionhub.signatures import confirming, counts, listing, withdrawing
from actionhub.signatures.models import Signature, SignatureState
from actionhub.supporters import subscribing
from actionhub.supporters.models import Subscription, Supporter
from tests.cast import a_member, an_open_action
from tests.outbox.archived import archive_finished
from tests.signatures.people import (
    WORDING,
    an_action,
    confirmed,
    emails,
    link,
    signatures,
    signed,
)

S = SignatureState


def deliver(signature_id: int) -> None:
    db.session.get_one(Signature, signature_id).delivered_at = clock.now()
    db.session.commit()


def everything() -> str:
    """Every cell of every table, as text."""
    db.session.commit()
    cells = [
        repr(tuple(row))
        for table in db.metadata.sorted_tables
        for row in db.session.execute(text(f"SELECT * FROM {table.name}"))
    ]
    return "\n".join(cells)


def test_who_was_delivered_left_and_filled_in_the_form_anew_is_pending_no_more(app: Flask) -> None:
    action = an_action()
    done = confirmed(action)
    deliver(done.signature_id)
    withdrawing.withdraw(done.signature_id)
    db.session.commit()
    signed(action)
    (anew,) = signatures()
    assert (anew.state, anew.delivered_at) == (S.PENDING, None)
    assert erase(done.supporter_id)
    db.session.commit()
    (gone,) = signatures()
    assert gone.state is S.REMOVED
    counts.fold()
    assert counts.check() == []


def test_a_delivered_signature_stays_anonymous_and_counted(app: Flask) -> None:
    delivered, standing, pending = (an_action(slug=s) for s in ("delivered", "standing", "new"))
    done = confirmed(delivered)
    deliver(done.signature_id)
    confirmed(standing)
    signed(pending)
    assert erase(done.supporter_id)
    db.session.commit()
    kept = signatures()
    assert [s.state for s in kept] == [S.CONFIRMED, S.REMOVED, S.REMOVED]
    for s in kept:
        told = (s.name, s.zip, s.comment, s.supporter_id, s.network_hash, s.name_key, s.source)
        assert told == (None, None, None, None, None, "", {})
    counts.fold()
    assert counts.check() == []
    assert [counts.counts_of(a).confirmed for a in (delivered, standing, pending)] == [1, 0, 0]
    assert listing.public_names(delivered) == ()
    assert confirming.number_of(kept[0].id) == 1


def finish_all_mail() -> None:
    done = {"state": EmailState.SENT, "finished_at": clock.now()}
    db.session.execute(update(Email).values(done))
    db.session.commit()


@pytest.mark.parametrize("archived", [False, True])
def test_nothing_of_the_person_is_left_in_any_table(app: Flask, archived: bool) -> None:
    action = an_action()
    person: dict[str, Any] = {
        "name": "Zenobia Quux",
        "zip": "98765",
        "comment": "Unmistakable words.",
        "source": {"utm_source": "xyzzy-news"},
        "network_hash": "feedface" * 4,
    }
    done = confirmed(action, "zenobia@example.org", **person)
    deliver(done.signature_id)
    signed(an_action(slug="two"), "zenobia@example.org", **person)
    if archived:
        finish_all_mail()
        assert archive_finished() == 3
        signed(an_action(slug="three"), "zenobia@example.org", **person)
    before = everything()
    words = ["Zenobia", "98765", "Unmistakable", "xyzzy", "feedface", "zenobia@"]
    assert all(word in before for word in words)
    erase(done.supporter_id)
    after = everything()
    assert [word for word in words if word in after] == []


def test_unsent_mail_is_cancelled_and_follow_ups_stay_suppressed(app: Flask) -> None:
    done = confirmed(an_action())
    erase(done.supporter_id)
    db.session.commit()
    assert {mail.state for mail in emails()} == {EmailState.CANCELLED}
    kept = db.session.scalars(select(Suppression)).one()
    assert (kept.scope, kept.reason) == (Scope.FOLLOWUPS, "erased")
    assert kept.address_hash == read_address("ana@example.org").hash
    assert db.session.scalars(select(Subscription)).all() == []
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.verb == "erase")).one()
    assert (event.subject_kind, event.subject_id) == ("supporter", done.supporter_id)


def test_erasing_again_is_harmless_and_all_links_lead_to_nothing(app: Flask) -> None:
    done = confirmed(an_action())
    token = link(signatures()[0])
    assert erase(done.supporter_id)
    db.session.commit()
    assert not erase(done.supporter_id)
    assert not erase(999_999)
    nothing: list[Any] = [
        lambda: confirming.look_up(token),
        lambda: confirming.confirm(token),
        lambda: what_i_signed(done.supporter_id),
        lambda: export(done.supporter_id),
        lambda: subscribing.leave(done.supporter_id),
        lambda: withdrawing.withdraw(done.signature_id),
    ]
    for open_link in nothing:
        with pytest.raises(NotFound):
            open_link()
    assert not asking.mail_fresh_link(done.supporter_id, "en")


def test_who_comes_back_is_somebody_new(app: Flask) -> None:
    action = an_action()
    done = confirmed(action)
    erase(done.supporter_id)
    db.session.commit()
    address_hash = read_address("ana@example.org").hash
    back = signed(action, wants_followups=False)
    assert back.supporter_id not in (None, done.supporter_id)
    assert emails("confirm")[-1].state is EmailState.READY
    again = confirming.confirm(link(back))
    db.session.commit()
    assert suppressions.is_suppressed(address_hash, Scope.FOLLOWUPS)  # they did not agree to any
    confirmed(an_action(slug="two"), wants_followups=True)
    assert not suppressions.is_suppressed(address_hash, Scope.FOLLOWUPS)
    assert subscribing.is_member(again.supporter_id)
    counts.fold()
    assert counts.check() == []


def test_no_id_is_ever_used_again(app: Flask) -> None:
    action = an_action()
    first = signed(action)
    ids = (first.id, first.supporter_id)
    db.session.delete(first)
    db.session.delete(db.session.get_one(Supporter, first.supporter_id))
    db.session.commit()
    second = signed(action, "bo@example.org")
    assert second.id > ids[0]
    assert (second.supporter_id or 0) > (ids[1] or 0)


def test_my_page_tells_what_i_signed_and_what_came_of_it(app: Flask) -> None:
    action, other = an_action(), an_action(slug="other")
    done = confirmed(action)
    deliver(done.signature_id)
    with clock.moved_by(minutes=1):
        signed(other, comment=None)
    counts.fold()
    page = what_i_signed(done.supporter_id)
    assert (page.address, page.member) == ("ana@example.org", True)
    assert page.agreement is not None
    assert page.agreement.wording == WORDING
    newer, older = page.signatures
    assert (newer.state, newer.number, newer.can_withdraw) == (S.PENDING, 0, True)
    assert (older.state, older.number, older.name) == (S.CONFIRMED, 1, "Ana Flores")
    assert older.title == "Pass the PRO Act"
    assert older.action is not None
    assert older.delivered_at is not None
    assert older.counts.confirmed == 1
    withdrawing.withdraw(older.signature_id)
    assert not what_i_signed(done.supporter_id).signatures[1].can_withdraw


@pytest.mark.parametrize("archived", [False, True])
def test_what_is_taken_along_is_everything_but_the_keys_to_the_page(
    app: Flask, archived: bool
) -> None:
    done = confirmed(an_action(), source={"utm_source": "news"})
    subscribing.leave(done.supporter_id)
    mailed = list(db.session.scalars(select(Email)))
    fields = [dict(mail.fields or {}) for mail in mailed]
    event = {"at": clock.now(), "state": EmailState.SENT, "attempt": 1, "code": 250}
    db.session.add(EmailEvent(email_id=mailed[1].id, **event))
    db.session.commit()
    if archived:
        finish_all_mail()
        archive_finished()
    told = json.loads(json.dumps(export(done.supporter_id)))
    assert told["address"] == "ana@example.org"
    assert told["membership"]["agreed_to"] == WORDING
    [signature] = told["signatures"]
    assert signature["name"] == "Ana Flores"
    assert signature["came_from"] == {"utm_source": "news"}
    assert signature["words_signed"]["title"] == "Pass the PRO Act"
    assert [mail["kind"] for mail in told["emails"]] == ["confirm", "thanks"]
    assert told["emails"][0]["said_to_you"]["comment"] == "My shop voted yes."
    assert told["not_mailed"][0]["why"] == "left"
    assert [len(mail["events"]) for mail in told["emails"]] == [0, 1]
    for held in fields:
        assert held
        for name, value in held.items():
            if name.endswith("_url"):
                assert str(value) not in json.dumps(told)
    assert tokens.sign(tokens.Purpose.ME, done.supporter_id)[:20] not in json.dumps(told)


def test_a_follow_ups_facts_are_taken_along_and_not_which_key_signs_its_links(app: Flask) -> None:
    action = an_open_action()
    ana = a_member(action, "Ana Flores", "ana@example.org")
    follow_up = writing.draft(action.id, subject="We won", body_markdown="It is **done**.")
    sending.start(follow_up, None)
    db.session.commit()
    assert sending.advance() == 1
    (mail,) = export(ana.supporter_id or 0)["emails"]
    assert mail["said_to_you"] == {"name": "Ana Flores", "supporter": ana.supporter_id}
    assert mail["said_to_all"]["body_markdown"] == "It is **done**."
    assert tokens.fingerprint() not in json.dumps(mail)


def test_the_operator_erases_by_address(app: Flask) -> None:
    done = confirmed(an_action())
    runner = CliRunner()
    refused = runner.invoke(command, ["erase", "Ana@example.org"], input="n\n")
    assert refused.exit_code == 1
    assert what_i_signed(done.supporter_id).address == "ana@example.org"
    told = runner.invoke(command, ["erase", "Ana@example.org", "--yes"])
    assert (told.exit_code, told.output) == (0, "Erased.\n")
    again = runner.invoke(command, ["erase", "ana@example.org", "--yes"])
    assert again.exit_code == 1
    assert "Nobody of that address" in again.output
    assert runner.invoke(command, ["erase", "nowhere"]).exit_code == 2


def test_the_operator_brings_members_in_and_takes_them_out(app: Flask, tmp_path: Any) -> None:
    runner = CliRunner()
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("email,consent\nana@example.org,Yes please write\n", encoding="utf-8")
    bad.write_bytes(b"email,consent\n\xff\xfe\n")
    told = runner.invoke(command, ["import", str(good)])
    assert (told.exit_code, told.output) == (0, "1 new member.\n")
    assert "1 were members already." in runner.invoke(command, ["import", str(good)]).output
    assert "not UTF-8" in runner.invoke(command, ["import", str(bad)]).output
    bad.write_text("email,consent\nana,no\n", encoding="utf-8")
    refused = runner.invoke(command, ["import", str(bad)])
    assert refused.exit_code == 1
    assert "Line 2" in refused.output
    assert "Nothing was imported" in refused.output
    out = tmp_path / "out.csv"
    assert runner.invoke(command, ["export", str(out)]).exit_code == 0
    assert "ana@example.org,Yes please write," in out.read_text()
