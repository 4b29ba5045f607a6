"""The named cast of people and the ready-made things that tests share."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from actionhub import clock
from actionhub.actions.drafting import draft_action
from actionhub.actions.models import Action
from actionhub.actions.publishing import publish
from actionhub.extensions import db
from actionhub.newsroom.models import PressRelease, ReleaseKind


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
