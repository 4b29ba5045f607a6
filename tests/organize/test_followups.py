"""Follow-ups from the first word to the last mail: preview, test, send, pause, resume, approve."""

from __future__ import annotations

import re

from flask import Flask
from sqlalchemy import func, select

from actionhub.actions.models import Action
from actionhub.actions.tying import tie
from actionhub.extensions import db
from actionhub.followups.announcing import announce
from actionhub.followups.models import FollowUp, FollowUpState
from actionhub.followups.sending import advance
from actionhub.organizers.models import AuditEvent
from actionhub.outbox.models import Email, EmailState
from actionhub.outbox.sending import drain
from tests.cast import a_member, a_release, a_signature, an_open_action
from tests.followups.test_pausing import refuse
from tests.mail import Sink
from tests.organize.people import Desk

SUBJECT = "It passed. Thank you."
BODY = "The **PRO Act** passed. <script>alert(1)</script>"


def an_action_with_members() -> Action:
    action = an_open_action()
    a_member(action, "Ana Ruiz", "ana@example.org")
    a_member(action, "Bo Chen", "bo@example.org", locale="es")
    a_signature(action, "Cy Young", "cy@example.org", wants_followups=False)
    db.session.commit()
    return action


def drafted(desk: Desk, action: Action) -> FollowUp:
    path = f"/organize/actions/{action.id}/followups/new"
    once = desk.hidden(path, "once")
    answer = desk.send(path, once=once, subject=SUBJECT, body=BODY)
    assert answer.status_code == 302, answer.text
    return db.session.get_one(FollowUp, int(answer.location.rpartition("/")[2]))


def started(desk: Desk, row: FollowUp, **fields: str) -> None:
    path = f"/organize/followups/{row.id}/send"
    answer = desk.send(path, seen=desk.hidden(path, "seen"), **{"when": "now"} | fields)
    assert answer.status_code == 302, answer.text


def test_from_the_first_word_to_the_last_mail(sam: Desk, smtp_sink: Sink) -> None:
    action = an_action_with_members()
    row = drafted(sam, action)
    page = sam.sees(f"/organize/followups/{row.id}")
    assert "people would get it now" in page
    assert "a•••@example.org" in page
    assert "cy" not in page.lower().split("among them")[1][:80]
    started(sam, row)
    assert row.state is FollowUpState.SENDING
    advance()
    drain()
    assert sorted(str(message["To"]) for message in smtp_sink.messages) == [
        "ana@example.org",
        "bo@example.org",
    ]
    advance()
    assert row.state is FollowUpState.SENT
    page = sam.sees(f"/organize/followups/{row.id}")
    assert re.search(r"<strong>2</strong> <span>sent, of 2", page)
    verbs = select(AuditEvent.verb).where(AuditEvent.subject_kind == "followup")
    assert list(db.session.scalars(verbs)) == ["draft", "send"]


def test_sending_twice_sends_once(sam: Desk) -> None:
    row = drafted(sam, an_action_with_members())
    path = f"/organize/followups/{row.id}/send"
    seen = sam.hidden(path, "seen")
    for _time in range(2):
        assert sam.send(path, seen=seen, when="now").status_code == 302
    advance()
    assert db.session.scalar(select(func.count()).select_from(Email)) == 2


def test_the_email_is_a_document_that_may_do_nothing(sam: Desk) -> None:
    row = drafted(sam, an_action_with_members())
    answer = sam.see(f"/organize/followups/{row.id}/email/en.html")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'; style-src 'unsafe-inline'")
    assert "script-src" not in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "<strong>PRO Act</strong>" in answer.text
    assert "<script" not in answer.text
    page = sam.sees(f"/organize/followups/{row.id}")
    assert f'<iframe sandbox title="The email as HTML" src="/organize/followups/{row.id}' in page
    assert "style=" not in page


def test_a_test_goes_to_myself_once_a_press(sam: Desk, smtp_sink: Sink) -> None:
    row = drafted(sam, an_action_with_members())
    once = sam.hidden(f"/organize/followups/{row.id}", "once")
    for _time in range(2):
        sam.send(f"/organize/followups/{row.id}/test", once=once, locale="en")
    drain()
    (message,) = smtp_sink.messages
    assert message["To"] == "sam@example.org"
    assert "It passed. Thank you." in str(message["Subject"])
    assert row.state is FollowUpState.DRAFT


