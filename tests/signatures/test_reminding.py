"""One reminder, after two days, to those who still can confirm; and what organizers release."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from actionhub import clock, tokens
from actionhub.actions.models import Action
from actionhub.actions.publishing import close
from actionhub.addresses import address_hash
from actionhub.extensions import db
from actionhub.outbox import suppressions
from actionhub.outbox.models import Scope
from actionhub.signatures import confirming, counts, listing, quarantine
from actionhub.signatures.models import NameDisplay, SignatureState
from actionhub.signatures.reminding import remind_due
from tests.signatures.people import (
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


def remind() -> int:
    done = remind_due()
    db.session.commit()
    return done


def test_a_reminder_comes_once_after_two_days_with_the_latest_link(app: Flask) -> None:
    action = an_action()
    start = clock.now()
    with clock.set_to(start):
        signed(action)
        latest = signed(action, comment="Better said.")
        confirmed(action, "bo@example.org")
    with clock.set_to(start + timedelta(days=1, hours=23)):
        assert remind() == 0
    with clock.set_to(start + timedelta(days=2, minutes=1)):
        assert remind() == 1
        assert remind() == 0
    with clock.set_to(start + timedelta(days=5)):
        assert remind() == 0
    [mail] = emails("remind")
    assert mail.fields is not None
    token = str(mail.fields["confirm_url"]).rpartition("/")[2]
    assert tokens.read(tokens.Purpose.CONFIRM, token).values == (latest.id, 2)
    assert mail.fields["comment"] == "Better said."


def test_nobody_is_reminded_of_what_cannot_be_confirmed(app: Flask) -> None:
    closed, open_ = an_action(), an_action(slug="open")
    signed(closed)
    signed(open_, "bounced@example.org")
    signed(open_, "trapped@example.org", trapped=True)
    suppressions.suppress(address_hash("bounced@example.org"), Scope.ALL, "bounced")
    close(db.session.get_one(Action, closed))
    db.session.commit()
    with clock.moved_by(days=3):
        assert remind() == 0
    with clock.moved_by(days=40):
        assert remind() == 0


def test_reminders_keep_to_three_mails_a_day(app: Flask) -> None:
    for n in range(5):
        signed(an_action(slug=f"a{n}"))
    with clock.moved_by(days=2, minutes=1):
        assert remind() == 3
    with clock.moved_by(days=2, hours=12):
        assert remind() == 0
    with clock.moved_by(days=3, hours=1):
        assert remind() == 2
    assert len(emails("remind")) == 5


def test_a_released_signature_is_asked_to_confirm(app: Flask) -> None:
    action = an_action()
    kept = signed(action, trapped=True)
    assert [one.id for one in kept_aside(action)] == [kept.id]
    assert quarantine.release([kept.id, 999_999]) == 1
    db.session.commit()
    assert quarantine.release([kept.id]) == 0
    assert [mail.key for mail in emails()] == [f"confirm:{kept.id}:1"]
    assert confirming.confirm(link(signatures()[0])).first_time
    db.session.commit()
    counts.fold()
    assert (counts.counts_of(action).confirmed, counts.check()) == (1, [])


def test_a_removed_one_is_gone_from_the_waiting_and_counted_as_removed(app: Flask) -> None:
    action = an_action()
    kept = signed(action, trapped=True)
    assert quarantine.remove([kept.id]) == 1
    assert quarantine.remove([kept.id]) == 0
    db.session.commit()
    assert kept_aside(action) == []
    counts.fold()
    assert (counts.counts_of(action).removed, counts.check()) == (1, [])


def test_only_public_confirmed_names_and_comments_are_listed(app: Flask) -> None:
    action = an_action()
    for n, display in enumerate(NameDisplay):
        confirmed(action, f"s{n}@example.org", name=f"Shown {display}", display=display)
    post(a_form(action, "pending@example.org", name="Not yet"))
    assert [one.name for one in listing.public_names(action)] == ["Shown public"]
    [comment] = listing.comments(action, locale="es")
    assert (comment.name, comment.place) == ("Shown public", "")
    assert listing.public_names(action, limit=0) == ()
