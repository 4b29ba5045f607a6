"""Whom an action addresses: the words that people read, and the rule that tells who that is.

A rule reaches members of Congress. Each supporter's voice goes to those of them who represent them:
offices listen to their own constituents.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import gettext as _

from actionhub.actions import lists
from actionhub.actions.models import Action, Target, TargetKind
from actionhub.congress import committees
from actionhub.congress.looking import (
    Delegation,
    Vacancy,
    all_vacancies,
    look_up,
    vacancies_in,
)
from actionhub.congress.models import Chamber
from actionhub.congress.sitting import District, Seat, sitting
from actionhub.database import db
from actionhub.errors import ActionHubError


class FixedOnceSigned(ActionHubError):
    """Whom an action addresses, and its address on the web, stand once it was published."""

    status = 409


class NoSuchRule(ActionHubError):
    """Nobody can be addressed so: an unknown rule, committee or party."""

    status = 422

    def __init__(self) -> None:
        super().__init__(_("Nobody in Congress is known by that: choose again."))


@dataclass(frozen=True)
class Rule:
    """Who is addressed; written `named`, `senators`, `committee:HSJU`, `party:Independent`."""

    kind: TargetKind
    detail: str | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.detail}" if self.detail else str(self.kind)


NAMED = Rule(TargetKind.NAMED)
#: Kinds of rules that need a detail.
DETAILED = frozenset({TargetKind.COMMITTEE, TargetKind.PARTY, TargetKind.LIST})
#: Rules that do not ask where a supporter lives.
ANYWHERE = frozenset({TargetKind.NAMED, TargetKind.LIST})
#: Rules that reach all of one chamber who represent a supporter.
CHAMBERS = {TargetKind.SENATORS: Chamber.SENATE, TargetKind.HOUSE: Chamber.HOUSE}


@dataclass(frozen=True)
class Reach:
    """Whom a rule reaches: who sits today, and the seats that nobody holds."""

    seats: tuple[Seat, ...]
    vacant: tuple[Vacancy, ...]


@dataclass(frozen=True)
class ReachOfZip:
    """Whom a rule reaches for a ZIP, of all who may sit for it."""

    delegation: Delegation
    reach: Reach


def read_rule(text: str) -> Rule:
    """A rule as it is written. Raises NoSuchRule."""
    kind, _colon, detail = text.partition(":")
    try:
        rule = Rule(TargetKind(kind), detail or None)
    except ValueError:
        raise NoSuchRule from None
    if (rule.kind in DETAILED) != bool(detail) or len(detail) > 60:
        raise NoSuchRule
    return rule


def rule_of(action: Action) -> Rule:
    """The rule of an action; one without a target has yet to name it."""
    if not action.targets:
        return NAMED
    return Rule(action.targets[0].kind, action.targets[0].detail)


def parties() -> list[str]:
    """The parties of those who sit today."""
    return sorted({seat.party for seat in sitting() if seat.party})


def set_target(
    action: Action, name: str | None = None, office: str | None = None, rule: str | None = None
) -> None:
    """Change what is given. Raises NoSuchRule, FixedOnceSigned (all but the office)."""
    target = action.targets[0] if action.targets else None
    if target is None:
        target = Target(kind=TargetKind.NAMED, detail=None, name="", office="")
        action.targets.append(target)
    before = rule_of(action)
    asked = read_rule(rule) if rule is not None else before
    words = " ".join(name.split()) if name is not None else target.name
    if asked != before or words != target.name:
        if action.text_number > 0:
            raise FixedOnceSigned(
                _(
                    "People signed this towards %(name)s, so that stays. To address somebody"
                    " else, close this action and draft a new one.",
                    name=target.name,
                )
            )
        if asked != before:
            _need_somebody(asked)
        target.kind, target.detail, target.name = asked.kind, asked.detail, words
    if office is not None:
        target.office = " ".join(office.split())
    db.session.flush()


def reach_in_all(rule: Rule) -> Reach:
    """Everyone whom a rule reaches, wherever supporters live; nobody for a named target."""
    seats = sitting()
    return _of(rule, seats, all_vacancies(seats))


def reach_of_zip(rule: Rule, zip_code: str) -> ReachOfZip:
    """Whom a rule reaches for somebody of a five-digit ZIP; several districts: each of them."""
    found = look_up(zip_code)
    return ReachOfZip(found, _of(rule, found.representatives, found.vacant))


def vacant_in(rule: Rule, place: District) -> tuple[Vacancy, ...]:
    """The seats of a district's own that a rule reaches, and that nobody holds."""
    return _of(rule, (), vacancies_in(place)).vacant


def needs_senators(action: Action) -> bool:
    """Whether an action addresses somebody's own senators."""
    return rule_of(action).kind in {TargetKind.SENATORS, TargetKind.DELEGATION}


def chosen(rule: Rule, seats: Iterable[Seat]) -> tuple[Seat, ...]:
    """Those of some seats whom a rule reaches."""
    if rule.kind is TargetKind.DELEGATION:
        return tuple(seats)
    if rule.kind is TargetKind.PARTY:
        return tuple(seat for seat in seats if seat.party == rule.detail)
    if rule.kind is TargetKind.COMMITTEE:
        on_it = committees.members_of(rule.detail or "")
        return tuple(seat for seat in seats if seat.bioguide in on_it)
    chamber = CHAMBERS.get(rule.kind)
    return tuple(seat for seat in seats if seat.chamber is chamber)


def _of(rule: Rule, seats: Iterable[Seat], vacant: tuple[Vacancy, ...]) -> Reach:
    if rule.kind in CHAMBERS:
        vacant = tuple(seat for seat in vacant if seat.chamber is CHAMBERS[rule.kind])
    elif rule.kind is not TargetKind.DELEGATION:
        vacant = ()
    return Reach(chosen(rule, seats), vacant)


def _need_somebody(rule: Rule) -> None:
    known: list[str] | None = None
    if rule.kind is TargetKind.COMMITTEE:
        known = [one.code for one in committees.all_committees()]
    elif rule.kind is TargetKind.PARTY:
        known = parties()
    elif rule.kind is TargetKind.LIST:
        known = [str(one.id) for one in lists.all_lists()]
    if known is not None and rule.detail not in known:
        raise NoSuchRule
