"""Confirming: one link, one posting, one count, one thanks."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import update

from actionhub import clock, tokens
from actionhub.actions.models import Action
from actionhub.actions.publishing import close, publish
from actionhub.actions.states import ActionClosed
from actionhub.actions.texts import write
from actionhub.addresses import address_hash
from actionhub.errors import NotFound
from actionhub.extensions import db
from actionhub.outbox import suppressions
from actionhub.outbox.models import Email, EmailState, Scope
from actionhub.signatures import confirming, counts, versions, withdrawing
from actionhub.signatures.models import SignatureState
from actionhub.supporters import subscribing
from actionhub.supporters.models import Supporter
from tests.outbox.archived import archive_finished
from tests.signatures.people import (
    a_form,
    an_action,
    confirmed,
    emails,
    link,
    post,
    signatures,
    signed,
    text_of,
)

S = SignatureState


def new_words(action_id: int, *, material: bool) -> None:
    write(action_id, "en", "Pass the PRO Act", "Tell the Senate anew.", f"New words. {material}")
    publish(db.session.get_one(Action, action_id), None, material=material)
    db.session.commit()


def test_confirming_counts_subscribes_and_thanks(app: Flask) -> None:
    action = an_action()
    signature = signed(action)
    told = confirming.look_up(link(signature))
    assert (told.state, told.is_current, told.can_confirm) == (S.PENDING, True, True)
    assert (told.name, told.comment) == ("Ana Flores", "My shop voted yes.")
    done = confirming.confirm(link(signature))
    db.session.commit()
    assert (done.number, done.first_time, done.action_id) == (1, True, action)
    assert subscribing.is_member(done.supporter_id)
    [_confirm, thanks] = emails()
    assert thanks.key == f"thanks:{signature.id}"
    assert thanks.fields is not None
    assert (thanks.fields["number"], thanks.fields["member"]) == ("1", True)
    leaving = str(thanks.fields["unsubscribe_url"]).rpartition("/")[2]
    assert tokens.read(tokens.Purpose.UNSUBSCRIBE, leaving).values == (
        done.supporter_id,
        "followups",
    )
    counts.fold()
    assert counts.counts_of(action).confirmed == 1
    assert counts.check() == []


def test_confirming_again_is_harmless(app: Flask) -> None:
    action = an_action()
    first = confirmed(action)
    again = confirming.confirm(link(signatures()[0]))
    db.session.commit()
    assert (again.first_time, again.number) == (False, first.number)
    assert len(emails("thanks")) == 1
    assert not confirming.look_up(link(signatures()[0])).can_confirm


def test_who_did_not_agree_is_no_member(app: Flask) -> None:
    done = confirmed(an_action(), wants_followups=False)
    assert not subscribing.is_member(done.supporter_id)
    fields = emails("thanks")[0].fields
    assert fields is not None
    assert fields["member"] is False


def test_agreeing_anew_ends_an_earlier_leaving(app: Flask) -> None:
    one, two, three = (an_action(slug=slug) for slug in ("one", "two", "three"))
    member = confirmed(one).supporter_id
    subscribing.leave(member)
    confirmed(two, wants_followups=False)
    assert suppressions.is_suppressed(address_hash("ana@example.org"), Scope.FOLLOWUPS)
    waiting = signed(three)
    assert suppressions.is_suppressed(
        address_hash("ana@example.org"), Scope.FOLLOWUPS
    )  # anybody can post a form
    confirming.confirm(link(waiting))
    db.session.commit()
    assert not suppressions.is_suppressed(address_hash("ana@example.org"), Scope.FOLLOWUPS)
    assert subscribing.is_member(member)


def test_a_link_for_another_purpose_or_a_cut_one_opens_nothing(app: Flask) -> None:
    signature = signed(an_action())
    other = tokens.sign(tokens.Purpose.ME, signature.id, 1)
    for token in (other, link(signature)[:-3], "", "x"):
        with pytest.raises(tokens.BadToken):
            confirming.look_up(token)
        with pytest.raises(tokens.BadToken):
            confirming.confirm(token)


def test_a_link_to_no_signature_finds_nothing(app: Flask) -> None:
    token = tokens.sign(tokens.Purpose.CONFIRM, 999_999, 1)
    with pytest.raises(NotFound):
        confirming.look_up(token)
    with pytest.raises(NotFound):
        confirming.confirm(token)


def test_a_withdrawn_signature_is_not_confirmed_by_its_old_link(app: Flask) -> None:
    action = an_action()
    signature = signed(action)
    assert withdrawing.withdraw(signature.id)
    assert not withdrawing.withdraw(signature.id)
    db.session.commit()
    assert emails("confirm")[0].state is EmailState.CANCELLED
    with pytest.raises(confirming.NotConfirmable):
        confirming.confirm(link(signature))


def test_withdrawing_cancels_only_the_mails_of_that_signature(app: Flask) -> None:
    action, other = an_action(), an_action(slug="other")
    done = confirmed(action)
    signed(other)
    withdrawing.withdraw(done.signature_id)
    db.session.commit()
    states = {mail.key: mail.state for mail in emails()}
    assert states[f"thanks:{done.signature_id}"] is EmailState.CANCELLED
    assert states[f"confirm:{done.signature_id + 1}:1"] is EmailState.READY
    with pytest.raises(NotFound):
        withdrawing.withdraw(999_999)


def test_a_form_posted_in_time_is_confirmed_within_a_week_of_it(app: Flask) -> None:
    action = an_action()
    early, late = signed(action), signed(action, "bo@example.org")
    close(db.session.get_one(Action, action))
    db.session.commit()
    with clock.moved_by(days=6):
        assert confirming.confirm(link(early)).first_time
        db.session.commit()
    with clock.moved_by(days=8):
        assert not confirming.look_up(link(late)).can_confirm
        with pytest.raises(ActionClosed):
            confirming.confirm(link(late))


def test_new_words_of_no_substance_ask_nobody_again(app: Flask) -> None:
    action = an_action()
    confirmed(action)
    new_words(action, material=False)
    signed(action)
    assert [s.state for s in signatures()] == [S.CONFIRMED]
    assert len(emails("already")) == 1
    assert versions.signed_earlier_words(action) == 0


def test_who_signs_again_after_a_material_change_signs_the_new_words(app: Flask) -> None:
    action = an_action()
    old_text = text_of(action)
    first = confirmed(action)
    new_words(action, material=True)
    assert versions.signed_earlier_words(action) == 1
    second = signed(action)
    assert second.id != first.signature_id
    assert second.text_id == text_of(action) != old_text
    assert [s.state for s in signatures()] == [S.CONFIRMED, S.PENDING]
    done = confirming.confirm(link(second))
    db.session.commit()
    old, new = signatures()
    assert (old.state, old.state_reason, old.text_id) == (S.WITHDRAWN, "superseded", old_text)
    assert (new.state, done.number) == (S.CONFIRMED, 1)
    counts.fold()
    assert (counts.counts_of(action).confirmed, counts.check()) == (1, [])
    assert versions.signed_earlier_words(action) == 0
    post(a_form(action))  # and again: already
    assert [s.state for s in signatures()] == [S.WITHDRAWN, S.CONFIRMED]
    assert len(emails("already")) == 1


def test_until_the_new_words_are_confirmed_the_old_signature_stands(app: Flask) -> None:
    action = an_action()
    confirmed(action)
    for _turn in range(2):
        new_words(action, material=True)
        signed(action, comment=f"turn {_turn}")
    assert [s.state for s in signatures()] == [S.CONFIRMED, S.PENDING]
    counts.fold()
    assert counts.check() == []


@pytest.mark.parametrize("archived", [False, True])
def test_mail_goes_on_to_the_address_as_its_owner_last_typed_it(app: Flask, archived: bool) -> None:
    done = confirmed(an_action(), "ana.flores@gmail.com")
    again = signed(an_action(slug="two"), "Ana.Flores+unions@gmail.com")
    if archived:
        db.session.execute(update(Email).values(state=EmailState.SENT))
        assert archive_finished() == 3
    confirming.confirm(link(again))
    db.session.commit()
    assert db.session.get_one(Supporter, done.supporter_id).address == "Ana.Flores+unions@gmail.com"
