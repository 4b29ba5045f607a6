"""Outcomes as pages and mails show them: by addressee, or by what was done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from actionhub.actions.outcome_models import Outcome, OutcomeKind, VotePosition
from actionhub.congress.states import NAMES
from actionhub.congress.titles import TITLES
from actionhub.database import db

K = TypeVar("K")

#: How each kind is called before people.
KINDS = {
    OutcomeKind.REPLY: _l("Reply"),
    OutcomeKind.VOTE: _l("Vote"),
    OutcomeKind.COSPONSORSHIP: _l("Cosponsorship"),
    OutcomeKind.STATEMENT: _l("Statement"),
}
#: What each position is called where one chooses.
POSITIONS = {
    VotePosition.YEA: _l("Yes"),
    VotePosition.NAY: _l("No"),
    VotePosition.PRESENT: _l("Present"),
    VotePosition.NOT_VOTING: _l("Did not vote"),
}
_DEEDS: dict[OutcomeKind | VotePosition, Any] = {
    OutcomeKind.REPLY: _l("Replied"),
    OutcomeKind.COSPONSORSHIP: _l("Cosponsored it"),
    OutcomeKind.STATEMENT: _l("Made a statement"),
    VotePosition.YEA: _l("Voted yes"),
    VotePosition.NAY: _l("Voted no"),
    VotePosition.PRESENT: _l("Voted “present”"),
    VotePosition.NOT_VOTING: _l("Did not vote"),
}


@dataclass(frozen=True)
class OutcomeView:
    """One thing that an addressee did; who they were is told as of then."""

    id: int
    action_id: int
    addressee_key: str
    title: str
    name: str
    office: str
    state: str | None
    district: int | None
    kind: OutcomeKind
    position: VotePosition | None
    happened_on: date
    words: str
    words_es: str
    source_url: str | None
    recorded_by: int | None
    recorded_at: datetime
    withdrawn_by: int | None
    withdrawn_at: datetime | None

    @property
    def shown_name(self) -> str:
        """Title and name, as `Senator Tammy Duckworth`."""
        return shown_name(self.title, self.name)

    @property
    def place(self) -> str:
        """Whom they sit for, `Ohio, district 9`, or their office."""
        return place_of(self.state, self.district, self.office)

    @property
    def deed(self) -> str:
        """What they did, in two words or three: `Voted yes`."""
        return str(_DEEDS[self.position or self.kind])

    @property
    def source_host(self) -> str:
        """Where the source is, `congress.gov`; empty without one."""
        host = urlsplit(self.source_url or "").hostname or ""
        return host.removeprefix("www.")

    def words_in(self, locale: str) -> tuple[str, str]:
        """(the words, their language): in `locale` if they are told in it, else in English."""
        return (self.words_es, "es") if locale == "es" and self.words_es else (self.words, "en")

    def concerns(self, state: str | None, district: int | None) -> bool:
        """Whether it was done by one who hears somebody who lives there, or hears everybody."""
        return self.state is None or (self.state == state and self.district in {None, district})


@dataclass(frozen=True)
class AddresseeRecord:
    """What one addressee did about one action, the newest first; never empty."""

    outcomes: tuple[OutcomeView, ...]

    @property
    def newest(self) -> OutcomeView:
        """Tells who they are, too: as of then."""
        return self.outcomes[0]


@dataclass(frozen=True)
class Event:
    """What several did on one day that is told in the same words; never empty."""

    outcomes: tuple[OutcomeView, ...]

    @property
    def first(self) -> OutcomeView:
        """Tells what it was, but for how each of them voted."""
        return self.outcomes[0]

    @property
    def standing(self) -> tuple[OutcomeView, ...]:
        """Those that were not struck."""
        return tuple(one for one in self.outcomes if one.withdrawn_at is None)

    def by_deed(self) -> list[tuple[str, tuple[OutcomeView, ...]]]:
        """(`Voted yes`, those who did), in the order of the positions."""
        order = [None, *VotePosition]
        by_position = gathered(self.outcomes, lambda one: one.position)
        return [
            (by_position[position][0].deed, tuple(by_position[position]))
            for position in order
            if position in by_position
        ]


def shown_name(title: str, name: str) -> str:
    """Title and name in the reader's language."""
    return f"{TITLES.get(title, title)} {name}".strip()


def place_of(state: str | None, district: int | None, office: str) -> str:
    """A seat's state and district in the reader's language; an office as it is."""
    if state is None or state not in NAMES:
        return office
    return (
        _("%(state)s, district %(n)s", state=NAMES[state], n=district) if district else NAMES[state]
    )


def outcomes_of(action_id: int) -> tuple[AddresseeRecord, ...]:
    """What stands of an action, by addressee: whoever did something last comes first."""
    return outcomes_for([action_id]).get(action_id, ())


def outcomes_for(action_ids: Collection[int]) -> dict[int, tuple[AddresseeRecord, ...]]:
    """The same for several actions, in one query; those without outcomes are left out."""
    if not action_ids:
        return {}
    views = _views(Outcome.action_id.in_(action_ids), Outcome.withdrawn_at.is_(None))
    by_action = gathered(views, lambda one: one.action_id)
    return {action_id: _by_addressee(found) for action_id, found in by_action.items()}


def events_of(action_id: int, *, struck: bool = True) -> list[Event]:
    """All that was recorded of an action by what it was, the latest first; struck ones too."""
    which = [Outcome.action_id == action_id]
    if not struck:
        which.append(Outcome.withdrawn_at.is_(None))
    told = gathered(
        _views(*which),
        lambda one: (one.happened_on, one.kind, one.words, one.words_es, one.source_url),
    )
    return [Event(tuple(sorted(found, key=_seat))) for found in told.values()]


def event_of(outcome: Outcome) -> Event:
    """What an outcome belongs to, without what was struck; alone if it was struck itself."""
    for event in events_of(outcome.action_id, struck=False):
        if any(one.id == outcome.id for one in event.outcomes):
            return event
    return Event((view_of(outcome),))


def gathered(
    views: Iterable[OutcomeView], key: Callable[[OutcomeView], K]
) -> dict[K, list[OutcomeView]]:
    """By key, in the order they come."""
    found: dict[K, list[OutcomeView]] = {}
    for view in views:
        found.setdefault(key(view), []).append(view)
    return found


def _by_addressee(views: list[OutcomeView]) -> tuple[AddresseeRecord, ...]:
    by_key = gathered(views, lambda one: one.addressee_key)
    records = [AddresseeRecord(tuple(found)) for found in by_key.values()]
    records.sort(key=lambda record: _seat(record.newest))
    records.sort(key=lambda record: record.newest.happened_on, reverse=True)
    return tuple(records)


def _seat(one: OutcomeView) -> tuple[Any, ...]:
    """Bodies first, then by state: its senators, its districts."""
    district = -1 if one.district is None else one.district
    return one.state or "", district, one.name, one.id


def _views(*which: Any) -> list[OutcomeView]:
    query = select(Outcome).where(*which)
    rows = db.session.scalars(query.order_by(Outcome.happened_on.desc(), Outcome.id.desc()))
    return [view_of(row) for row in rows]


def view_of(row: Outcome) -> OutcomeView:
    """A row as a plain value."""
    return OutcomeView(**{name: getattr(row, name) for name in OutcomeView.__dataclass_fields__})
