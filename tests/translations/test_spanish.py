"""What a Spanish reader gets: pages and mails in Spanish, from the form to the farewell."""

from __future__ import annotations

import re
from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_wtf import FlaskForm
from selectolax.lexbor import LexborHTMLParser as HTMLParser
from wtforms import StringField
from wtforms.validators import DataRequired

from actionhub import clock
from actionhub.actions.drafting import write_text
from actionhub.actions.models import Action
from actionhub.actions.publishing import close, publish
from actionhub.extensions import db
from actionhub.outbox import rendering
from actionhub.outbox.sending import drain
from actionhub.signatures.models import ActionCount
from tests.cast import a_draft, a_release, an_open_action
from tests.mail import Sink
from tests.outbox.samples import SAMPLES
from tests.public_links import people
from tests.translations.catalogs import english_in, english_in_text

ENGLISH = re.compile(r"\b(the|you|your|and|with|this|that|from|will|are)\b", re.IGNORECASE)
WORDS = {
    "title": "Aprueben la Ley PRO",
    "ask": "Pide al Senado que apruebe ya la Ley PRO.",
    "body_markdown": "Toda persona que trabaja merece **un sindicato**.",
}
FORM = {"name": "Inés Ñu", "email": "ines@example.org", "zip": "20001", "wants_followups": "y"}


def in_both_languages(**changes: Any) -> Action:
    """An open action with Spanish words, tied to a release that is in English only."""
    release = a_release()
    draft = a_draft(slug="ley-pro", target_name="El Senado", release_ids=[release.id], **changes)
    write_text(draft, "es", **WORDS)
    publish(draft, None)
    db.session.commit()
    return draft


@pytest.fixture
def action(app: Flask) -> Action:
    return in_both_languages()


def spanish(page: str) -> HTMLParser:
    """A page that says it is Spanish, and is."""
    tree = HTMLParser(page)
    assert tree.css_first("html").attributes["lang"] == "es"
    assert english_in(page) == []
    for node in tree.css("[lang^=en], [lang=es] [lang^=en], script, style"):
        node.decompose()
    body = tree.body
    assert body is not None
    assert not ENGLISH.findall(without_addresses(body.text(separator=" ")))
    return tree


def without_addresses(text: str) -> str:
    return re.sub(r"\S+://\S+", "", text)


def the_mail(sink: Sink) -> tuple[str, str]:
    """What has just arrived: the subject and the text of one Spanish email."""
    sink.clear()
    drain()
    [message] = sink.messages
    html = part(message, "html")
    spanish(html)
    subject, text = str(message["Subject"]), part(message, "plain")
    assert english_in_text(" ".join(f"{subject} {text}".split())) == []
    return subject, text


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def path_in(text: str, name: str) -> str:
    found = re.search(rf"https?://[^/\s]+(/es/{name}/\S+)", text)
    assert found, text
    return found[1]


def test_a_spanish_signer_reads_spanish_from_the_form_to_the_farewell(
    action: Action, client: FlaskClient, smtp_sink: Sink
) -> None:
    page = spanish(client.get("/es/actions/ley-pro").text)
    assert page.css_first(".sign-form button").text() == "Firma y confirma por correo"
    text_id = page.css_first("input[name=text]").attributes["value"]
    answer = client.post("/es/actions/ley-pro", data=FORM | {"action": "ley-pro", "text": text_id})
    spanish(client.get(answer.location or "").text)

    subject, asked = the_mail(smtp_sink)
    assert subject == "Confirma tu firma: Aprueben la Ley PRO"
    assert "Hola, Inés Ñu:" in asked
    assert "código postal 20001" in asked
    link = path_in(asked, "confirm")
    assert "Confirmar: yo firmo esto" in spanish(client.get(link).text).html
    client.post(link)
    assert "N.º 1" in spanish(client.get(link).text).html
    spanish(client.get(f"{link}/withdraw").text)

    subject, thanked = the_mail(smtp_sink)
    assert subject == "Tu firma cuenta: Aprueben la Ley PRO"
    assert "tu firma es la número 1." in thanked
    own = path_in(thanked, "me")
    agreed = spanish(client.get(own).text).css_first("blockquote[lang=es]").text()
    assert agreed.startswith("Sí, Workers & Neighbors puede escribirme por correo")
    spanish(client.get(f"{own}/erase").text)
    leaving = path_in(thanked, "unsubscribe")
    spanish(client.get(leaving).text)
    assert "Te diste de baja" in spanish(client.post(leaving).text).html


