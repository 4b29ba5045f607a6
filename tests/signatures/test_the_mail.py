"""The mails as they arrive: each link is the one the signature waits for."""

from __future__ import annotations

import re
from datetime import timedelta

from flask import Flask

from actionhub import clock, tokens
from actionhub.addresses import address_hash
from actionhub.extensions import db
from actionhub.outbox import suppressions
from actionhub.outbox.models import Scope
from actionhub.outbox.sending import drain
from actionhub.signatures import confirming
from actionhub.signatures.reminding import remind_due
from tests.mail import Sink
from tests.signatures.people import a_form, an_action, post


def arrived(sink: Sink) -> list[str]:
    """Send what is due; the text of each mail that arrived since the last time."""
    sink.clear()
    db.session.commit()
    drain()
    bodies = [message.get_body(("plain",)) for message in sink.messages]
    return [body.get_content() for body in bodies if body is not None]


def link_in(text: str, path: str) -> str:
    found = re.search(rf"/{path}/(\S+)", text)
    assert found is not None, text
    return found[1]


def test_a_signature_from_its_first_mail_to_its_last(app: Flask, smtp_sink: Sink) -> None:
    action = an_action()
    start = clock.now()
    with clock.set_to(start):
        post(a_form(action, comment="Ours voted <yes> & won."))
        [asked] = arrived(smtp_sink)
    assert "Hello Ana Flores" in asked
    assert "Ours voted <yes> & won." in asked
    assert "ZIP 20001" in asked
    with clock.set_to(start + timedelta(days=2, minutes=1)):
        assert remind_due() == 1
        [reminded] = arrived(smtp_sink)
        done = confirming.confirm(link_in(reminded, "confirm"))
        [thanked] = arrived(smtp_sink)
        assert "signer number 1" in thanked
        assert tokens.read(tokens.Purpose.ME, link_in(thanked, "me")).values == (done.supporter_id,)
        assert not confirming.confirm(link_in(asked, "confirm")).first_time
        post(a_form(action))
        [already] = arrived(smtp_sink)
    assert "already" in already
    assert link_in(already, "me")


def test_a_spanish_signature_gets_spanish_links(app: Flask, smtp_sink: Sink) -> None:
    post(a_form(an_action(), zip=None, country="MX", locale="es", wants_followups=False))
    [asked] = arrived(smtp_sink)
    assert "/es/confirm/" in asked
    assert "México" in asked
    done = confirming.confirm(link_in(asked, "confirm"))
    [thanked] = arrived(smtp_sink)
    assert done.first_time
    assert "/unsubscribe/" not in thanked


def test_a_bounced_address_signs_and_is_not_mailed(app: Flask, smtp_sink: Sink) -> None:
    suppressions.suppress(address_hash("ana@example.org"), Scope.ALL, "bounced")
    db.session.commit()
    post(a_form(an_action()))
    assert arrived(smtp_sink) == []
