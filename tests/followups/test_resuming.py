"""Going on with a mailing goes on with its follow-up, whichever had noticed the pause."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from actionhub.extensions import db
from actionhub.followups import sending
from actionhub.followups.models import FollowUpState
from actionhub.followups.resuming import follow_up_of, resume_mailing
from actionhub.outbox.models import EmailState, Mailing, MailingState
from tests.followups.test_pausing import going_out, numbers, refuse, states
from tests.outbox.troubles import a_paused_mailing, an_email, an_event, mailing_of

E = EmailState


def paused_mailing() -> Mailing:
    return db.session.scalars(select(Mailing).where(Mailing.paused_because.is_not(None))).one()


@pytest.mark.parametrize("noticed", [True, False])
def test_the_whole_follow_up_goes_on_and_what_was_refused_goes_again(
    app: Flask, noticed: bool
) -> None:
    _action, follow_up, _ids = going_out(4)
    refuse(*numbers()[:2])
    if noticed:
        sending.advance()
    assert follow_up.state is (FollowUpState.PAUSED if noticed else FollowUpState.SENDING)
    assert follow_up_of(paused_mailing().key) == follow_up
    assert resume_mailing(paused_mailing().id)
    db.session.commit()
    assert follow_up.state is FollowUpState.SENDING
    told = set(db.session.execute(select(Mailing.state, Mailing.refusals, Mailing.paused_because)))
    assert told == {(MailingState.ACTIVE, 0, None)}
    assert states() == {E.READY: 4}
    sending.advance()
    assert follow_up.state is FollowUpState.SENDING


def test_another_kind_of_mail_goes_on_by_itself(app: Flask) -> None:
    mailing = mailing_of("confirm", state=MailingState.PAUSED, paused_because="550 5.7.1")
    refused, unknown = an_email(E.FAILED, mailing), an_email(E.FAILED, mailing)
    an_event(refused, E.FAILED, code=550, enhanced="5.7.1")
    an_event(unknown, E.FAILED, reason="worker died")
    assert resume_mailing(mailing)
    db.session.commit()
    assert states() == {E.READY: 1, E.FAILED: 1}
    assert not resume_mailing(mailing), "once is enough"


def test_what_does_not_pause_by_itself_is_left_alone(app: Flask) -> None:
    by_hand, going = a_paused_mailing(because=None), mailing_of("me")
    over = mailing_of("me", state=MailingState.CANCELLED, paused_because="550 5.7.1")
    assert [resume_mailing(number) for number in (by_hand, going, over, 999)] == [False] * 4
    assert db.session.get_one(Mailing, by_hand).state is MailingState.PAUSED


@pytest.mark.parametrize("key", ["confirm:1:en", "followuptest:1:2:3", "followup:x:en", "followup"])
def test_other_keys_name_no_follow_up(app: Flask, key: str) -> None:
    assert follow_up_of(key) is None
