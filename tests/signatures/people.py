"""Forms as people fill them in, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from actionhub import tokens
from actionhub.actions.models import Action, ActionText
from actionhub.addresses import read_address
from actionhub.extensions import db
from actionhub.outbox.models import Email
from actionhub.signatures.confirming import Confirmed, confirm
from actionhub.signatures.models import NameDisplay, Signature, SignatureState
from actionhub.signatures.signing import Posting, sign
from tests import cast

WORDING = "Yes, write to me about what comes of this."


def an_action(**changes: Any) -> int:
    """The id of an open action, committed."""
    action = cast.an_open_action(**changes)
    db.session.commit()
    return action.id


def text_of(action_id: int, locale: str = "en") -> int:
    """The id of the words shown now."""
    found = db.session.scalar(
        select(ActionText.id)
        .join(Action, Action.id == ActionText.action_id)
        .where(Action.id == action_id, ActionText.number == Action.text_number)
        .where(ActionText.locale == locale)
    )
    assert found is not None
    return found


def a_form(action_id: int, email: str = "ana@example.org", **changes: Any) -> Posting:
    values: dict[str, Any] = {
        "action_id": action_id,
        "text_id": changes.pop("text_id", None) or text_of(action_id),
        "name": "Ana Flores",
        "address": read_address(email),
        "zip": "20001",
        "country": "US",
        "comment": "My shop voted yes.",
        "display": NameDisplay.PUBLIC,
        "wants_followups": True,
        "wording": WORDING,
        "locale": "en",
        "network_hash": "0" * 32,
    }
    return Posting(**values | changes)


def post(form: Posting) -> None:
    sign(form)
    db.session.commit()


def signed(action_id: int, email: str = "ana@example.org", **changes: Any) -> Signature:
    """Post a form; its signature."""
    post(a_form(action_id, email, **changes))
    return signatures()[-1]


def link(signature: Signature) -> str:
    """The token that the latest mail of this signature carries."""
    return tokens.sign(tokens.Purpose.CONFIRM, signature.id, signature.posting)


def confirmed(action_id: int, email: str = "ana@example.org", **changes: Any) -> Confirmed:
    """Post a form and confirm it."""
    done = confirm(link(signed(action_id, email, **changes)))
    db.session.commit()
    return done


def signatures() -> Sequence[Signature]:
    db.session.expire_all()
    return db.session.scalars(select(Signature).order_by(Signature.id)).all()


def kept_aside(action_id: int) -> Sequence[Signature]:
    """Those of an action that wait for an organizer, as they were written."""
    aside = SignatureState.QUARANTINED
    return [s for s in signatures() if (s.action_id, s.state) == (action_id, aside)]


def emails(kind: str = "") -> Sequence[Email]:
    found = select(Email).where(Email.key.like(f"{kind}%")).order_by(Email.id)
    return db.session.scalars(found).all()