def test_a_later_time_is_read_in_the_organizations_zone(sam: Desk) -> None:
    row = drafted(sam, an_action_with_members())
    started(sam, row, when="later", starts_at="2030-07-01T10:00")
    assert row.state is FollowUpState.SCHEDULED
    assert row.starts_at is not None
    assert row.starts_at.isoformat() == "2030-07-01T14:00:00+00:00"
    assert "Goes out" in sam.sees("/organize/")
    sam.send(f"/organize/followups/{row.id}/unschedule")
    assert row.state is FollowUpState.DRAFT


def test_later_without_a_time_and_a_time_gone_by_are_told_beside_the_field(sam: Desk) -> None:
    row = drafted(sam, an_action_with_members())
    path = f"/organize/followups/{row.id}/send"
    for starts_at in ("", "2020-01-01T10:00"):
        seen = sam.hidden(path, "seen")
        answer = sam.send(path, seen=seen, when="later", starts_at=starts_at)
        assert answer.status_code == 422
        assert 'id="starts_at-error"' in answer.text
    assert row.state is FollowUpState.DRAFT


def test_pause_resume_and_cancel_each_twice(sam: Desk) -> None:
    row = drafted(sam, an_action_with_members())
    started(sam, row)
    assert 'http-equiv="refresh"' in sam.sees(f"/organize/followups/{row.id}")
    for verb, state in [
        ("pause", FollowUpState.PAUSED),
        ("resume", FollowUpState.SENDING),
        ("cancel", FollowUpState.CANCELLED),
    ]:
        for _time in range(2):
            assert sam.send(f"/organize/followups/{row.id}/{verb}").status_code == 302
        assert row.state is state
    assert sam.send(f"/organize/followups/{row.id}/resume").status_code == 409


def test_one_that_is_refused_says_so_and_goes_on_when_it_is_resumed(sam: Desk) -> None:
    row = drafted(sam, an_action_with_members())
    started(sam, row)
    advance()
    refuse(*db.session.scalars(select(Email.id)))
    assert "A follow-up paused by itself" not in sam.sees("/organize/")
    advance()
    page = sam.sees(f"/organize/followups/{row.id}")
    assert "Paused by itself: the mail server refuses it (550 5.7.1)." in page
    assert "2 were refused and go out again once you resume it." in page
    home = sam.sees("/organize/")
    assert f"A follow-up paused by itself: “{SUBJECT}”" in home
    sam.send(f"/organize/followups/{row.id}/resume")
    assert row.state is FollowUpState.SENDING
    assert "Paused by itself" not in sam.sees(f"/organize/followups/{row.id}")
    assert set(db.session.scalars(select(Email.state))) == {EmailState.READY}


def test_nobody_sends_words_they_have_not_seen(sam: Desk, ines: Desk) -> None:
    row = drafted(sam, an_action_with_members())
    path = f"/organize/followups/{row.id}/send"
    seen = sam.hidden(path, "seen")
    edit = f"/organize/followups/{row.id}/edit"
    ines.send(edit, seen=ines.hidden(edit, "seen"), subject="Hers", body="Other words.")
    answer = sam.send(path, seen=seen, when="now")
    assert answer.status_code == 409
    assert "Other words." in answer.text
    assert row.state is FollowUpState.DRAFT


def test_two_who_write_at_once_lose_nothing(sam: Desk, ines: Desk) -> None:
    row = drafted(sam, an_action_with_members())
    path = f"/organize/followups/{row.id}/edit"
    mine = sam.hidden(path, "seen")
    ines.send(path, seen=ines.hidden(path, "seen"), subject="Hers", body="Her words.")
    answer = sam.send(path, seen=mine, subject="His", body="His words.")
    assert answer.status_code == 409
    assert "His words." in answer.text
    assert "Her words." in answer.text


def test_news_of_a_tied_release_goes_out_only_when_approved(app: Flask, sam: Desk) -> None:
    action, release = an_action_with_members(), a_release()
    tie(action.id, release.id)
    row = announce(action.id, release.id)
    db.session.commit()
    assert row is not None
    advance()
    assert db.session.scalar(select(func.count()).select_from(Email)) == 0
    assert "waits for approval" in sam.sees("/organize/followups")
    assert "Approve and send" in sam.sees(f"/organize/followups/{row.id}")
    started(sam, row)
    assert row.approved_by == sam.organizer_id
    advance()
    assert db.session.scalar(select(func.count()).select_from(Email)) == 2


def test_a_viewer_sees_how_it_stands_and_no_members(vera: Desk, sam: Desk) -> None:
    row = drafted(sam, an_action_with_members())
    page = vera.sees(f"/organize/followups/{row.id}")
    assert SUBJECT in page
    assert "a•••" not in page
    assert "Send …" not in page
