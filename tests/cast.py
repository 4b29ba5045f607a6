"""The named cast of people and the ready-made things that tests share."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from actionhub import clock
from actionhub.actions.drafting import draft_action
from actionhub.actions.models import Action
from actionhub.actions.publishing import publish
from actionhub.actions.showing import find_action
from actionhub.addresses import read_address
from actionhub.extensions import db
from actionhub.newsroom.models import PressRelease, ReleaseKind
from actionhub.signatures.models import NameDisplay, Signature, SignatureState
from actionhub.supporters.consent import wording_id
from actionhub.supporters.joining import find_or_add
from actionhub.supporters.subscribing import subscribe


def a_release(slug: str = "a-union-for-everyone", **changes: Any) -> PressRelease:
    """A release in the newsroom, flushed."""
    values: dict[str, Any] = {
        "slug": slug,
        "identity": hashlib.sha256(slug.encode()).hexdigest(),
        "kind": ReleaseKind.PRESS_RELEASE,
        "title": "A Union for Everyone Who Works",
        "released_on": date(2021, 4, 29),
        "body_html": "<p>Working people want a say.</p>",
        "summary": "Working people want a say.",
        "created_at": clock.now(),
        "updated_at": clock.now(),
    }
    release = PressRelease(**values | changes)
    db.session.add(release)
    db.session.flush()
    return release


def a_draft(**changes: Any) -> Action:
    """A complete draft of an action, flushed."""
    values: dict[str, Any] = {
        "title": "Pass the PRO Act",
        "ask": "Tell the Senate to pass the PRO Act now.",
        "body_markdown": "Everyone who works deserves **a union** they choose.",
        "goal": 1000,
        "target_name": "The United States Senate",
        "target_office": "Washington, DC",
    }
    return draft_action(**values | changes)


def an_open_action(**changes: Any) -> Action:
    """An action that takes signatures, flushed."""
    action = a_draft(**changes)
    publish(action, None)
    return action


def a_signature(action: Action, name: str, address: str, **changes: Any) -> Signature:
    """A confirmed signature under an open action, flushed; written without asking by mail."""
    text_id = find_action(action.slug, "en").text_id
    values: dict[str, Any] = {
        "action_id": action.id,
        "text_id": text_id,
        "supporter_id": find_or_add(read_address(address), changes.get("locale", "en")),
        "name_key": hashlib.sha256(name.casefold().encode()).hexdigest(),
        "state": SignatureState.CONFIRMED,
        "name": name,
        "country": "US",
        "display": NameDisplay.PUBLIC,
        "wants_followups": True,
        "locale": "en",
        "created_at": clock.now(),
        "posted_at": clock.now(),
        "confirmed_at": clock.now(),
    }
    signature = Signature(**values | changes)
    db.session.add(signature)
    db.session.flush()
    return signature


def a_member(action: Action, name: str, address: str, **changes: Any) -> Signature:
    """A confirmed signature whose signer agreed to hear more, flushed."""
    signature = a_signature(action, name, address, **changes)
    assert signature.supporter_id is not None
    wording = wording_id(signature.locale, "Write to me about what comes of this.")
    subscribe(signature.supporter_id, wording, clock.now())
    return signature
