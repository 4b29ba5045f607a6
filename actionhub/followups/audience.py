"""Who gets a follow-up: everyone who took the action, agreed to hear more, and may be mailed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Table,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
)

from actionhub import clock
from actionhub.database import db
from actionhub.outbox.models import Scope, Suppression
from actionhub.outbox.suppressions import stops
from actionhub.signatures.confirming import SUPERSEDED
from actionhub.signatures.models import Signature, SignatureState
from actionhub.supporters.models import Subscription, SubscriptionState, Supporter

#: How many people an organizer is shown as an example.
SAMPLE = 5
#: Beyond every supporter's id.
EVERYBODY = 2**62

_S = cast(Table, Signature.__table__)
_P = cast(Table, Supporter.__table__)
_M = cast(Table, Subscription.__table__)
_BY = bindparam("by", type_=_S.c.confirmed_at.type)


@dataclass(frozen=True)
class Reach:
    """Which signers of an action are meant: who had confirmed `by` then, in a range of ids."""

    action_id: int
    by: datetime
    after: int = 0  # supporter ids beyond this one
    until: int = EVERYBODY  # up to this one

    def given(self) -> dict[str, Any]:
        """What the statements here take as their parameters."""
        return {
            "action": self.action_id,
            "by": self.by,
            "after": self.after,
            "until": self.until,
        }


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
    reach = Reach(action_id, clock.now())
    sample = db.session.execute(_EXAMPLES, reach.given())
    return Audience(
        remaining(reach),
        tuple(Example(person.name, masked(person.address)) for person in sample),
    )


def remaining(reach: Reach) -> int:
    """How many recipients are within reach."""
    return int(db.session.execute(_INBOXES, reach.given()).scalar_one())


def end_of_batch(reach: Reach, size: int) -> int | None:
    """The id of the `size`-th supporter within reach who ever signed; None if there are fewer.

    Of all who signed, not of those who are mailed: so no batch takes long, whoever is in it.
    """
    return db.session.execute(_END, reach.given() | {"before": size - 1}).scalar()


def masked(address: str) -> str:
    """`ana@example.org` as `a•••@example.org`."""
    local, _at, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def _in_range(supporter_id: ColumnElement[Any]) -> ColumnElement[bool]:
    return and_(supporter_id > bindparam("after"), supporter_id <= bindparam("until"))


def _stands(signatures: FromClause) -> ColumnElement[bool]:
    """Confirmed now and, if not by then, in place of one that was, under words that changed."""
    earlier = _S.alias()
    replaced = (
        select(earlier.c.id)
        .where(
            earlier.c.action_id == bindparam("action"),
            earlier.c.supporter_id == signatures.c.supporter_id,
            earlier.c.state_reason == SUPERSEDED,
            earlier.c.confirmed_at <= _BY,
        )
        .limit(1)  # and not EXISTS, which PostgreSQL may answer from a scan of all such rows
        .scalar_subquery()
    )
    by_then = or_(signatures.c.confirmed_at <= _BY, replaced.is_not(None))
    return and_(signatures.c.state == SignatureState.CONFIRMED, by_then)


def _names_of_inbox() -> ColumnElement[str]:
    """The names of all who signed from a signature's inbox, the first to sign first."""
    other = _S.alias()
    # In this form, and not ordered within the aggregate, which SQLite can only from 3.44 on.
    names = (
        select(other.c.name)
        .where(
            other.c.action_id == bindparam("action"),
            other.c.supporter_id == _S.c.supporter_id,
            other.c.name.is_not(None),
            _stands(other),
        )
        .order_by(other.c.id)
        .correlate(_S)
        .subquery()
    )
    return select(func.aggregate_strings(names.c.name, " & ")).scalar_subquery()


def _may_be_mailed(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """`query` over the signatures within reach whose supporter may be mailed.

    Walks the unique index of an action's signatures, in the order of supporter ids.
    """
    stopped = stops(Suppression.address_hash == _P.c.address_hash, Scope.FOLLOWUPS)
    return (
        query.select_from(_S)
        .join(_P, _P.c.id == _S.c.supporter_id)
        .join(_M, _M.c.supporter_id == _S.c.supporter_id)
        .where(
            _S.c.action_id == bindparam("action"),
            # said of each table, or PostgreSQL reads the others whole for a batch
            _in_range(_S.c.supporter_id),
            _in_range(_P.c.id),
            _in_range(_M.c.supporter_id),
            _stands(_S),
            _M.c.state == SubscriptionState.LIVE,
            _P.c.address.is_not(None),
            ~exists().where(stopped),
        )
    )


def _recipients() -> Select[*tuple[Any, ...]]:
    several = case((func.count() > 1, _names_of_inbox()), else_=func.min(_S.c.name))
    columns = select(
        _S.c.supporter_id,
        func.coalesce(several, "").label("name"),
        func.min(_S.c.locale).label("locale"),
        func.min(_P.c.address).label("address"),
        func.min(_P.c.address_hash).label("address_hash"),
    )
    # By the one column that is the index's order: SQLite stops at a limit only then.
    return _may_be_mailed(columns).group_by(_S.c.supporter_id).order_by(_S.c.supporter_id)


# Built once: putting such a statement together takes longer than a batch of it.

#: One row an inbox: supporter_id, name (of all who signed from it), locale, address and
#: address_hash, by supporter id. Its parameters are a reach's.
RECIPIENTS = _recipients()
_EXAMPLES = RECIPIENTS.limit(SAMPLE)
_INBOXES = _may_be_mailed(select(func.count(_S.c.supporter_id.distinct())))
_END = (
    select(_S.c.supporter_id)
    .where(_S.c.action_id == bindparam("action"), _in_range(_S.c.supporter_id))
    .distinct()
    .order_by(_S.c.supporter_id)
    .offset(bindparam("before"))
    .limit(1)
)
