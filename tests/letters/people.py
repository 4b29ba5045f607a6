"""A letter action to Ohio's delegation, and the people who write."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from actionhub.actions.letter_words import LetterWords
from actionhub.actions.models import Action, ActionKind
from actionhub.actions.posting import forget_targets
from actionhub.extensions import db
from actionhub.letters.models import Letter
from actionhub.outbox.models import Email
from tests.cast import an_open_action

WORDS = LetterWords(
    subject="{{ representative.title }}: dignity for {{ district }}",
    opening="I live in {{ supporter.town }} and write to ask for your help.",
    body="Please cosponsor the bill, {{ representative.title }} {{ representative.name }}.",
    thanks="Thank you for cosponsoring the bill.",
)
ANA = {"name": "Ana Ruiz", "email": "ana@example.org", "zip": "44102", "town": "Dayton"}


def a_letter_action(**changes: Any) -> Action:
    """An open letter action, committed."""
    values: dict[str, Any] = {
        "slug": "dignity",
        "kind": ActionKind.LETTER,
        "target_rule": "delegation",
        "target_name": "Your members of Congress",
        "letter": WORDS,
    }
    action = an_open_action(**values | changes)
    db.session.commit()
    forget_targets()
    return action


def write(client: FlaskClient, **fields: Any) -> TestResponse:
    return client.post("/actions/dignity", data={**ANA, **fields})


def confirm(client: FlaskClient) -> TestResponse:
    """Press the button that the newest confirming mail leads to, and see the page after it."""
    path = confirm_path()
    assert client.post(path).status_code == 303
    return client.get(path)


def confirm_path() -> str:
    db.session.rollback()
    found = select(Email).where(Email.key.like("confirm:%")).order_by(Email.id.desc())
    email = db.session.scalars(found).first()
    assert email is not None
    assert email.fields is not None
    path = re.search(r"/(?:es/)?confirm/.*", email.fields["confirm_url"])
    assert path is not None
    return path[0]


def letters() -> list[Letter]:
    db.session.rollback()
    return list(db.session.scalars(select(Letter).order_by(Letter.id)))


def mailed() -> list[Email]:
    """The letters' emails."""
    db.session.rollback()
    return list(
        db.session.scalars(select(Email).where(Email.key.like("letter:%")).order_by(Email.id))
    )


def links_of(page: TestResponse) -> list[str]:
    """Where the letters on a page open."""
    return re.findall(r'href="(/letters/[^"]+)"', page.text)
