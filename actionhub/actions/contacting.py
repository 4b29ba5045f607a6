"""How offices are reached, as one CSV file: out, filled in, and in again, all or nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from actionhub.actions import contacts
from actionhub.actions.addressees import Addressee
from actionhub.actions.contacts import BadContact
from actionhub.actions.models import OfficeContact
from actionhub.actions.tables import UnreadableList, read_table
from actionhub.supporters.exporting import plain_cell, safe_cell

COLUMNS = ("id", "name", "office", "email", "postal_address", "letters_an_hour")


@dataclass(frozen=True)
class ContactRow:
    """One office of a file, by its key."""

    key: str
    email: str
    postal_address: str
    per_hour: int | None


def as_csv(addressees: Sequence[Addressee]) -> bytes:
    """The offices of an action with what is known of them, to be filled in.

    Only those that can be set: a list tells of its own people.
    """
    known = contacts.of(one.key for one in addressees)
    out = io.StringIO(newline="")
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for one in addressees:
        if one.can_be_set:
            contact = known.get(one.key) or OfficeContact(postal_address="")
            postal = contact.postal_address.replace("\n", "|")
            told = (one.key, one.shown_name, one.office, contact.email, postal, contact.per_hour)
            writer.writerow([safe_cell(cell) for cell in told])
    return out.getvalue().encode()


def bring_in(raw: bytes, addressees: Sequence[Addressee], organizer_id: int | None = None) -> int:
    """Keep what a file tells of some of these, in the place of what was known; how many.

    Columns: `id` as `as_csv` tells it, `email`, and if it has them `postal_address` (`|` begins a
    new line) and `letters_an_hour`; others are passed over. Raises UnreadableList with all bad
    lines. The door records the audit event and commits.
    """
    known = {one.key for one in addressees if one.can_be_set}
    rows: dict[str, ContactRow] = {}
    problems: list[str] = []
    for line, cells in read_table(raw, _check):
        try:
            row = _read(cells, known)
            if row.key in rows:
                raise ValueError(_("the same office once more."))
            rows[row.key] = row
        except ValueError as bad:
            problems.append(_("Line %(line)s: %(problem)s", line=line, problem=str(bad)))
    if not rows and not problems:
        problems.append(_("There is nobody in this file."))
    if problems:
        raise UnreadableList(problems)
    for row in rows.values():
        contacts.know(
            row.key,
            email=row.email,
            postal_address=row.postal_address,
            per_hour=row.per_hour,
            organizer_id=organizer_id,
        )
    return len(rows)


def _check(columns: list[str], _cells: list[str]) -> list[str]:
    if {"id", "email"} <= set(columns):
        return []
    return [_("Line 1 must name the columns id and email, as the file that you get here does.")]


def _read(cells: dict[str, str], known: set[str]) -> ContactRow:
    """One line. Raises ValueError with a sentence."""
    key = cells["id"].strip()
    if key not in known:
        raise ValueError(_("this action addresses nobody of the id “%(typed)s”.", typed=key[:40]))
    pace = cells.get("letters_an_hour", "").strip()
    if pace and not (pace.isascii() and pace.isdigit() and 1 <= int(pace) <= contacts.MOST_AN_HOUR):
        most = contacts.MOST_AN_HOUR
        raise ValueError(_("letters an hour are 1 to %(most)s, or empty.", most=most))
    try:
        email = contacts.read_email(plain_cell(cells["email"])) or ""
    except BadContact as bad:
        raise ValueError(str(bad)) from None
    postal = contacts.read_postal(plain_cell(cells.get("postal_address", "")))
    if len(postal) > contacts.LONGEST_POSTAL:
        raise ValueError(_("%(column)s is too long.", column="postal_address"))
    return ContactRow(key, email, postal, int(pace) if pace else None)
