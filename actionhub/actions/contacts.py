"""How an office can be reached, as an organizer found out: the data sets tell no email address.

The door that calls these records the audit event and commits.
"""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _
from sqlalchemy import select

from actionhub import clock
from actionhub.actions.models import OfficeContact
from actionhub.addresses import BadAddress, read_address
from actionhub.database import db
from actionhub.errors import ActionHubError

#: Letters an hour that any office may be set to.
MOST_AN_HOUR = 10_000
LONGEST_POSTAL = 500


class BadContact(ActionHubError):
    """That is no way to reach an office."""

    status = 422


def of(keys: Iterable[str]) -> dict[str, OfficeContact]:
    """What is known of some addressees, by their keys."""
    wanted = list(keys)
    if not wanted:
        return {}
    # All of them where many are asked for: few offices are known by more than their data set.
    found = select(OfficeContact)
    if len(wanted) < 100:
        found = found.where(OfficeContact.key.in_(wanted))
    return {one.key: one for one in db.session.scalars(found)}


def know(
    key: str,
    *,
    email: str = "",
    postal_address: str = "",
    per_hour: int | None = None,
    organizer_id: int | None = None,
) -> None:
    """Keep how an addressee is reached, in the place of what was known. Raises BadContact."""
    if per_hour is not None and not 1 <= per_hour <= MOST_AN_HOUR:
        most = _("Set 1 to %(most)s letters an hour, or leave it empty.", most=MOST_AN_HOUR)
        raise BadContact(most)
    contact = db.session.get(OfficeContact, key) or OfficeContact(key=key)
    contact.email = read_email(email)
    contact.postal_address = read_postal(postal_address)[:LONGEST_POSTAL]
    contact.per_hour = per_hour
    contact.updated_by, contact.updated_at = organizer_id, clock.now()
    db.session.add(contact)
    db.session.flush()


def read_postal(text: str) -> str:
    """A postal address line by line, tidied; `|` begins a new line as a line break does."""
    lines = (" ".join(line.split()) for line in text.replace("|", "\n").splitlines())
    return "\n".join(filter(None, lines))


def read_email(text: str) -> str | None:
    """An address as it is written, or None for nothing. Raises BadContact."""
    if not text.strip():
        return None
    try:
        return read_address(text.strip()).mailbox
    except BadAddress:
        bad = _("“%(typed)s” is not an email address.", typed=text.strip()[:100])
        raise BadContact(bad) from None
