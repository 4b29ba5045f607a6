"""The links in a follow-up are made when it is sent, and the same each time it is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import select, update

from actionhub import clock, tokens
from actionhub.extensions import db
from actionhub.followups import sending, writing
from actionhub.followups.filling import fields_of
from actionhub.outbox.models import Email, EmailState, Mailing
from actionhub.outbox.sending import drain
from actionhub.signatures.models import Signature
from actionhub.tokens import Purpose
from tests.cast import a_member, an_open_action
from tests.mail import Sink

NEWER, OLDER = "newer-" + "n" * 40, "older-" + "o" * 40


@pytest.fixture
def keys_become(app: Flask) -> Iterator[Callable[..., None]]:
    """Set the secret keys, newest first, until the test is over."""
    before = app.extensions["actionhub.settings"].secret_keys

    def become(*keys: str) -> None:
        given = app.extensions["actionhub.settings"]
        app.extensions["actionhub.settings"] = replace(given, secret_keys=keys)

    yield become
    become(*before)


def queued(*names: str, locale: str = "en") -> list[Signature]:
    action = an_open_action()
    signatures = [a_member(action, n, f"{n}@example.org", locale=locale) for n in names]
    follow_up = writing.draft(action.id, subject="News", body_markdown="It is **done**.")
    sending.start(follow_up, None)
    db.session.commit()
    assert sending.advance() == len(names)
    return signatures


def send_again() -> None:
    db.session.execute(update(Email).values(state=EmailState.READY, attempt=0, owner=None))
    db.session.commit()
    assert drain().sent == 1


def link_of(message: EmailMessage) -> str:
    return str(message["List-Unsubscribe"]).strip("<>")


def test_each_ones_links_are_their_own_and_open_what_they_say(app: Flask, smtp_sink: Sink) -> None:
    signatures = queued("ana", "bo", "cy", locale="es")
    drain()
    for signature in signatures:
        (message,) = smtp_sink.to((signature.name or "") + "@example.org")
        link = link_of(message)
        assert link.startswith("http://localhost/es/unsubscribe/")
        body = message.get_body(["plain"])
        assert body is not None
        lines = body.get_content().splitlines()
        assert link in lines
        own_page = next(line for line in lines if line.startswith("http://localhost/es/me/"))
        leaving = tokens.read(Purpose.UNSUBSCRIBE, link.rpartition("/")[2])
        assert leaving.values == (signature.supporter_id, "followups")
        assert tokens.read(Purpose.ME, own_page.rpartition("/")[2]).values == (
            signature.supporter_id,
        )


def test_a_row_is_the_same_bytes_days_later_and_under_a_newer_key(
    app: Flask, smtp_sink: Sink, keys_become: Callable[..., None]
) -> None:
    keys_become(OLDER)
    queued("ana")
    assert drain().sent == 1
    keys_become(NEWER, OLDER)
    with clock.moved_by(days=2, hours=3):
        send_again()
    first, second = smtp_sink.raw
    assert first == second
    assert smtp_sink.envelopes[0].mail_from == smtp_sink.envelopes[1].mail_from


def test_once_the_key_of_a_mailing_is_gone_the_newest_signs(
    app: Flask, smtp_sink: Sink, keys_become: Callable[..., None]
) -> None:
    keys_become(OLDER)
    (ana,) = queued("ana")
    keys_become(NEWER)
    assert drain().sent == 1
    token = link_of(smtp_sink.messages[0]).rpartition("/")[2]
    assert tokens.read(Purpose.UNSUBSCRIBE, token).values == (ana.supporter_id, "followups")


def test_links_tell_when_the_email_was_written_not_when_it_went_out(
    app: Flask, smtp_sink: Sink
) -> None:
    queued("ana")
    written_at = db.session.execute(select(Email.created_at)).scalar_one()
    db.session.commit()
    with clock.moved_by(hours=5):
        drain()
    token = link_of(smtp_sink.messages[0]).rpartition("/")[2]
    signed_at = tokens.read(Purpose.UNSUBSCRIBE, token).signed_at
    assert signed_at == written_at.replace(microsecond=0)


def test_a_row_that_was_queued_complete_before_the_upgrade_goes_out_as_it_is(
    app: Flask, smtp_sink: Sink
) -> None:
    queued("ana")
    fields = fields_of(7, "Ana", "en", clock.now() - timedelta(days=1))
    content = db.session.execute(select(Mailing.content)).scalars().first()
    assert content is not None
    before = {name: value for name, value in content.items() if name != "links_key"}
    db.session.execute(update(Mailing).values(content=before))
    db.session.execute(update(Email).values(fields=fields))
    db.session.commit()
    assert drain().sent == 1
    assert link_of(smtp_sink.messages[0]) == fields["unsubscribe_url"]


def test_a_mailing_from_before_the_upgrade_takes_new_rows_too(app: Flask, smtp_sink: Sink) -> None:
    (ana,) = queued("ana")
    before = {"subject": "News", "body_markdown": "Done.", "action_title": "T", "action_url": "/"}
    db.session.execute(update(Mailing).values(content=before))
    db.session.commit()
    assert drain().sent == 1
    token = link_of(smtp_sink.messages[0]).rpartition("/")[2]
    assert tokens.read(Purpose.UNSUBSCRIBE, token).values == (ana.supporter_id, "followups")


def test_the_key_that_signs_is_named_by_nothing_that_tells_it(
    app: Flask, keys_become: Callable[..., None]
) -> None:
    keys_become(OLDER)
    queued("ana")
    (told,) = {m.content["links_key"] for m in db.session.scalars(select(Mailing))}
    assert told == tokens.fingerprint()
    assert len(told) == 12
    keys_become(NEWER)
    assert tokens.fingerprint() != told
