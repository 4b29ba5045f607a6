"""Exactly those get a follow-up who took the action, agreed, and may be mailed."""

from __future__ import annotations

from typing import Any

from flask import Flask

from actionhub import clock
from actionhub.actions.models import Action
from actionhub.addresses import read_address
from actionhub.extensions import db
from actionhub.followups.audience import (
    RECIPIENTS,
    Reach,
    audience_of,
    end_of_batch,
    masked,
    remaining,
)
from actionhub.outbox.models import Scope
from actionhub.outbox.suppressions import lift, suppress
from actionhub.signatures.models import SignatureState
from actionhub.supporters.subscribing import leave
from tests.cast import a_member, a_signature, an_open_action


def recipients(action: Action, **narrower: Any) -> list[Any]:
    reach = Reach(action.id, **{"by": clock.now()} | narrower)
    return list(db.session.execute(RECIPIENTS, reach.given()))


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
    found = recipients(action)
    assert [(person.name, person.address) for person in found] == [
        ("Ana Díaz", "ana@example.org"),
        ("Hal Receipts", "hal@example.org"),
    ]
    assert found[0].supporter_id == ana.supporter_id
    assert audience_of(action.id).count == 2


def test_who_left_is_not_meant_though_their_suppression_was_lifted(app: Flask) -> None:
    action = an_open_action()
    ana = a_member(action, "Ana", "ana@example.org")
    leave(ana.supporter_id or 0)
    lift(read_address("ana@example.org").hash, Scope.FOLLOWUPS)
    assert recipients(action) == []
    assert audience_of(action.id).count == 0


def test_two_who_share_an_inbox_get_one_email_that_names_both(app: Flask) -> None:
    action = an_open_action()
    a_member(action, "Zoe Ruiz", "home@example.org")
    a_member(action, "Abe Ruiz", "home@example.org")
    (home,) = recipients(action)
    assert home.name == "Zoe Ruiz & Abe Ruiz"
    assert audience_of(action.id).count == 1


def test_the_names_of_an_inbox_stand_in_the_order_of_signing(app: Flask) -> None:
    action = an_open_action()
    names = [f"{letter} Ruiz" for letter in "QZAMB"]
    for name in names:
        a_member(action, name, "home@example.org")
    a_member(action, "Not Yet", "home@example.org", state=SignatureState.PENDING)
    a_member(action, "Taken Back", "home@example.org", state=SignatureState.WITHDRAWN)
    a_member(an_open_action(title="Another"), "Elsewhere", "home@example.org")
    (home,) = recipients(action)
    assert home.name == " & ".join(names)


def test_recipients_come_in_pages_by_supporter_id(app: Flask) -> None:
    action = an_open_action()
    ids = [a_member(action, f"P {n}", f"p{n}@example.org").supporter_id or 0 for n in range(5)]
    by = clock.now()
    assert end_of_batch(Reach(action.id, by), 2) == ids[1]
    assert [person.supporter_id for person in recipients(action, until=ids[1])] == ids[:2]
    rest = recipients(action, after=ids[1], until=ids[3])
    assert [person.supporter_id for person in rest] == ids[2:4]
    assert end_of_batch(Reach(action.id, by, ids[1], ids[3]), 2) == ids[3]
    assert end_of_batch(Reach(action.id, by, ids[1], ids[3]), 3) is None
    assert remaining(Reach(action.id, by, ids[1], ids[3])) == 2


def test_a_batch_ends_after_so_many_signers_whoever_of_them_is_mailed(app: Flask) -> None:
    action = an_open_action()
    first = a_signature(action, "Silent", "silent@example.org")
    a_member(action, "One", "home@example.org")
    second = a_member(action, "Two", "home@example.org")
    a_member(action, "Late", "late@example.org")
    assert end_of_batch(Reach(action.id, clock.now()), 1) == first.supporter_id
    assert end_of_batch(Reach(action.id, clock.now()), 2) == second.supporter_id


def test_mail_follows_the_language_of_the_signature(app: Flask) -> None:
    action = an_open_action()
    a_member(action, "Eva", "eva@example.org", locale="es")
    assert recipients(action)[0].locale == "es"


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
