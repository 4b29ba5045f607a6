"""Reading a list of people to address from a CSV file: all of it or nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from actionhub.actions.contacts import LONGEST_POSTAL, BadContact, read_email, read_postal
from actionhub.actions.merging import FIELDS
from actionhub.actions.tables import UnreadableList, read_table
from actionhub.config import LOCALES

COLUMNS = ("name", "office", "email", "postal_address", "language")
MOST_PEOPLE = 2_000
MOST_FIELDS = 30
LONGEST = {"name": 200, "office": 200, "postal_address": LONGEST_POSTAL}
LONGEST_FIELD = 1_000
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class ListedRow:
    """One person of a list as a file tells of them; `fields` are merge fields of the list's own."""

    name: str
    office: str
    email: str | None
    postal_address: str
    locale: str
    fields: Mapping[str, str]


def read_list(raw: bytes) -> tuple[ListedRow, ...]:
    """The people of a CSV file in UTF-8, its first line naming the columns.

    `name` is needed; `office`, `email`, `postal_address` (a `|` begins a new line, as a line break
    in quotes does) and `language` (`en`, `es`) may be there; any other column becomes a merge
    field of its name. Commas, semicolons or tabs. Raises UnreadableList with all bad lines.
    """
    rows, problems = [], []
    seen: dict[tuple[str, str], int] = {}
    for line, cells in read_table(raw, _check):
        try:
            row = _read(cells)
        except (ValueError, BadContact) as bad:
            problems.append(_("Line %(line)s: %(problem)s", line=line, problem=str(bad)))
            continue
        first = seen.setdefault((row.name, row.office), line)
        if first != line:
            twice = _("the same name and office as in line %(first)s.", first=first)
            problems.append(_("Line %(line)s: %(problem)s", line=line, problem=twice))
        rows.append(row)
    if not rows and not problems:
        problems.append(_("There is nobody in this file."))
    if len(rows) > MOST_PEOPLE:
        problems.append(_("A list holds at most %(most)s people.", most=MOST_PEOPLE))
    if problems:
        raise UnreadableList(problems)
    return tuple(rows)


def _check(columns: list[str], cells: list[str]) -> list[str]:
    """What is wrong with the line that names the columns."""
    problems = []
    if "name" not in columns:
        problems.append(
            _(
                "Line 1 must name the columns: name and, if you have them, office, email,"
                " postal_address, language and merge fields of your own."
            )
        )
    for typed, column in zip(cells, columns, strict=True):
        if not _FIELD.fullmatch(column) or column in FIELDS:
            problems.append(_("Line 1: “%(typed)s” cannot be a field’s name.", typed=typed[:40]))
    if len(columns) > len(COLUMNS) + MOST_FIELDS:
        problems.append(_("A list holds at most %(most)s merge fields.", most=MOST_FIELDS))
    return problems


def _read(cells: dict[str, str]) -> ListedRow:
    """One line. Raises ValueError, BadContact, with a sentence."""
    name = " ".join(cells["name"].split())
    if not name:
        raise ValueError(_("no name."))
    office = " ".join(cells.get("office", "").split())
    postal = read_postal(cells.get("postal_address", ""))
    for column, value in (("name", name), ("office", office), ("postal_address", postal)):
        if len(value) > LONGEST[column]:
            raise ValueError(_("%(column)s is too long.", column=column))
    locale = cells.get("language", "").strip().casefold()
    if locale and locale not in LOCALES:
        known = ", ".join(LOCALES)
        raise ValueError(_("the language must be one of: %(known)s.", known=known))
    fields = {key: " ".join(cells[key].split()) for key in cells if key not in COLUMNS}
    if any(len(value) > LONGEST_FIELD for value in fields.values()):
        raise ValueError(_("a merge field is too long."))
    email = read_email(cells.get("email", ""))
    return ListedRow(name, office, email, postal, locale, fields)
