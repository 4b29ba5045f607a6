"""Whether a letter can go by CWC, and what is kept so that it does."""

from __future__ import annotations

import uuid

import structlog

from actionhub import clock
from actionhub.actions.models import Action
from actionhub.config import settings
from actionhub.letters.composing import Composed, Writer
from actionhub.letters.cwc.agency import Agency, agency
from actionhub.letters.cwc.checking import problems_of
from actionhub.letters.cwc.documents import Message, Sender, to_xml
from actionhub.letters.cwc.models import CwcLetter

log = structlog.get_logger(__name__)


def prepare(
    action: Action, addressee_key: str, email: str, sender: Sender, writer: Writer, said: Composed
) -> CwcLetter | None:
    """What a letter to this office needs, not yet stored and of no letter; None: it cannot go so.

    It is checked offline first: what the table of elements does not allow goes another way.
    """
    with_whom = agency()
    office = with_whom.office_of(addressee_key) if with_whom else None
    if with_whom is None or office is None:
        return None
    at = clock.now()
    kept = CwcLetter(
        delivery_id=uuid.uuid4().hex,
        office=office,
        prefix=sender.prefix,
        first_name=sender.first_name,
        last_name=sender.last_name,
        street=sender.street,
        attempts=0,
        written_at=at,
        next_at=at,
    )
    message = message_of(action, kept, with_whom, email, writer, said)
    problems = problems_of(to_xml(message, with_whom))
    if problems:
        log.warning("cwc_letter_not_allowed", office=office, problems=problems)
    return None if problems else kept


def message_of(
    action: Action, kept: CwcLetter, with_whom: Agency, email: str, writer: Writer, said: Composed
) -> Message:
    """The message of what is kept; the same each time it is tried."""
    return Message(
        delivery_id=kept.delivery_id,
        written_at=kept.written_at,
        campaign=action.slug,
        organization=settings().organization,
        office=kept.office,
        topic=action.letter_topic or with_whom.topic,
        email=email,
        sender=Sender(
            kept.prefix or "", kept.first_name or "", kept.last_name or "", kept.street or ""
        ),
        writer=writer,
        composed=said,
    )
