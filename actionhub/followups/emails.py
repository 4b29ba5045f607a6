"""What a follow-up's emails carry: the words for all alike, the links for each."""

from __future__ import annotations

from typing import Any

from actionhub import links, tokens
from actionhub.actions.showing import actions_by_id, preview_action
from actionhub.config import LOCALES
from actionhub.database import db
from actionhub.followups.audience import Recipient
from actionhub.followups.models import FollowUp
from actionhub.outbox import queue, rendering
from actionhub.outbox.models import Mailing, Priority, Scope
from actionhub.tokens import Purpose

#: Stands for the supporter in an organizer's test: its links open and change nothing.
NOBODY = 0


def content_of(follow_up: FollowUp, locale: str) -> dict[str, Any]:
    """What every email of a follow-up says in one language; the words are as written."""
    views = actions_by_id([follow_up.action_id], locale)
    view = views.get(follow_up.action_id) or preview_action(follow_up.action_id, locale)
    return {
        "subject": follow_up.subject,
        "body_markdown": follow_up.body_markdown,
        "action_title": view.title,
        "words_locale": view.locale,
        "action_url": links.absolute(links.action_path(view.slug, locale)),
    }


def fields_of(supporter_id: int, name: str, locale: str) -> queue.Fields:
    """What one recipient's email is filled with."""
    leaving = tokens.sign(Purpose.UNSUBSCRIBE, supporter_id, "followups")
    own_page = tokens.sign(Purpose.ME, supporter_id)
    return {
        "name": name,
        "me_url": links.absolute(links.me_path(own_page, locale)),
        "unsubscribe_url": links.absolute(links.unsubscribe_path(leaving, locale)),
        "unsubscribe_token": leaving,
    }


def ensure_mailing_of(follow_up: FollowUp, locale: str) -> int:
    """The follow-up's mailing in one language; its body is kept there once for everybody."""
    return queue.ensure_mailing(
        mailing_key(follow_up.id, locale),
        template="followup",
        locale=locale,
        priority=Priority.FOLLOWUP,
        scope=Scope.FOLLOWUPS,
        content=content_of(follow_up, locale),
        automatic=False,
    )


def outgoing(follow_up_id: int, person: Recipient) -> queue.OutgoingEmail:
    return queue.OutgoingEmail(
        key=f"followup:{follow_up_id}:{person.supporter_id}",
        address=person.address,
        address_hash=person.address_hash,
        fields=fields_of(person.supporter_id, person.name, person.locale),
    )


def mailing_key(follow_up_id: int, locale: str) -> str:
    return f"followup:{follow_up_id}:{locale}"


def mailing_ids(follow_up_id: int) -> list[int]:
    """The mailings that a follow-up has by now, at most one a language."""
    keys = [mailing_key(follow_up_id, locale) for locale in LOCALES]
    return list(db.session.scalars(db.select(Mailing.id).where(Mailing.key.in_(keys))))


def preview(follow_up: FollowUp, locale: str, name: str) -> rendering.Preview:
    """How the follow-up would look to somebody of that name."""
    content = content_of(follow_up, locale)
    return rendering.preview("followup", locale, content, fields_of(NOBODY, name, locale))
