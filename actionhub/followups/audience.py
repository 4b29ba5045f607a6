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
    count = db.session.execute(_count(action_id, after=0, until=None)).scalar_one()
    sample = next_recipients(action_id, limit=SAMPLE)
    return Audience(count, tuple(Example(person.name, masked(person.address)) for person in sample))


def remaining(action_id: int, after: int, until: int | None) -> int:
    """How many recipients lie beyond supporter id `after`, up to `until`."""
    return int(db.session.execute(_count(action_id, after=after, until=until)).scalar_one())


def next_recipients(
    action_id: int, *, after: int = 0, until: int | None = None, limit: int
) -> list[Recipient]:
    """The next recipients beyond supporter id `after`, in the order of their ids."""
    signed = _signed(action_id, after, until).subquery()
    columns = (Supporter.id, Supporter.address, Supporter.address_hash)
    query = select(*columns, signed.c.name, signed.c.locale, signed.c.names)
    rows = db.session.execute(
        _may_be_mailed(query, signed).order_by(signed.c.supporter_id).limit(limit)
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


def _signed(action_id: int, after: int, until: int | None) -> Select[*tuple[Any, ...]]:
    """The action's confirmed signers, one row an inbox: walks the unique index in its order."""
    query = select(
        Signature.supporter_id,
        func.min(Signature.name).label("name"),
        func.min(Signature.locale).label("locale"),
        func.count().label("names"),
    ).where(
        Signature.action_id == action_id,
        Signature.state == SignatureState.CONFIRMED,
        Signature.supporter_id > after,
    )
    if until is not None:
        query = query.where(Signature.supporter_id <= until)
    return query.group_by(Signature.supporter_id)


def _may_be_mailed(query: Select[*tuple[Any, ...]], signed: Any) -> Select[Any]:
    stopped = stops(Suppression.address_hash == Supporter.address_hash, Scope.FOLLOWUPS)
    return (
        query.select_from(signed)
        .join(Supporter, Supporter.id == signed.c.supporter_id)
        .join(Subscription, Subscription.supporter_id == Supporter.id)
        .where(
            Subscription.state == SubscriptionState.LIVE,
            Supporter.address.is_not(None),
            ~select(Suppression.id).where(stopped).exists(),
        )
    )


def _count(action_id: int, after: int, until: int | None) -> Select[*tuple[Any, ...]]:
    signed = _signed(action_id, after, until).subquery()
    return _may_be_mailed(select(func.count()), signed)


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
