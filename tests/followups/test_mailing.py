"""Follow-ups as they arrive: over real SMTP, in each one's language, and not to those who left."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import select

from actionhub.extensions import db
from actionhub.followups import emails, sending, writing
from actionhub.followups.models import FollowUpState
from actionhub.organizers.joining import add_organizer
from actionhub.outbox.models import Email, EmailState
from actionhub.outbox.sending import drain
from actionhub.supporters.subscribing import leave
from tests.cast import a_member, an_open_action
from tests.mail import Sink, smtp_sink  # noqa: F401


def parts(message: EmailMessage) -> tuple[str, str]:
    text, html = (message.get_body([kind]) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    return text.get_content(), html.get_content()


@pytest.fixture
def sink(smtp_sink: Sink) -> Sink:  # noqa: F811
    return smtp_sink


def test_everybody_gets_their_own_copy_in_their_own_language(app: Flask, sink: Sink) -> None:
    action = an_open_action()
    a_member(action, "Ana Díaz", "ana@example.org")
    a_member(action, "Eva Sol", "eva@example.org", locale="es")
    follow_up = writing.draft(
        action.id, subject="We won & more", body_markdown="It is **done**, thanks to <you>."
    )
    sending.start(follow_up, None)
    db.session.commit()
    sending.advance()
    drain()
    (ana,) = sink.to("ana@example.org")
    (eva,) = sink.to("eva@example.org")
    assert ana["Subject"] == eva["Subject"] == "We won & more"
    assert ana["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "http://localhost/unsubscribe/" in str(ana["List-Unsubscribe"])
    assert "http://localhost/es/unsubscribe/" in str(eva["List-Unsubscribe"])
    assert ana["Auto-Submitted"] is None
    text, html = parts(ana)
    assert "Ana Díaz" in text
    assert "thanks to <you>" in text
    assert "<strong>done</strong>" in html
    assert "&lt;you&gt;" in html
    assert "http://localhost/es/actions/pass-the-pro-act" in parts(eva)[0]
    sending.advance()
    assert follow_up.state is FollowUpState.SENT
    assert sending.progress_of(follow_up).sent == 2


def test_leaving_between_queueing_and_sending_still_stops_the_mail(app: Flask, sink: Sink) -> None:
    action = an_open_action()
    ana = a_member(action, "Ana", "ana@example.org")
    a_member(action, "Bo", "bo@example.org")
    follow_up = writing.draft(action.id, subject="News", body_markdown="Here.")
    sending.start(follow_up, None)
    db.session.commit()
    assert sending.advance() == 2
    assert ana.supporter_id is not None
    leave(ana.supporter_id)
    db.session.commit()
    drain()
    assert [message["To"] for message in sink.messages] == ["bo@example.org"]
    states = dict(db.session.execute(select(Email.address, Email.state)).all())
    assert states == {
        "ana@example.org": EmailState.SUPPRESSED,
        "bo@example.org": EmailState.SENT,
    }
    sending.advance()
    progress = sending.progress_of(follow_up)
    assert (progress.sent, progress.suppressed, progress.unsubscribed) == (1, 1, 1)
    assert follow_up.state is FollowUpState.SENT


def test_a_paused_follow_up_sends_nothing_until_it_goes_on(app: Flask, sink: Sink) -> None:
    action = an_open_action()
    a_member(action, "Ana", "ana@example.org")
    follow_up = writing.draft(action.id, subject="News", body_markdown="Here.")
    sending.start(follow_up, None)
    db.session.commit()
    sending.advance()
    sending.pause(follow_up)
    db.session.commit()
    drain()
    assert sink.messages == []
    sending.resume(follow_up)
    db.session.commit()
    drain()
    assert len(sink.messages) == 1


def test_the_test_mail_reads_like_the_real_one(app: Flask, sink: Sink) -> None:
    action = an_open_action()
    a_member(action, "Ana", "ana@example.org")
    follow_up = writing.draft(action.id, subject="News", body_markdown="It is **done**.")
    sending.send_test(follow_up, add_organizer("olga@example.org", "organizer", "Olga"))
    db.session.commit()
    drain()
    (message,) = sink.messages
    assert message["To"] == "olga@example.org"
    assert "News" in message["Subject"]
    text, html = parts(message)
    assert "Olga" in text
    assert "<strong>done</strong>" in html


def test_a_test_mail_greets_an_organizer_without_a_name_by_the_address(
    app: Flask, sink: Sink
) -> None:
    follow_up = writing.draft(an_open_action().id, subject="News", body_markdown="Done.")
    sending.send_test(follow_up, add_organizer("olga@example.org", "organizer"))
    db.session.commit()
    drain()
    (message,) = sink.messages
    assert "Hello olga," in parts(message)[0]


def test_the_preview_shows_both_forms_before_anything_is_sent(app: Flask) -> None:
    follow_up = writing.draft(an_open_action().id, subject="News", body_markdown="**Done**.")
    shown = emails.preview(follow_up, "en", "Ana")
    assert shown.subject == "News"
    assert "Ana" in shown.text
    assert "<strong>Done</strong>" in shown.html
    assert db.session.scalars(select(Email)).all() == []
