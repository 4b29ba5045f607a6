"""From mail to mail: the links as they really arrive, over SMTP, and what they open."""

from __future__ import annotations

import re
from email.message import EmailMessage
from urllib.parse import urlsplit

from flask.testing import FlaskClient

from actionhub.extensions import db
from actionhub.followups import sending, writing
from actionhub.outbox.sending import drain
from actionhub.signatures.models import SignatureState
from actionhub.supporters.subscribing import is_member
from tests.mail import Sink
from tests.public_links.people import ANA, confirmed, id_of, post, signature_of, some_action


def link_in(message: EmailMessage, kind: str) -> str:
    """The path of the first link of that kind in the text part; the HTML part has it too."""
    plain, rich = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert rich is not None
    found = re.search(rf"https?://\S+/{kind}/\S+", plain.get_content())
    assert found is not None, kind
    assert found[0] in rich.get_content()
    return urlsplit(found[0]).path


def test_a_signature_is_confirmed_thanked_and_withdrawn_by_mail(
    client: FlaskClient, smtp_sink: Sink
) -> None:
    post(some_action(), locale="es")
    drain()
    (asked,) = smtp_sink.to(ANA)
    confirm = link_in(asked, "confirm")
    assert confirm.startswith("/es/confirm/")
    assert client.post(confirm).status_code == 303
    drain()
    thanked = smtp_sink.to(ANA)[-1]
    mine = link_in(thanked, "me")
    page = client.get(mine)
    assert page.status_code == 200
    client.post(f"{mine}/signatures/{signature_of().id}/withdraw")
    assert signature_of().state is SignatureState.WITHDRAWN


def test_the_thanks_mails_way_out_works(client: FlaskClient, smtp_sink: Sink) -> None:
    client.post(post(some_action()))
    drain()
    leaving = link_in(smtp_sink.to(ANA)[-1], "unsubscribe")
    assert "Stop writing to me" in client.get(leaving).text
    assert "You have left" in client.post(leaving).text


def test_the_link_one_asked_for_arrives_and_opens(client: FlaskClient, smtp_sink: Sink) -> None:
    post(some_action())
    smtp_sink.clear()
    client.post("/me", data={"email": ANA})
    drain()
    mailed = [message for message in smtp_sink.to(ANA) if "/me/" in message.as_string()]
    assert client.get(link_in(mailed[-1], "me")).status_code == 200


def test_a_mail_program_leaves_in_one_click_by_the_header(
    client: FlaskClient, smtp_sink: Sink
) -> None:
    """RFC 8058, 3.2: it posts the body of List-Unsubscribe-Post to the https or http address."""
    action = some_action()
    confirmed(action)
    follow_up = writing.draft(action.id, subject="News", body_markdown="It moves.")
    sending.start(follow_up, None)
    db.session.commit()
    sending.advance()
    drain()
    (news,) = [mail for mail in smtp_sink.to(ANA) if mail["Subject"] == "News"]
    address = re.search(r"<(https?://[^>]+)>", str(news["List-Unsubscribe"]))
    assert address is not None
    name, _, value = str(news["List-Unsubscribe-Post"]).partition("=")
    assert is_member(id_of())
    answer = client.post(urlsplit(address[1]).path, data={name: value})
    assert answer.status_code == 200
    db.session.rollback()
    assert not is_member(id_of())
