"""Who gets a follow-up: everyone who took the action, agreed to hear more, and may be mailed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from actionhub.config import LOCALES
from actionhub.database import db
from actionhub.outbox.models import Scope, Suppression
from actionhub.outbox.suppressions import stops
from actionhub.signatures.models import Signature, SignatureState
from actionhub.supporters.models import Subscription, SubscriptionState, Supporter

#: How many people an organizer is shown as an example.
SAMPLE = 5


@dataclass(frozen=True)
class Recipient:
    """One inbox. `name` names all who signed from it; `locale` is that of the signature."""

    supporter_id: int
    name: str
    address: str
    address_hash: str
    locale: str


@dataclass(frozen=True)
class Example:
    """One recipient as an organizer sees them: no full address."""

    name: str
    address: str  # a•••@example.org


@dataclass(frozen=True)
class Audience:
    """How many would get a follow-up now, and the first few of them."""

    count: int
    sample: tuple[Example, ...]


def audience_of(action_id: int) -> Audience:
    """Who would get a follow-up if it were sent now."""
    count = remaining(action_id, after=0, until=None)
    sample = next_recipients(action_id, limit=SAMPLE)
    return Audience(count, tuple(Example(person.name, masked(person.address)) for person in sample))


def remaining(action_id: int, after: int, until: int | None) -> int:
    """How many recipients lie beyond supporter id `after`, up to `until`."""
    inboxes = select(func.count(Signature.supporter_id.distinct()))
    return int(db.session.execute(_recipients(inboxes, action_id, after, until)).scalar_one())


def next_recipients(
    action_id: int, *, after: int = 0, until: int | None = None, limit: int
) -> list[Recipient]:
    """The next recipients beyond supporter id `after`, in the order of their ids."""
    rows = db.session.execute(
        _recipients(
            select(
                Signature.supporter_id.label("id"),
                func.min(Supporter.address).label("address"),
                func.min(Supporter.address_hash).label("address_hash"),
                func.min(Signature.name).label("name"),
                func.min(Signature.locale).label("locale"),
                func.count().label("names"),
            ),
            action_id,
            after,
            until,
        )
        # By the one column that is the index's order: SQLite stops at the limit only then.
        .group_by(Signature.supporter_id)
        .order_by(Signature.supporter_id)
        .limit(limit)
    ).all()
    shared = _names_of(action_id, [row.id for row in rows if row.names > 1])
    return [
        Recipient(
            supporter_id=row.id,
            name=shared.get(row.id, row.name or ""),
            address=row.address,
            address_hash=row.address_hash,
            locale=row.locale if row.locale in LOCALES else LOCALES[0],
        )
        for row in rows
    ]


def masked(address: str) -> str:
    """`ana@example.org` as `a•••@example.org`."""
    local, _at, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def _recipients(
    query: Select[*tuple[Any, ...]], action_id: int, after: int, until: int | None
) -> Select[*tuple[Any, ...]]:
    """`query` over the action's confirmed signatures whose supporter may be mailed.

    Walks the unique index of an action's signatures from supporter id `after` on.
    """
    stopped = stops(Suppression.address_hash == Supporter.address_hash, Scope.FOLLOWUPS)
    query = (
        query.select_from(Signature)
        .join(Supporter, Supporter.id == Signature.supporter_id)
        .join(Subscription, Subscription.supporter_id == Signature.supporter_id)
        .where(
            Signature.action_id == action_id,
            Signature.state == SignatureState.CONFIRMED,
            Signature.supporter_id > after,
            Subscription.state == SubscriptionState.LIVE,
            Supporter.address.is_not(None),
            ~select(Suppression.id).where(stopped).exists(),
        )
    )
    return query if until is None else query.where(Signature.supporter_id <= until)


def _names_of(action_id: int, supporter_ids: Sequence[int]) -> dict[int, str]:
    """The names of those who share an inbox, joined, the first to sign first."""
    if not supporter_ids:
        return {}
    rows = db.session.execute(
        select(Signature.supporter_id, Signature.name)
        .where(
            Signature.action_id == action_id,
            Signature.supporter_id.in_(supporter_ids),
            Signature.state == SignatureState.CONFIRMED,
            Signature.name.is_not(None),
        )
        .order_by(Signature.id)
    )
    names: dict[int, list[str]] = {}
    for supporter_id, name in rows:
        names.setdefault(int(supporter_id or 0), []).append(str(name))
    return {supporter_id: " & ".join(found) for supporter_id, found in names.items()}
