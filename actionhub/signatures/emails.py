"""The emails that a signature causes: confirm, remind, already, thanks."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import Any

from babel import Locale
from babel.numbers import format_decimal
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import Select, and_, func, or_, select, update

from actionhub import clock, links, tokens
from actionhub.actions.models import Action, ActionKind, ActionText, Target
from actionhub.config import REGIONS
from actionhub.database import db
from actionhub.outbox import queue
from actionhub.outbox.models import ArchivedEmail, Email, EmailState, Priority, Scope
from actionhub.outbox.states import CANCELLABLE
from actionhub.signatures.models import NameDisplay

#: Mails that ask an address to confirm, a day, over all actions; and what a day is.
MAILS_A_DAY = 3
DAY = timedelta(days=1)

ACTIONS: Any = Action.__table__
TEXTS: Any = ActionText.__table__
EMAILS: Any = Email.__table__

_ADDRESSEE = (
    select(Target.name)
    .where(Target.action_id == ACTIONS.c.id)
    .order_by(Target.id)
    .limit(1)
    .correlate(ACTIONS)
    .scalar_subquery()
)


def ground() -> Select[Any]:
    """An action and the words being signed, with what its mails say; add the condition."""
    return select(
        ACTIONS.c.slug,
        ACTIONS.c.kind.label("action_kind"),
        ACTIONS.c.state.label("action_state"),
        ACTIONS.c.opens_at,
        ACTIONS.c.closes_at,
        ACTIONS.c.allows_shared_addresses,
        TEXTS.c.number,
        TEXTS.c.title,
        TEXTS.c.ask,
        TEXTS.c.locale.label("words_locale"),
        _ADDRESSEE.label("target"),
    ).join_from(ACTIONS, TEXTS, TEXTS.c.action_id == ACTIONS.c.id)


def asked_lately(address_hash: Any, since: Any) -> Any:
    """How many mails asked this address to confirm after `since`, as an SQL expression."""
    asks = or_(EMAILS.c.key.like("confirm:%"), EMAILS.c.key.like("remind:%"))
    recent = and_(EMAILS.c.address_hash == address_hash, EMAILS.c.created_at > since, asks)
    return select(func.count()).select_from(EMAILS).where(recent).scalar_subquery()


def may_ask(address_hash: str) -> bool:
    """Whether one more mail may ask this address to confirm today."""
    since = clock.now() - DAY
    count = db.session.execute(select(asked_lately(address_hash, since))).scalar_one()
    return int(count) < MAILS_A_DAY


def ask_to_confirm(signature: Any, words: Any, mailbox: str, address_hash: str, key: str) -> bool:
    """Queue the mail whose link confirms this posting; False if that key was queued before.

    `signature` has the columns of the signature, `words` those of `ground()`. `key` begins with
    `confirm:` or `remind:`, which also names the template. The caller keeps to `may_ask`.
    """
    template = key.partition(":")[0]
    locale = signature.locale
    token = tokens.sign(tokens.Purpose.CONFIRM, signature.id, signature.posting)
    place = place_of(signature.zip, signature.country, locale)
    priority = Priority.URGENT if template == "confirm" else Priority.THANKS
    return queue.enqueue(
        _mailing(template, signature.text_id, locale, priority, words),
        key=key,
        address=mailbox,
        address_hash=address_hash,
        fields={
            "name": signature.name,
            "confirm_url": links.absolute(links.confirm_path(token, locale)),
            "comment": signature.comment or "",
            "has_comment": bool(signature.comment),
            "has_place": bool(place),
            "place": place,
            "shows_public": signature.display == NameDisplay.PUBLIC,
            "shows_protected": signature.display == NameDisplay.PROTECTED,
            "wants_followups": bool(signature.wants_followups),
        },
        priority=priority,
    )


def say_already(signature: Any, words: Any, supporter: Any) -> bool:
    """Queue the mail to somebody who signed again: they have, and here is their page.

    Once a day for each signature, to the address we know. `supporter` is their row.
    """
    locale = signature.locale
    return queue.enqueue(
        _mailing("already", signature.text_id, locale, Priority.URGENT, words),
        key=f"already:{signature.id}:{clock.now():%Y-%m-%d}",
        address=supporter.address,
        address_hash=supporter.address_hash,
        fields={"name": signature.name, "me_url": _me_url(supporter.id, locale)},
        priority=Priority.URGENT,
    )


def say_thanks(
    signature: Any, words: Any, supporter: Any, mailbox: str, number: int, member: bool
) -> bool:
    """Queue the thanks for a confirmed signature, with its number and the way out."""
    locale = signature.locale
    leaving = tokens.sign(tokens.Purpose.UNSUBSCRIBE, supporter.id, Scope.FOLLOWUPS.value)
    return queue.enqueue(
        _mailing("thanks", signature.text_id, locale, Priority.THANKS, words),
        key=f"thanks:{signature.id}",
        address=mailbox,
        address_hash=supporter.address_hash,
        fields={
            "name": signature.name,
            "number": format_decimal(number, locale=REGIONS[locale]),
            "me_url": _me_url(supporter.id, locale),
            "member": member,
            "unsubscribe_url": links.absolute(links.unsubscribe_path(leaving, locale)),
        },
        priority=Priority.THANKS,
    )


def cancel_unsent(signature_id: int, address_hash: str) -> int:
    """Cancel the mails of one signature that have not gone out to its address; how many."""
    keys = [f"{name}:{signature_id}" for name in ("thanks", "remind")]
    begun = [f"{name}:{signature_id}:%" for name in ("confirm", "already")]
    gone = db.session.execute(
        update(Email)
        .where(Email.address_hash == address_hash)
        .where(or_(Email.key.in_(keys), *(Email.key.like(start) for start in begun)))
        .where(Email.state.in_(sorted(CANCELLABLE)))
        .values(state=EmailState.CANCELLED, finished_at=clock.now(), owner=None)
        .execution_options(synchronize_session=False)
    )
    return int(getattr(gone, "rowcount", 0))


def mailbox_of(signature_id: int, posting: int, address_hash: str) -> str | None:
    """Where the mail for one posting went, if it is still known: how its owner last typed it."""
    key = f"confirm:{signature_id}:{posting}"
    # In this order: what is archived meanwhile is met there.
    for table in (Email, ArchivedEmail):
        asked = or_(table.key == key, table.key.like(f"{key}.%"))
        found = db.session.scalar(
            select(table.address)
            .where(table.address_hash == address_hash, asked, table.address.is_not(None))
            .order_by(table.id.desc())
            .limit(1)
        )
        if found is not None:
            return found
    return None


def place_of(zip_code: str | None, country: str, locale: str) -> str:
    """`ZIP 20001`, or the country's name in the reader's language, or nothing."""
    if country == "US":
        return _zip_words(locale) % {"zip": zip_code} if zip_code else ""
    return str(Locale.parse(locale).territories.get(country, country))


@lru_cache
def _zip_words(locale: str) -> str:
    with force_locale(REGIONS[locale]):
        return str(_("ZIP %(zip)s", zip="%(zip)s"))


def _me_url(supporter_id: int, locale: str) -> str:
    token = tokens.sign(tokens.Purpose.ME, supporter_id)
    return links.absolute(links.me_path(token, locale))


def _mailing(template: str, text_id: int, locale: str, priority: int, words: Any) -> int:
    content = {
        "action_title": words.title,
        "words_locale": words.words_locale,
        "action_url": links.absolute(links.action_path(words.slug, locale)),
    }
    if template != "already":
        is_letter = words.action_kind == ActionKind.LETTER
        content |= {"ask": words.ask, "target": words.target or "", "is_letter": is_letter}
    return queue.ensure_mailing(
        f"{template}:{text_id}:{locale}",
        template=template,
        locale=locale,
        priority=priority,
        scope=Scope.SIGNING,
        content=content,
    )
