"""Ana and the others, as these tests need them: signed, confirmed, a member, with their links."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from actionhub import clock, tokens
from actionhub.actions.models import Action
from actionhub.actions.showing import actions_by_id
from actionhub.addresses import read_address
from actionhub.extensions import db
from actionhub.outbox.models import Email
from actionhub.signatures import confirming
from actionhub.signatures.models import NameDisplay, Signature
from actionhub.signatures.signing import Posting, sign
from actionhub.supporters import consent, joining, subscribing
from actionhub.tokens import Purpose
from tests.cast import an_open_action

ANA = "ana@example.org"
WORDING = "Yes, write to me about this."


def some_action(**changes: Any) -> Action:
    """An open action, committed."""
    action = an_open_action(**changes)
    db.session.commit()
    return action


def post(action: Action, email: str = ANA, **changes: Any) -> str:
    """Post the form; the path of the newest confirming link mailed to that address."""
    locale = changes.get("locale", "en")
    text_id = actions_by_id([action.id], locale)[action.id].text_id
    values: dict[str, Any] = {
        "action_id": action.id,
        "text_id": text_id,
        "name": "Ana Ibarra",
        "address": read_address(email),
        "zip": "20001",
        "country": "US",
        "comment": "My mother was <fired> for asking.",
        "display": NameDisplay.PUBLIC,
        "wants_followups": True,
        "wording": WORDING,
        "locale": locale,
        "source": {"utm_source": "bluesky"},
        "release_id": None,
        "network_hash": None,
        "trapped": False,
    }
    sign(Posting(**values | changes))
    db.session.commit()
    return newest_link(email, "confirm_url")


def newest_link(email: str, field: str) -> str:
    """The path of the newest link of that kind mailed to an address."""
    rows = select(Email).where(Email.address_hash == read_address(email).hash)
    fields = [row.fields or {} for row in db.session.scalars(rows.order_by(Email.id))]
    return urlsplit([mail[field] for mail in fields if field in mail][-1]).path


def mails_to(email: str, template: str) -> int:
    """How many mails of a kind wait for an address."""
    rows = select(Email.key).where(Email.address_hash == read_address(email).hash)
    return sum(key.startswith(f"{template}:") for key in db.session.scalars(rows))


def confirmed(action: Action, email: str = ANA, **changes: Any) -> str:
    """Post and confirm; the path of the confirming link."""
    path = post(action, email, **changes)
    confirming.confirm(path.rpartition("/")[2])
    db.session.commit()
    return path


def a_member(email: str = ANA) -> int:
    """A supporter who hears more, without any signature; the id."""
    supporter_id = joining.find_or_add(read_address(email), "en")
    wording = consent.wording_id("en", WORDING)
    subscribing.subscribe(supporter_id, wording, clock.now())
    db.session.commit()
    return supporter_id


def id_of(email: str = ANA) -> int:
    found = joining.find_by_canonical(read_address(email).canonical)
    assert found is not None
    return found


def me_path(email: str = ANA, prefix: str = "") -> str:
    return f"{prefix}/me/{tokens.sign(Purpose.ME, id_of(email))}"


def leaving_path(email: str = ANA, prefix: str = "") -> str:
    return f"{prefix}/unsubscribe/{tokens.sign(Purpose.UNSUBSCRIBE, id_of(email), 'followups')}"


def signature_of(email: str = ANA) -> Signature:
    db.session.rollback()
    rows = select(Signature).where(Signature.supporter_id == id_of(email))
    return db.session.scalars(rows).one()
