"""The figures behind the pictures: growth by day, where signers came from, how many confirm."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, case, cast, func, select

from actionhub import clock
from actionhub.config import settings
from actionhub.database import db
from actionhub.newsroom.models import PressRelease
from actionhub.signatures.models import Signature, SignatureState
from actionhub.supporters.models import Subscription, SubscriptionState

#: How far back the pictures look, in days, today included.
DAYS = 30
#: Sources told apart; the rest are counted together.
SOURCES = 6
#: Every time zone is off UTC by a multiple of this: signatures are tallied by it, then by day.
_QUARTER_SECONDS = 900


class SourceKind(StrEnum):
    CAMPAIGN = "campaign"  # utm_source
    RELEASE = "release"  # the press release it was signed beside
    DIRECT = "direct"
    OTHER = "other"  # all the smaller ones


@dataclass(frozen=True)
class Day:
    """One day in the installation's time zone."""

    day: date
    confirmed: int


@dataclass(frozen=True)
class Source:
    """Where signers came from. `label` is a utm_source or a release's title, else empty."""

    kind: SourceKind
    label: str
    confirmed: int


@dataclass(frozen=True)
class ActionFigures:
    """One action. `asked` and `answered`: those asked to confirm within DAYS, and who did."""

    days: tuple[Day, ...]
    sources: tuple[Source, ...]
    asked: int
    answered: int
    members: int

    @property
    def confirm_rate(self) -> float | None:
        """The share of those asked who confirmed, 0 to 1; None before anybody was asked."""
        return self.answered / self.asked if self.asked else None


def figures_of(action_id: int) -> ActionFigures:
    """The figures of one action."""
    asked, answered = _answers(action_id)
    return ActionFigures(
        days=confirmed_by_day(action_id),
        sources=sources_of(action_id),
        asked=asked,
        answered=answered,
        members=_members_of(action_id),
    )


def confirmed_by_day(action_id: int | None = None, days: int = DAYS) -> tuple[Day, ...]:
    """Confirmed signatures on each of the last days, today last, the empty ones too.

    Of one action, or of all together.
    """
    if action_id is not None:
        return growth_of([action_id], days)[action_id]
    return _folded([(row[0], row[1]) for row in db.session.execute(_tally(days))], days)


def growth_of(action_ids: Collection[int], days: int = DAYS) -> dict[int, tuple[Day, ...]]:
    """The same for several actions at once, by action id: one query."""
    wanted = _tally(days).add_columns(Signature.action_id).group_by(Signature.action_id)
    found: dict[int, list[tuple[int, int]]] = {action_id: [] for action_id in action_ids}
    rows = db.session.execute(wanted.where(Signature.action_id.in_(list(action_ids))))
    for quarter, count, action_id in rows:
        found[action_id].append((quarter, count))
    return {action_id: _folded(tallied, days) for action_id, tallied in found.items()}


def sources_of(action_id: int) -> tuple[Source, ...]:
    """Where the confirmed signers came from, the largest first, smaller ones counted together."""
    campaign = func.coalesce(Signature.source["utm_source"].as_string(), "")
    rows = db.session.execute(
        select(campaign.label("campaign"), PressRelease.title, func.count().label("confirmed"))
        .outerjoin(PressRelease, PressRelease.id == Signature.release_id)
        .where(Signature.action_id == action_id, Signature.state == SignatureState.CONFIRMED)
        .group_by("campaign", PressRelease.id, PressRelease.title)
    )
    tally: dict[tuple[SourceKind, str], int] = {}
    for campaign_name, title, confirmed in rows:
        if campaign_name:
            key = (SourceKind.CAMPAIGN, campaign_name)
        else:
            key = (SourceKind.RELEASE, title) if title else (SourceKind.DIRECT, "")
        tally[key] = tally.get(key, 0) + confirmed
    found = [Source(kind, label, count) for (kind, label), count in tally.items()]
    return _largest(found)


def _first_day(days: int) -> date:
    return clock.now().astimezone(settings().timezone).date() - timedelta(days=days - 1)


def _tally(days: int) -> Any:
    """Confirmed signatures of the last days, by quarter of an hour."""
    start = datetime.combine(_first_day(days), time.min, settings().timezone).astimezone(UTC)
    return (
        select(_quarter_of(Signature.confirmed_at).label("quarter"), func.count())
        .where(Signature.state == SignatureState.CONFIRMED, Signature.confirmed_at >= start)
        .group_by("quarter")
    )


def _folded(tallied: Iterable[tuple[int, int]], days: int) -> tuple[Day, ...]:
    """Quarters of an hour folded into days of the installation's own time zone."""
    first, zone = _first_day(days), settings().timezone
    by_day = {first + timedelta(days=number): 0 for number in range(days)}
    last = first + timedelta(days=days - 1)
    for quarter, count in tallied:
        day = datetime.fromtimestamp(quarter * _QUARTER_SECONDS, zone).date()
        by_day[min(day, last)] += count
    return tuple(Day(day, count) for day, count in by_day.items())


def _largest(sources: list[Source]) -> tuple[Source, ...]:
    ordered = sorted(sources, key=lambda source: (-source.confirmed, source.label))
    rest = sum(source.confirmed for source in ordered[SOURCES:])
    tail = (Source(SourceKind.OTHER, "", rest),) if rest else ()
    return (*ordered[:SOURCES], *tail)


def _answers(action_id: int) -> tuple[int, int]:
    """Of those who posted within DAYS: how many were asked to confirm, and how many did.

    Older ones that never did are erased, so they would make the share look better than it is.
    """
    days = min(DAYS, settings().retention.pending_signature_days)
    since = clock.now() - timedelta(days=days)
    did = func.sum(case((Signature.confirmed_at.is_not(None), 1), else_=0))
    asked = (Signature.state == SignatureState.PENDING) | Signature.confirmed_at.is_not(None)
    row = db.session.execute(
        select(func.count(), did).where(
            Signature.action_id == action_id, asked, Signature.created_at >= since
        )
    ).one()
    return int(row[0]), int(row[1] or 0)


def _members_of(action_id: int) -> int:
    return _one(
        select(func.count(Signature.supporter_id.distinct()))
        .join(Subscription, Subscription.supporter_id == Signature.supporter_id)
        .where(
            Signature.action_id == action_id,
            Signature.state == SignatureState.CONFIRMED,
            Subscription.state == SubscriptionState.LIVE,
        )
    )


def _quarter_of(column: Any) -> ColumnElement[int]:
    if db.engine.dialect.name == "postgresql":
        seconds = cast(func.floor(func.extract("epoch", column)), BigInteger)
    else:
        seconds = cast(func.strftime("%s", column), BigInteger)
    return seconds // _QUARTER_SECONDS


def _one(query: Any) -> int:
    return int(db.session.execute(query).scalar_one())
