"""Signatures kept aside are released or removed; names are seen by those who need them."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import select

from actionhub.actions.models import Action
from actionhub.extensions import db
from actionhub.organizers.models import AuditEvent
from actionhub.outbox.models import Email
from actionhub.signatures.models import Signature, SignatureState
from tests.cast import a_signature, an_open_action
from tests.organize.people import Desk


def kept_aside(action: Action, name: str, address: str, **changes: Any) -> Signature:
    values = {"state": SignatureState.QUARANTINED, "state_reason": "limit", "confirmed_at": None}
    return a_signature(action, name, address, **values | changes)


def test_the_ticked_ones_are_released_and_asked_to_confirm(sam: Desk) -> None:
    action = an_open_action()
    one, two = (kept_aside(action, name, f"{name}@example.org") for name in ("ana", "bo"))
    db.session.commit()
    path = f"/organize/actions/{action.id}/signatures"
    page = sam.sees(path)
    assert "many from one network at once" in page
    assert "ana@example.org" not in page, "an address helps nobody judge a name"
    answer = sam.send(path, ids=[one.id], verb="release", state="quarantined")
    assert answer.status_code == 302
    db.session.expire_all()
    assert (one.state, two.state) == (SignatureState.PENDING, SignatureState.QUARANTINED)
    assert len(db.session.scalars(select(Email)).all()) == 1
    sam.send(path, ids=[one.id], verb="release", state="quarantined")
    assert len(db.session.scalars(select(Email)).all()) == 1, "twice asks once"


def test_the_ticked_ones_are_removed_and_the_log_names_none(sam: Desk) -> None:
    action = an_open_action()
    one = kept_aside(action, "Buy Cheap Now", "spam@example.org")
    db.session.commit()
    path = f"/organize/actions/{action.id}/signatures"
    sam.see(path)
    sam.send(path, ids=[one.id], verb="remove", state="quarantined")
    db.session.expire_all()
    assert one.state is SignatureState.REMOVED
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.verb == "remove")).one()
    assert (event.subject_kind, event.subject_id, event.fields) == ("signature", one.id, [])


def test_ticking_nothing_changes_nothing(sam: Desk) -> None:
    action = an_open_action()
    one = kept_aside(action, "Ana", "ana@example.org")
    db.session.commit()
    path = f"/organize/actions/{action.id}/signatures"
    sam.see(path)
    sam.send(path, verb="release", state="quarantined")
    assert one.state is SignatureState.QUARANTINED
    assert "Tick the signatures first." in sam.sees(path)


def test_another_actions_signature_cannot_be_reached_through_this_one(sam: Desk) -> None:
    action, other = an_open_action(), an_open_action(title="Another")
    theirs = kept_aside(other, "Ana", "ana@example.org")
    db.session.commit()
    path = f"/organize/actions/{action.id}/signatures"
    sam.see(path)
    sam.send(path, ids=[theirs.id], verb="remove", state="quarantined")
    db.session.expire_all()
    assert theirs.state is SignatureState.QUARANTINED


def test_one_is_found_by_name(sam: Desk) -> None:
    action = an_open_action()
    a_signature(action, "José Ñandú", "jose@example.org")
    a_signature(action, "Ana 100%", "ana@example.org")
    db.session.commit()
    path = f"/organize/actions/{action.id}/signatures?state=confirmed"
    found = sam.sees(f"{path}&q=%C3%91and")
    assert "José Ñandú" in found
    assert "Ana 100%" not in found
    assert "Ana 100%" in sam.sees(f"{path}&q=100%25"), "a per cent sign is a sign like others"


def test_viewers_see_numbers_and_no_names(app: Flask, vera: Desk) -> None:
    action = an_open_action()
    a_signature(action, "José Ñandú", "jose@example.org")
    db.session.commit()
    assert vera.see(f"/organize/actions/{action.id}/signatures").status_code == 403
    assert "José" not in vera.sees(f"/organize/actions/{action.id}")
