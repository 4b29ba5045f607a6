"""Taking one's data along: everything held about a person, as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select

from actionhub import clock
from actionhub.actions.models import Action, ActionText
from actionhub.database import db
from actionhub.letters.cwc import keeping
from actionhub.letters.showing import Shown, letters_of
from actionhub.newsroom.models import PressRelease
from actionhub.outbox.models import ArchivedEmail, Email, EmailEvent, Mailing, Suppression
from actionhub.privacy.showing import agreement_of, find_supporter, signatures_of
from actionhub.signatures.models import Signature
from actionhub.supporters.models import ConsentWording, Supporter

#: What of an email's contents is a key to the person's page, not something told to them.
_KEYS = ("_url", "_token")


def export(supporter_id: int) -> dict[str, Any]:
    """All we hold about a person, as JSON values; times in ISO 8601, UTC.

    Left out is only what would open their page to whoever finds the file: links and tokens of
    mails. The hash of their network is told as held or not: it says nothing else to anybody.
    Raises NotFound if there is no such supporter or they were erased.
    """
    supporter = find_supporter(supporter_id)
    return {
        "exported_at": _iso(clock.now()),
        "address": supporter.address,
        "address_as_compared": supporter.canonical,
        "language": supporter.locale,
        "known_since": _iso(supporter.created_at),
        "membership": _membership(supporter_id),
        "signatures": [
            _signature(signature, text) for signature, text in signatures_of(supporter_id)
        ],
        "emails": _emails(supporter),
        "not_mailed": _suppressions(supporter),
    }


def _membership(supporter_id: int) -> dict[str, Any] | None:
    agreement, member = agreement_of(supporter_id)
    if agreement is None:
        return None
    return {
        "member": member,
        "agreed_to": agreement.wording,
        "agreed_at": _iso(agreement.agreed_at),
        "left_at": _iso(agreement.left_at),
    }


def _signature(signature: Signature, text: ActionText) -> dict[str, Any]:
    release = signature.release_id and db.session.get(PressRelease, signature.release_id)
    wording = signature.wording_id and db.session.get(ConsentWording, signature.wording_id)
    return {
        "action": db.session.get_one(Action, signature.action_id).slug,
        "words_signed": {
            "version": text.number,
            "language": text.locale,
            "title": text.title,
            "ask": text.ask,
            "body": text.body_markdown,
        },
        "state": signature.state.value,
        "reason": signature.state_reason,
        "name": signature.name,
        "zip": signature.zip,
        "country": signature.country,
        "town": signature.town,
        "us_state": signature.us_state,
        "us_district": signature.us_district,
        "district_found_by": signature.district_found.value if signature.district_found else None,
        "district_as_of": str(signature.district_as_of) if signature.district_as_of else None,
        "comment": signature.comment,
        "name_shown_to": signature.display.value,
        "agreed_to_hear_more": signature.wants_followups,
        "agreed_to": wording.text if wording else None,
        "agreed_at": _iso(signature.consented_at),
        "language": signature.locale,
        "came_from_release": release.slug if release else None,
        "came_from": signature.source,
        "network_hash_held": signature.network_hash is not None,
        "first_posted_at": _iso(signature.created_at),
        "posted_at": _iso(signature.posted_at),
        "confirmed_at": _iso(signature.confirmed_at),
        "reminded_at": _iso(signature.reminded_at),
        "ended_at": _iso(signature.ended_at),
        "delivered_at": _iso(signature.delivered_at),
        "letters": [_letter(letter) for letter in letters_of(signature.id)],
    }


def _letter(letter: Shown) -> dict[str, Any]:
    return {
        "to": letter.addressee.shown_name,
        "by": letter.channel.value,
        "state": letter.state.value,
        "ended_at": _iso(letter.ended_at),
        "held_for_congress": keeping.held_of(letter.id),
        "subject": letter.composed.subject,
        "text": letter.composed.text,
    }


def _emails(supporter: Supporter) -> list[dict[str, Any]]:
    found: dict[int, tuple[Any, Mailing]] = {}
    for table in (Email, ArchivedEmail):  # in this order: what is archived meanwhile is told once
        rows: Any = select(table, Mailing).join(Mailing, Mailing.id == table.mailing_id)
        for email, mailing in db.session.execute(
            rows.where(table.address_hash == supporter.address_hash)
        ):
            found[email.id] = (email, mailing)
    events = _events(found)
    return [
        {
            "kind": mailing.template,
            "language": mailing.locale,
            "to": email.address,
            "state": email.state.value,
            "written_at": _iso(email.created_at),
            "finished_at": _iso(email.finished_at),
            "said_to_all": _without_keys_of_ours(mailing.content),
            "said_to_you": _without_keys(email.fields),
            "events": events.get(email.id, []),
        }
        for _number, (email, mailing) in sorted(found.items())
    ]


def _events(email_ids: Iterable[int]) -> dict[int, list[dict[str, Any]]]:
    events: dict[int, list[dict[str, Any]]] = {}
    ids = list(email_ids)
    found = select(EmailEvent).where(EmailEvent.email_id.in_(ids)).order_by(EmailEvent.id)
    for event in db.session.scalars(found):
        told = {"at": _iso(event.at), "state": event.state.value, "code": event.code}
        events.setdefault(event.email_id, []).append(told)
    return events


def _suppressions(supporter: Supporter) -> list[dict[str, Any]]:
    found = db.session.scalars(
        select(Suppression)
        .where(Suppression.address_hash == supporter.address_hash)
        .order_by(Suppression.id)
    )
    return [
        {
            "what": one.scope.value,
            "why": one.reason,
            "since": _iso(one.created_at),
            "lifted_at": _iso(one.lifted_at),
        }
        for one in found
    ]


def _without_keys(fields: dict[str, Any] | None) -> dict[str, Any] | None:
    if fields is None:
        return None
    return {name: value for name, value in fields.items() if not name.endswith(_KEYS)}


def _without_keys_of_ours(content: dict[str, Any]) -> dict[str, Any]:
    """What was said to all: not which of our keys signs the links in it."""
    return {name: value for name, value in content.items() if not name.endswith("_key")}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
