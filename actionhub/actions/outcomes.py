"""What came of an action: recording what its addressees did, and striking what was wrong.

The door that calls these locks the action, records the audit event and commits.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlsplit

from flask_babel import gettext as _
from sqlalchemy import func, select

from actionhub import clock
from actionhub.actions.addressees import Addressee, all_addressees
from actionhub.actions.models import Action
from actionhub.actions.outcome_models import Outcome, OutcomeKind, VotePosition
from actionhub.config import settings
from actionhub.database import db
from actionhub.errors import ActionHubError, NotFound

LONGEST_WORDS = 500
LONGEST_ADDRESS = 2000
#: A day before this year is mistyped.
EARLIEST_YEAR = 1900


class NotPublished(ActionHubError):
    """Nothing can have come yet of what nobody was asked for."""

    status = 409

    def __init__(self) -> None:
        super().__init__(_("Publish the action first: nothing can have come of it yet."))


class BadOutcome(ActionHubError):
    """It cannot be recorded as it stands; `problems` has a sentence for each field."""

    status = 422

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems


@dataclass(frozen=True)
class Deed:
    """What was done, on a day. `words` and `words_es` are short plain text for everybody."""

    kind: OutcomeKind
    happened_on: date
    position: VotePosition | None = None
    words: str = ""
    words_es: str = ""
    source_url: str | None = None


def record(
    action: Action, keys: Collection[str], deed: Deed, organizer_id: int | None = None
) -> list[Outcome]:
    """Record that each of these addressees did it; those of whom the same stands are passed over.

    Raises NotPublished, BadOutcome (unknown addressees too).
    """
    if action.text_number == 0:
        raise NotPublished
    deed = checked(deed)
    known = addressees_on(action, deed.happened_on)
    if not keys or not set(keys) <= set(known):
        raise BadOutcome({"who": _("Choose somebody whom this action addresses.")})
    told = _told_already(action.id, deed)
    moment = clock.now()
    rows = [
        Outcome(
            action_id=action.id,
            addressee_key=one.key,
            title=one.title,
            name=one.name,
            office=one.office,
            state=one.state,
            district=one.district,
            kind=deed.kind,
            position=deed.position,
            happened_on=deed.happened_on,
            words=deed.words,
            words_es=deed.words_es,
            source_url=deed.source_url,
            recorded_by=organizer_id,
            recorded_at=moment,
        )
        for one in known.values()
        if one.key in set(keys) - told
    ]
    db.session.add_all(rows)
    db.session.flush()
    return rows


def strike(
    outcome: Outcome, organizer_id: int | None = None, *, with_its_like: bool = False
) -> list[Outcome]:
    """Take a wrong one off every page, or with it all that tell the same of others; it stays here.

    Those that were struck before are passed over.
    """
    rows = its_like(outcome) if with_its_like else [outcome]
    struck = [row for row in rows if row.withdrawn_at is None]
    for row in struck:
        row.withdrawn_at, row.withdrawn_by = clock.now(), organizer_id
    db.session.flush()
    return struck


def its_like(outcome: Outcome) -> list[Outcome]:
    """The standing outcomes that tell the same deed of this and other addressees."""
    deed = _deed_of(outcome)
    same = [row for row in _standing(outcome.action_id, deed) if deed == _deed_of(row)]
    return sorted(same, key=lambda row: row.id)


def find_outcome(outcome_id: int) -> Outcome:
    """An outcome. Raises NotFound."""
    found = db.session.get(Outcome, outcome_id)
    if found is None:
        raise NotFound(_("It is not there any more."))
    return found


def cosponsors(action_id: int) -> frozenset[str]:
    """The keys of addressees of whom a cosponsorship stands: they are to be thanked, not asked."""
    found = select(Outcome.addressee_key).where(
        Outcome.action_id == action_id,
        Outcome.kind == OutcomeKind.COSPONSORSHIP,
        Outcome.withdrawn_at.is_(None),
    )
    return frozenset(db.session.scalars(found))


def how_many(action_id: int) -> int:
    """How many outcomes of an action stand."""
    counted = select(func.count()).where(
        Outcome.action_id == action_id, Outcome.withdrawn_at.is_(None)
    )
    return int(db.session.execute(counted).scalar_one())


def addressees_on(action: Action, day: date | None) -> dict[str, Addressee]:
    """Whom an action addresses today or did on a day, by key, as they were on that day.

    Somebody who voted and has left since is among them.
    """
    today = {one.key: one for one in all_addressees(action)}
    then = {one.key: one for one in all_addressees(action, day)} if day else {}
    return today | then


def checked(deed: Deed) -> Deed:
    """The deed, tidied. Raises BadOutcome."""
    deed = replace(
        deed,
        position=deed.position if deed.kind is OutcomeKind.VOTE else None,
        words=" ".join(deed.words.split()),
        words_es=" ".join(deed.words_es.split()),
        source_url=(deed.source_url or "").strip() or None,
    )
    problems = {}
    if deed.kind is OutcomeKind.VOTE and deed.position is None:
        problems["position"] = _("Say how they voted.")
    if deed.kind is OutcomeKind.STATEMENT and not deed.words:
        problems["words"] = _("Say in a few words what they stated.")
    for name in ("words", "words_es"):
        if len(getattr(deed, name)) > LONGEST_WORDS:
            problems[name] = _("Keep it within %(most)s characters.", most=LONGEST_WORDS)
    if deed.happened_on > _today():
        problems["happened_on"] = _("That day is yet to come: record it when it has happened.")
    elif deed.happened_on.year < EARLIEST_YEAR:
        problems["happened_on"] = _("Look at the year again.")
    if deed.source_url is not None and not _is_web_address(deed.source_url):
        problems["source_url"] = _("The source's address begins with https://.")
    if problems:
        raise BadOutcome(problems)
    return deed


def _told_already(action_id: int, deed: Deed) -> set[str]:
    return {
        row.addressee_key
        for row in _standing(action_id, deed)
        if (row.position, row.words) == (deed.position, deed.words)
    }


def _standing(action_id: int, deed: Deed) -> list[Outcome]:
    query = select(Outcome).where(
        Outcome.action_id == action_id,
        Outcome.kind == deed.kind,
        Outcome.happened_on == deed.happened_on,
        Outcome.withdrawn_at.is_(None),
    )
    return list(db.session.scalars(query))


def _deed_of(row: Outcome) -> Deed:
    return Deed(row.kind, row.happened_on, row.position, row.words, row.words_es, row.source_url)


def _today() -> date:
    """The day it is for the organization, which types it."""
    return clock.now().astimezone(settings().timezone).date()


def _is_web_address(text: str) -> bool:
    """Whether it may stand behind a link: http or https, of a host, nothing that breaks out."""
    if len(text) > LONGEST_ADDRESS or any(ord(one) <= 32 or one in '<>"\\' for one in text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False
