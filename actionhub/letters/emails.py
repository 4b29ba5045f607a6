"""A letter as an email: from our domain, an answer to it goes to its writer."""

from __future__ import annotations

from actionhub import links
from actionhub.actions.addressees import Addressee
from actionhub.actions.models import ActionText
from actionhub.addresses import read_address
from actionhub.letters.composing import Composed
from actionhub.letters.models import Letter
from actionhub.outbox import queue
from actionhub.outbox.models import Priority, Scope


def key_of(letter_id: int) -> str:
    """The unique key of a letter's email."""
    return f"letter:{letter_id}"


def enqueue(
    letter: Letter,
    text: ActionText,
    addressee: Addressee,
    composed: Composed,
    name: str,
    reply_to: str,
) -> bool:
    """Queue a letter's email to its office; False if it was queued before."""
    office = read_address(addressee.email or "")
    # One mailing an office: should its server refuse us, no other office's letters wait.
    mailing_id = queue.ensure_mailing(
        f"letter:{text.id}:{letter.addressee_key}",
        template="letter",
        locale=composed.locale,
        priority=Priority.LETTER,
        scope=Scope.SIGNING,
        content={
            "action_title": text.title,
            "words_locale": text.locale,
            "action_url": links.absolute(links.action_path(text.action.slug, text.locale)),
        },
        automatic=False,
    )
    return queue.enqueue(
        mailing_id,
        key=key_of(letter.id),
        address=office.mailbox,
        address_hash=office.hash,
        fields={
            "subject": composed.subject,
            "letter": composed.text,
            "name": name,
            "reply_to": reply_to,
        },
        priority=Priority.LETTER,
    )