@pytest.mark.parametrize(
    "path",
    [
        "/es/",
        "/es/?before=2000-01-01.1",
        "/es/releases/a-union-for-everyone",
        "/es/actions",
        "/es/actions/ley-pro",
        "/es/actions/ley-pro/thanks",
        "/es/privacy",
        "/es/me",
        "/es/me/asked",
        "/es/me/nonsense",
        "/es/confirm/nonsense",
        "/es/unsubscribe/nonsense",
        "/es/nowhere",
        "/es/actions/nowhere",
        "/es/releases/nowhere",
    ],
)
def test_a_page_under_es_holds_no_english(action: Action, client: FlaskClient, path: str) -> None:
    spanish(client.get(path).text)


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/es/actions/ley-pro", {}),
        ("/es/actions/ley-pro", {"name": "1", "email": "x", "zip": "1", "country": "??"}),
        ("/es/actions/ley-pro", {"name": "a" * 300, "email": "a" * 300, "comment": "b" * 3000}),
        ("/es/actions/ley-pro", FORM | {"name": "www.example.com", "display": "nobody knows"}),
        ("/es/actions/ley-pro", FORM | {"text": "999999"}),
        ("/es/me", {"email": "x"}),
        ("/es/privacy", {}),
    ],
)
def test_a_refusal_under_es_holds_no_english(
    action: Action, client: FlaskClient, path: str, form: dict[str, str]
) -> None:
    answer = client.post(path, data=form)
    assert answer.status_code >= 400
    spanish(answer.text)


def test_a_form_from_elsewhere_is_refused_in_spanish(action: Action, client: FlaskClient) -> None:
    away = {"Origin": "https://evil.example"}
    spanish(client.post("/es/actions/ley-pro", data=FORM, headers=away).text)


def test_a_closed_action_says_so_in_spanish(action: Action, client: FlaskClient) -> None:
    link = people.post(action, "late@example.org", locale="es")
    close(action)
    db.session.commit()
    page = spanish(client.get("/es/actions/ley-pro").text)
    assert "Esta acción está cerrada" in page.html
    spanish(client.post("/es/actions/ley-pro", data=FORM).text)
    spanish(client.get(link).text)


def test_words_that_are_only_in_english_say_so_on_their_element(
    app: Flask, client: FlaskClient
) -> None:
    release = a_release()
    action = an_open_action(slug="pro-act", release_ids=[release.id], target_name="El Senado")
    db.session.commit()
    link = people.confirmed(action, locale="es", comment=None, wording="Sí, escríbanme.")
    for path in (
        "/es/",
        "/es/actions",
        "/es/actions/pro-act",
        "/es/actions/pro-act/thanks",
        "/es/releases/a-union-for-everyone",
        link,
        people.me_path(prefix="/es"),
    ):
        tree = HTMLParser(client.get(path).text)
        spanish(tree.html or "")
        told = " ".join(node.text() for node in tree.css("[lang=en]"))
        assert "PRO Act" in told or "A Union for Everyone" in told, path


def test_a_spanish_mail_about_english_words_says_so_on_their_element(
    app: Flask, smtp_sink: Sink
) -> None:
    people.confirmed(people.some_action(), locale="es")
    drain()
    for message in smtp_sink.messages:
        html = HTMLParser(part(message, "html"))
        assert [node.text() for node in html.css("p[lang=en]")] == [
            "Pass the PRO Act",
            "Tell the Senate to pass the PRO Act now.",
        ]
    assert len(smtp_sink.messages) == 2


def test_numbers_and_dates_are_written_as_spanish_is_in_the_united_states(
    action: Action, client: FlaskClient
) -> None:
    db.session.add(ActionCount(action_id=action.id, confirmed=12345, as_of_at=clock.now()))
    db.session.commit()
    assert "12,345</strong> ya firmaron" in client.get("/es/actions/ley-pro").text
    assert "29 de abril de 2021" in client.get("/es/").text


def test_what_the_form_library_says_by_itself_is_spanish_too(app: Flask) -> None:
    class Form(FlaskForm):
        name = StringField(validators=[DataRequired()])

    with app.test_request_context("/es/me", method="POST"):
        form = Form(meta={"csrf": False})
        assert not form.validate()
        assert form.name.errors == ["Este campo es obligatorio."]


@pytest.mark.parametrize("template", sorted(SAMPLES))
def test_every_email_is_spanish_where_its_mailing_is(app: Flask, template: str) -> None:
    content, fields = SAMPLES[template]
    own = dict.fromkeys(("ask", "action_title", "body_markdown", "subject", "target"), "Así es")
    content = {key: own.get(key, value) for key, value in content.items()}
    given = {"place": "código postal 20001", "comment": "Así es", "name": "Inés"}
    fields = {key: given.get(key, value) for key, value in fields.items()}
    for flag in (True, False):
        chosen = {k: flag if isinstance(v, bool) else v for k, v in fields.items()}
        mail = rendering.preview(template, "es", content, chosen)
        spanish(mail.html)
        text = without_addresses(f"{mail.subject} {mail.text}")
        assert english_in_text(" ".join(text.split())) == []
        assert not ENGLISH.findall(text)
