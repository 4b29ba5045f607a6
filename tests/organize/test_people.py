"""Admins manage people, read the log, and see how the mail stands."""

from __future__ import annotations

import re
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from actionhub import clock
from actionhub.extensions import db
from actionhub.organizers.auditing import record
from actionhub.organizers.joining import find_by_email
from actionhub.organizers.models import AuditEvent, Organizer, Role
from actionhub.outbox.models import Email
from actionhub.outbox.sending import drain
from tests.mail import Sink
from tests.organize.people import ADDRESSES, Desk


def test_somebody_added_is_mailed_a_link_that_lets_them_in(
    app: Flask, ines: Desk, smtp_sink: Sink
) -> None:
    ines.see("/organize/people")
    answer = ines.send("/organize/people", email="Lu@example.org", name="Lu", role="viewer")
    assert answer.status_code == 302
    drain()
    (message,) = smtp_sink.messages
    found = re.search(
        r"http://localhost(/organize/enter/\S+)", message.get_body(("plain",)).get_content()
    )
    assert found
    assert "Welcome, Lu" in app.test_client().get(found[1]).text
    lu = find_by_email("lu@example.org")
    assert lu is not None
    assert lu.role is Role.VIEWER


def test_a_bad_or_known_address_is_told_beside_its_field(ines: Desk) -> None:
    for email in ("not an address", ADDRESSES[Role.ADMIN]):
        ines.see("/organize/people")
        answer = ines.send("/organize/people", email=email, name="", role="admin")
        assert answer.status_code == 422
        assert 'id="email-error"' in answer.text


def test_a_role_is_changed_and_the_last_admin_stays(ines: Desk, sam: Desk) -> None:
    ines.see("/organize/people")
    ines.send(f"/organize/people/{sam.organizer_id}/role", role="viewer")
    assert db.session.get_one(Organizer, sam.organizer_id).role is Role.VIEWER
    refused = ines.send(f"/organize/people/{ines.organizer_id}/role", role="viewer")
    assert refused.status_code == 409
    assert "nobody who can manage people" in refused.text
    assert db.session.get_one(Organizer, ines.organizer_id).role is Role.ADMIN
    refused = ines.send(f"/organize/people/{ines.organizer_id}/deactivate")
    assert refused.status_code == 409


def test_somebody_shut_out_is_out_and_may_be_let_in_again(ines: Desk, sam: Desk) -> None:
    ines.see("/organize/people")
    for _time in range(2):
        ines.send(f"/organize/people/{sam.organizer_id}/deactivate")
    assert sam.see("/organize/").status_code == 302
    ines.send(f"/organize/people/{sam.organizer_id}/link")
    assert db.session.scalar(select(Email)) is None, "no link for one who is shut out"
    ines.send(f"/organize/people/{sam.organizer_id}/reactivate")
    assert db.session.get_one(Organizer, sam.organizer_id).active
    assert sam.see("/organize/").status_code == 302, "the old session stays ended"


def test_the_log_tells_who_did_what_page_by_page(ines: Desk) -> None:
    for number in range(120):
        record("publish", "action", number + 1, organizer_id=ines.organizer_id, fields=["title"])
    db.session.commit()
    page = ines.sees("/organize/log")
    assert "published" in page
    assert "action 120" in page
    older = re.search(r"/organize/log\?before=\d+", page)
    assert older
    assert "action 1</a>" in ines.sees(older[0])


def test_the_log_holds_no_address_after_all_this(ines: Desk) -> None:
    ines.see("/organize/people")
    ines.send("/organize/people", email="lu@example.org", name="Lu", role="viewer")
    for event in db.session.scalars(select(AuditEvent)):
        assert "@" not in " ".join(event.fields)


def test_mail_that_waits_too_long_is_told(ines: Desk, vera: Desk) -> None:
    ines.see("/organize/people")
    ines.send("/organize/people", email="lu@example.org", name="Lu", role="viewer")
    assert "Nothing waits longer than it should." in vera.sees("/organize/mail")
    with clock.set_to(clock.now() + timedelta(minutes=6)):
        page = vera.sees("/organize/mail")
    assert "Mail has been waiting since" in page
    assert "Login link" in page
