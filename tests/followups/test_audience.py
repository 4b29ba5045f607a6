"""Exactly those get a follow-up who took the action, agreed, and may be mailed."""

from __future__ import annotations

from flask import Flask

from actionhub.addresses import read_address
from actionhub.extensions import db
from actionhub.followups.audience import audience_of, masked, next_recipients, remaining
from actionhub.outbox.models import Scope
from actionhub.outbox.suppressions import suppress
from actionhub.signatures.models import SignatureState
from actionhub.supporters.subscribing import leave
from tests.cast import a_member, a_signature, an_open_action


def test_only_confirmed_signers_who_agreed_and_did_not_leave_are_meant(app: Flask) -> None:
    action, other = an_open_action(), an_open_action(title="Another")
    ana = a_member(action, "Ana Díaz", "ana@example.org")
    a_signature(action, "Bo Silent", "bo@example.org")
    a_member(action, "Cy Pending", "cy@example.org", state=SignatureState.PENDING)
    a_member(action, "Di Withdrew", "di@example.org", state=SignatureState.WITHDRAWN)
    a_member(other, "Ed Elsewhere", "ed@example.org")
    gone = a_member(action, "Flo Left", "flo@example.org")
    assert gone.supporter_id is not None
    leave(gone.supporter_id)
    a_member(action, "Gus Bounced", "gus@example.org")
    suppress(read_address("gus@example.org").hash, Scope.ALL, "bounced")
    a_member(action, "Hal Receipts", "hal@example.org")
    suppress(read_address("hal@example.org").hash, Scope.SIGNING, "complained")
    db.session.commit()
    found = next_recipients(action.id, limit=10)
    assert [(person.name, person.address) for person in found] == [
        ("Ana Díaz", "ana@example.org"),
        ("Hal Receipts", "hal@example.org"),
    ]
    assert found[0].supporter_id == ana.supporter_id
    assert audience_of(action.id).count == 2


def test_two_who_share_an_inbox_get_one_email_that_names_both(app: Flask) -> None:
    action = an_open_action()
    a_member(action, "Zoe Ruiz", "home@example.org")
    a_member(action, "Abe Ruiz", "home@example.org")
    (home,) = next_recipients(action.id, limit=10)
    assert home.name == "Zoe Ruiz & Abe Ruiz"
    assert audience_of(action.id).count == 1


def test_recipients_come_in_pages_by_supporter_id(app: Flask) -> None:
    action = an_open_action()
    ids = [a_member(action, f"P {n}", f"p{n}@example.org").supporter_id for n in range(5)]
    first = next_recipients(action.id, limit=2)
    assert [person.supporter_id for person in first] == ids[:2]
    rest = next_recipients(action.id, after=first[-1].supporter_id, until=ids[3], limit=9)
    assert [person.supporter_id for person in rest] == ids[2:4]
    assert remaining(action.id, after=ids[1] or 0, until=ids[3]) == 2


def test_mail_follows_the_language_of_the_signature(app: Flask) -> None:
    action = an_open_action()
    a_member(action, "Eva", "eva@example.org", locale="es")
    assert next_recipients(action.id, limit=1)[0].locale == "es"


def test_organizers_see_a_sample_without_full_addresses(app: Flask) -> None:
    action = an_open_action()
    for number in range(7):
        a_member(action, f"Person {number}", f"secret{number}@example.org")
    audience = audience_of(action.id)
    assert audience.count == 7
    assert len(audience.sample) == 5
    assert (audience.sample[0].name, audience.sample[0].address) == (
        "Person 0",
        "s•••@example.org",
    )
    assert "secret" not in repr(audience)
    assert masked("x@example.org") == "x•••@example.org"
