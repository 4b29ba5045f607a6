"""What a follow-up's emails carry: the words for all alike, the facts of each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    or_,
    select,
)

from actionhub import links, tokens
from actionhub.actions.showing import actions_by_id, preview_action
from actionhub.config import LOCALES
from actionhub.database import db
from actionhub.followups.audience import RECIPIENTS, Reach
from actionhub.followups.filling import LINKS_KEY, fields_of
from actionhub.followups.models import FollowUp
from actionhub.outbox import queue, rendering
from actionhub.outbox.models import Mailing, MailingState, Priority, Scope
from actionhub.outbox.selecting import JsonObject, enqueue_from

_PAUSED_BY_ITSELF = and_(Mailing.state == MailingState.PAUSED, Mailing.paused_because.is_not(None))

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


def ensure_mailings_of(follow_up: FollowUp) -> dict[str, int]:
    """The follow-up's mailings, one a language; its body is kept there once for everybody."""
    keys = {mailing_key(follow_up.id, locale): locale for locale in LOCALES}
    rows = db.session.execute(select(Mailing.key, Mailing.id).where(Mailing.key.in_(keys)))
    found = {keys[key]: mailing_id for key, mailing_id in rows}
    return found | {
        locale: queue.ensure_mailing(
            key,
            template="followup",
            locale=locale,
            priority=Priority.FOLLOWUP,
            scope=Scope.FOLLOWUPS,
            content=content_of(follow_up, locale) | {LINKS_KEY: tokens.fingerprint()},
            automatic=False,
        )
        for key, locale in keys.items()
        if locale not in found
    }


def enqueue(follow_up: FollowUp, mailings: dict[str, int], reach: Reach) -> int:
    """Queue the email of each recipient within reach who has none; how many."""
    given = {"prefix": f"followup:{follow_up.id}:", **reach.given()}
    given |= {f"in_{locale}": mailing_id for locale, mailing_id in mailings.items()}
    return enqueue_from(_OUTGOING, given, Priority.FOLLOWUP)


def key_for(supporter_id: ColumnElement[Any]) -> ColumnElement[str]:
    """The unique key of a supporter's email; the parameter `prefix` is `followup:{id}:`."""
    return bindparam("prefix", type_=String) + cast(supporter_id, String)


def _outgoing() -> Select[*tuple[Any, ...]]:
    person = RECIPIENTS.subquery("person").c
    mailings = {locale: bindparam(f"in_{locale}", type_=Mailing.id.type) for locale in LOCALES}
    return select(
        key_for(person.supporter_id).label("key"),
        case(mailings, value=person.locale, else_=mailings[LOCALES[0]]).label("mailing_id"),
        person.address,
        person.address_hash,
        JsonObject("name", person.name, "supporter", person.supporter_id).label("fields"),
    )


_OUTGOING = _outgoing()


def mailing_key(follow_up_id: int, locale: str) -> str:
    return f"followup:{follow_up_id}:{locale}"


def mailing_ids(follow_up_id: int) -> list[int]:
    """The mailings that a follow-up has by now, at most one a language."""
    keys = [mailing_key(follow_up_id, locale) for locale in LOCALES]
    return list(db.session.scalars(db.select(Mailing.id).where(Mailing.key.in_(keys))))


def refusal_of(follow_up_id: int) -> str | None:
    """What the mail server answered until the outbox paused the follow-up by itself, if it did."""
    return db.session.scalar(
        select(Mailing.paused_because)
        .where(
            Mailing.key.in_([mailing_key(follow_up_id, locale) for locale in LOCALES]),
            _PAUSED_BY_ITSELF,
        )
        .limit(1)
    )


def is_refused() -> ColumnElement[bool]:
    """The condition that the outbox paused a mailing of a follow-up by itself."""
    key = "followup:" + cast(FollowUp.id, String)
    keys = [key + f":{locale}" for locale in LOCALES]
    return exists().where(or_(*(Mailing.key == key for key in keys)), _PAUSED_BY_ITSELF)


def preview(follow_up: FollowUp, locale: str, name: str) -> rendering.Preview:
    """How the follow-up would look to somebody of that name."""
    content = content_of(follow_up, locale)
    return rendering.preview("followup", locale, content, fields_of(NOBODY, name, locale))
