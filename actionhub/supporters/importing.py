"""Bringing in members who agreed elsewhere, from a CSV file: all of them or none."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from actionhub import clock
from actionhub.addresses import Address, BadAddress, read_address
from actionhub.config import LOCALES, settings
from actionhub.database import db
from actionhub.errors import ActionHubError
from actionhub.outbox import suppressions
from actionhub.outbox.models import Scope
from actionhub.supporters import consent, joining, subscribing
from actionhub.supporters.exporting import plain_cell

COLUMNS = ("email", "consent", "agreed_at", "locale")
_NEEDED = ("email", "consent")
_YES = frozenset({"yes", "y", "true", "1", "x", "ok", "sí", "si"})
_NO = frozenset({"no", "n", "false", "0"})
#: Problems told of one file; whoever wrote it mends a kind of them at a time.
TOLD = 20


class UnreadableMembers(ActionHubError):
    """The file was not taken: `problems` has a sentence for each bad line. Nothing was changed."""

    status = 422

    def __init__(self, problems: list[str]) -> None:
        told = problems[:TOLD]
        if len(problems) > TOLD:
            told.append(_("... and %(number)s more lines.", number=len(problems) - TOLD))
        super().__init__("\n".join([*told, _("Nothing was imported.")]))
        self.problems = problems


@dataclass(frozen=True)
class Imported:
    """How many became members, were members already, stood in the file twice, or had left.

    Those who left, or were erased, stay away: they come back by agreeing themselves.
    """

    added: int
    known: int
    repeated: int
    kept_out: int


@dataclass(frozen=True)
class _Member:
    address: Address
    wording: str
    agreed_at: datetime
    locale: str


def import_members(lines: Iterable[str]) -> Imported:
    """Make members of the people in a CSV file, given as its lines of text.

    The first line names the columns: `email`; `consent`, the very sentence each agreed to; and,
    if you have them, `agreed_at` (ISO 8601; now where empty) and `locale`. Commas or semicolons.
    Raises UnreadableMembers with all bad lines; then nothing is changed.
    """
    problems: list[str] = []
    members: dict[str, _Member] = {}
    repeated = 0
    for number, row in _rows(lines):
        try:
            member = _read(row)
        except ValueError as bad:
            problems.append(_("Line %(line)s: %(problem)s", line=number, problem=str(bad)))
            continue
        repeated += member.address.canonical in members
        members.setdefault(member.address.canonical, member)
    if problems:
        raise UnreadableMembers(problems)
    added, known, kept_out = 0, 0, 0
    for canonical in sorted(members):  # one order: two imports at once do not wait in a ring
        outcome = _bring_in(members[canonical])
        added += outcome == "added"
        known += outcome == "known"
        kept_out += outcome == "kept out"
    return Imported(added, known, repeated, kept_out)


def _bring_in(member: _Member) -> str:
    if suppressions.is_suppressed(member.address.hash, Scope.FOLLOWUPS):
        return "kept out"
    supporter_id = joining.find_or_add(member.address, member.locale)
    if subscribing.is_member(supporter_id):
        return "known"
    wording_id = consent.wording_id(member.locale, member.wording)
    subscribing.subscribe(supporter_id, wording_id, member.agreed_at)
    db.session.flush()
    return "added"


def _rows(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """(line number, cells by column), for every line that is not empty."""
    text = iter(lines)
    head = next(text, "").removeprefix("\ufeff")
    separator = max(",;\t", key=head.count)
    columns = [name.strip().strip('"').strip().casefold() for name in head.split(separator)]
    missing = [name for name in _NEEDED if name not in columns]
    if missing:
        told = _(
            "Line 1 must name the columns: email, consent and, if you have them, agreed_at and "
            "locale. Missing: %(missing)s.",
            missing=", ".join(missing),
        )
        raise UnreadableMembers([told])
    reader = csv.reader(text, delimiter=separator, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num + 1, dict(zip(columns, cells, strict=False))
    except csv.Error as bad:
        line = reader.line_num + 1
        raise UnreadableMembers(
            [_("Line %(line)s is not CSV: %(problem)s.", line=line, problem=str(bad))]
        ) from bad


def _read(row: dict[str, str]) -> _Member:
    """One member. Raises ValueError with a sentence."""
    cell = {name: plain_cell(row.get(name, "").strip()) for name in COLUMNS}
    try:
        address = read_address(cell["email"])
    except BadAddress as bad:
        raise ValueError(
            _("“%(email)s” is not an email address.", email=cell["email"][:80])
        ) from bad
    if not cell["consent"] or cell["consent"].casefold() in _NO:
        raise ValueError(_("no consent. Leave out whoever did not agree."))
    if cell["consent"].casefold() in _YES:
        raise ValueError(_("write the sentence they agreed to as the consent, not just yes."))
    locale = cell["locale"] or LOCALES[0]
    if locale not in LOCALES:
        raise ValueError(
            _(
                "“%(locale)s” is not one of our languages: %(known)s.",
                locale=locale[:20],
                known=", ".join(LOCALES),
            )
        )
    return _Member(address, cell["consent"], _time(cell["agreed_at"]), locale)


def _time(text: str) -> datetime:
    now = clock.now()
    if not text:
        return now
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as bad:
        raise ValueError(_("“%(time)s” is not a date like 2026-03-31.", time=text[:40])) from bad
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=settings().timezone)
    if moment > now:
        raise ValueError(_("they agreed in the future (%(time)s).", time=text[:40]))
    return moment
