"""Signing: one transaction, and the same answer for everybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from actionhub import clock
from actionhub.actions.drafting import FixedOnceSigned, edit_draft
from actionhub.actions.models import Action
from actionhub.actions.publishing import close
from actionhub.actions.states import ActionClosed
from actionhub.addresses import read_address
from actionhub.errors import NotFound
from actionhub.extensions import db
from actionhub.signatures import confirming, counts, quarantine, withdrawing
from actionhub.signatures.models import NameDisplay, SignatureState
from actionhub.signatures.signing import NameMissing
from actionhub.supporters.models import ConsentWording, Supporter
from tests.cast import a_draft
from tests.signatures.people import (
    WORDING,
    a_form,
    an_action,
    confirmed,
    emails,
    kept_aside,
    link,
    post,
    signatures,
    signed,
)

S = SignatureState


def tally(action_id: int) -> tuple[int, int, int]:
    """(confirmed, pending, removed), folded, and equal to COUNT(*)."""
    counts.fold()
    db.session.commit()
    assert counts.check() == []
    found = counts.counts_of(action_id)
    return found.confirmed, found.pending, found.removed


def test_a_new_signature_keeps_what_its_form_said(app: Flask) -> None:
    action = an_action()
    source = {"utm_source": "news", "utm_campaign": "x" * 300, "fbclid": "track-me"}
    kept = signed(action, source=source)
    assert (kept.state, kept.posting, kept.name) == (S.PENDING, 1, "Ana Flores")
    assert (kept.zip, kept.country, kept.comment) == ("20001", "US", "My shop voted yes.")
    assert kept.source == {"utm_source": "news", "utm_campaign": "x" * 100}
    assert kept.consented_at == kept.posted_at == kept.created_at
    wording = db.session.get_one(ConsentWording, kept.wording_id)
    assert (wording.text, wording.locale) == (WORDING, "en")
    [mail] = emails()
    assert (mail.key, mail.address) == (f"confirm:{kept.id}:1", "ana@example.org")
    assert mail.fields is not None
    assert mail.fields["place"] == "ZIP 20001"
    assert mail.fields["confirm_url"].startswith("http://localhost/confirm/")
    assert (mail.fields["shows_public"], mail.fields["shows_protected"]) == (True, False)
    assert tally(action) == (0, 1, 0)


def test_the_same_wording_is_kept_once_and_none_without_consent(app: Flask) -> None:
    action = an_action()
    first, second = signed(action), signed(action, "bo@example.org")
    assert first.wording_id == second.wording_id
    third = signed(action, "cy@example.org", wants_followups=False)
    assert (third.wording_id, third.consented_at) == (None, None)
    assert db.session.scalar(select(func.count()).select_from(ConsentWording)) == 1


def test_mail_to_another_country_names_it_in_its_language(app: Flask) -> None:
    signed(an_action(), zip=None, country="MX", locale="es")
    fields = emails()[0].fields
    assert fields is not None
    assert fields["place"] == "México"
    assert "/es/confirm/" in fields["confirm_url"]


def test_a_later_form_replaces_a_pending_one_and_mails_its_own_link(app: Flask) -> None:
    action = an_action()
    first = link(signed(action))
    again = signed(action, comment="Mine voted twice.", display=NameDisplay.PROTECTED)
    assert len(signatures()) == 1
    assert (again.posting, again.comment, again.display) == (
        2,
        "Mine voted twice.",
        NameDisplay.PROTECTED,
    )
    assert [mail.key for mail in emails()] == [f"confirm:{again.id}:1", f"confirm:{again.id}:2"]
    with pytest.raises(confirming.OlderPosting):
        confirming.confirm(first)
    assert tally(action) == (0, 1, 0)


def test_pressing_the_button_twice_makes_one_signature_and_one_mail(app: Flask) -> None:
    action = an_action()
    signed(action)
    assert signed(action).posting == 1
    assert len(emails()) == 1


def test_the_same_form_later_is_mailed_again_and_both_links_work(app: Flask) -> None:
    action = an_action()
    first = link(signed(action))
    with clock.moved_by(minutes=10):
        again = signed(action)
    assert again.posting == 1
    assert len(emails()) == 2
    assert confirming.look_up(first).can_confirm
    assert link(again) == first or confirming.look_up(link(again)).can_confirm


def test_signing_again_after_confirming_changes_nothing_and_mails_already(app: Flask) -> None:
    action = an_action()
    confirmed(action)
    for name in ("Ana Flores", "ANA  FLORES", "ana flores"):
        post(a_form(action, name=name, comment="Changed by somebody else"))
    [kept] = signatures()
    assert (kept.state, kept.comment) == (S.CONFIRMED, "My shop voted yes.")
    assert [mail.key.partition(":")[0] for mail in emails()] == ["confirm", "thanks", "already"]
    assert tally(action) == (1, 0, 0)


def test_nothing_on_a_known_supporter_changes_before_confirmation(app: Flask) -> None:
    action, other = an_action(), an_action(slug="other")
    confirmed(action, "ana.flores@gmail.com", wants_followups=False)
    before = db.session.scalars(select(Supporter)).one()
    kept = (before.address, before.locale)
    signed(other, "AnaFlores+news@gmail.com", locale="es")
    after = db.session.scalars(select(Supporter)).one()
    assert (after.address, after.locale) == kept
    confirming.confirm(link(signatures()[-1]))
    db.session.commit()
    db.session.expire_all()
    assert (after.address, after.locale) == ("AnaFlores+news@gmail.com", "es")


def test_two_people_at_one_address_both_sign_where_the_action_allows_it(app: Flask) -> None:
    action = an_action()
    signed(action, name="Ana Flores")
    signed(action, "ANA@example.org", name="Bo Flores")
    assert [s.name for s in signatures()] == ["Ana Flores", "Bo Flores"]
    assert len({s.supporter_id for s in signatures()}) == 1
    assert tally(action) == (0, 2, 0)


def test_one_signature_an_address_where_the_action_says_so(app: Flask) -> None:
    action = an_action(allows_shared_addresses=False)
    signed(action, name="Ana Flores")
    assert signed(action, name="Bo Flores").name == "Bo Flores"
    assert len(signatures()) == 1


def test_how_many_may_sign_from_one_address_stands_once_published(app: Flask) -> None:
    action = db.session.get_one(Action, an_action())
    assert edit_draft(action, allows_shared_addresses=True).allows_shared_addresses
    with pytest.raises(FixedOnceSigned):
        edit_draft(action, allows_shared_addresses=False)
    draft = a_draft(slug="draft")
    assert not edit_draft(draft, allows_shared_addresses=False).allows_shared_addresses


def test_the_seventh_name_of_one_address_waits_for_an_organizer(app: Flask) -> None:
    action = an_action()
    for n in range(7):
        signed(action, name=f"Sibling {'abcdefg'[n]}")
    assert [s.state for s in signatures()] == [S.PENDING] * 6 + [S.QUARANTINED]
    assert kept_aside(action)[0].state_reason == "address"


def test_three_mails_a_day_to_one_address_over_all_actions(app: Flask) -> None:
    actions = [an_action(slug=f"a{n}") for n in range(5)]
    for action in actions:
        signed(action)
    assert len(emails("confirm")) == 3
    assert [s.state for s in signatures()] == [S.PENDING] * 5
    with clock.moved_by(hours=23):
        signed(actions[4], comment="Not mailed yet")
        assert len(emails("confirm")) == 3
    with clock.moved_by(hours=25):
        signed(actions[4], comment="Now")
    assert len(emails("confirm")) == 4


def test_a_form_over_the_days_mails_does_not_break_the_last_mailed_link(app: Flask) -> None:
    action = an_action()
    for n in range(3):
        signed(action, comment=f"Version {n}")
    last = link(signatures()[0])
    assert signed(action, comment="Version 3").comment == "Version 2"
    assert confirming.confirm(last).first_time


def test_a_withdrawn_signature_may_be_given_again(app: Flask) -> None:
    action = an_action()
    done = confirmed(action)
    assert withdrawing.withdraw(done.signature_id)
    db.session.commit()
    assert tally(action) == (0, 0, 1)
    again = signed(action, comment="I thought better of it.")
    assert (again.state, again.posting, again.confirmed_at) == (S.PENDING, 2, None)
    assert tally(action) == (0, 1, 0)
    assert confirming.confirm(link(again)).first_time
    db.session.commit()
    assert tally(action) == (1, 0, 0)


def test_a_confirmed_signature_that_organizers_removed_stays_removed(app: Flask) -> None:
    action = an_action()
    done = confirmed(action)
    quarantine.remove([done.signature_id])
    db.session.commit()
    before = len(emails())
    assert signed(action).state is S.REMOVED
    assert len(emails()) == before


def test_a_filled_in_trap_keeps_the_form_aside_uncounted_and_unmailed(app: Flask) -> None:
    action = an_action()
    kept = signed(action, trapped=True)
    assert (kept.state, kept.state_reason) == (S.QUARANTINED, "honeypot")
    assert len(emails()) == 0
    assert tally(action) == (0, 0, 0)
    assert signed(action).state is S.PENDING  # the person, without the trap
    assert tally(action) == (0, 1, 0)


def test_a_trapped_form_does_not_touch_what_stands(app: Flask) -> None:
    action = an_action()
    token = link(signed(action))
    assert signed(action, trapped=True, comment="spam").comment == "My shop voted yes."
    assert confirming.confirm(token).first_time


def test_beyond_the_limit_of_a_network_signatures_are_kept_aside(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    action, other = an_action(), an_action(slug="other")
    limited = replace(app.extensions["actionhub.settings"], signing_limit="2/minute;300/hour")
    monkeypatch.setitem(app.extensions, "actionhub.settings", limited)
    with clock.set_to(clock.now()):
        for n in range(4):
            signed(action, f"s{n}@example.org")
        signed(other, "s9@example.org")
        signed(action, "s8@example.org", network_hash="1" * 32)
    states = [s.state for s in signatures()]
    assert states == [S.PENDING] * 2 + [S.QUARANTINED] * 2 + [S.PENDING] * 2
    assert {one.state_reason for one in kept_aside(action)} == {"limit"}
    assert len(emails()) == 4
    assert tally(action) == (0, 3, 0)


def test_a_closed_action_takes_no_signature(app: Flask) -> None:
    action = an_action()
    form = a_form(action)
    close(db.session.get_one(Action, action))
    db.session.commit()
    with pytest.raises(ActionClosed):
        post(form)
    db.session.rollback()
    assert len(signatures()) == 0


def test_an_action_is_closed_at_its_time_though_no_job_ran(app: Flask) -> None:
    action = an_action(closes_at=clock.now() + timedelta(hours=1))
    form = a_form(action)
    with clock.moved_by(hours=2), pytest.raises(ActionClosed):
        post(form)


def test_only_published_words_of_that_action_can_be_signed(app: Flask) -> None:
    action, other = an_action(), an_action(slug="other")
    draft_text = a_form(action).text_id - 1
    for text_id in (draft_text, a_form(other).text_id, 999_999):
        with pytest.raises(NotFound):
            post(a_form(action, text_id=text_id))
        db.session.rollback()


@pytest.mark.parametrize("name", ["", "   ", "\u202e", "\x00"])
def test_a_name_of_nothing_is_refused(app: Flask, name: str) -> None:
    with pytest.raises(NameMissing):
        post(a_form(an_action(), name=name))


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "a" + "\u0301" * 10_000},
        {"name": "محمد العربي", "comment": "نعم"},
        {"name": "👩🏽‍🏭 Ana 🌹", "comment": "👩🏽‍🏭" * 3000},
        {"name": "x" * 5000, "comment": "nul \x00 inside"},
        {"name": "O'Brien; DROP TABLE signatures; --"},
        {"name": "=cmd()", "source": {"utm_source": ["a", "b"]}},
    ],
)
def test_hostile_and_rare_text_is_kept_without_harm(app: Flask, changes: dict[str, Any]) -> None:
    action = an_action()
    kept = signed(action, **changes)
    assert kept.name
    assert len(kept.name) <= 200
    assert "\x00" not in (kept.comment or "")
    assert signed(action, **changes).id == kept.id


def test_an_address_in_another_case_and_spelling_is_the_same_supporter(app: Flask) -> None:
    action = an_action()
    signed(action, "Ana.Flores+petitions@googlemail.com")
    signed(action, "anaflores@GMAIL.com")
    assert len(signatures()) == 1
    assert read_address("a.b@gmail.com").hash == read_address("ab@gmail.com").hash
