"""Handing a delivery over, and what became of its signatures since."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import and_, delete, or_, select, update

from actionhub import clock, wakeups
from actionhub.actions.models import Action
from actionhub.config import settings
from actionhub.database import db
from actionhub.deliveries.models import (
    DeliveredSignature,
    Delivery,
    DeliveryState,
    DeliveryVolume,
)
from actionhub.deliveries.volumes import pack
from actionhub.errors import ActionHubError, NotFound
from actionhub.signatures.models import Signature, SignatureState

#: Signatures that one transaction marks as delivered.
BATCH = 5_000
_S: Any = Signature.__table__
_D: Any = DeliveredSignature.__table__


class NoLongerThere(ActionHubError):
    """The list of a delivery is kept no more; a new delivery can be made."""

    status = 410

    def __init__(self) -> None:
        super().__init__(
            _(
                "This list is no longer given out: somebody on it has taken their signature back,"
                " or it is too old. A new delivery leaves them out."
            )
        )


@dataclass(frozen=True)
class Removal:
    """A line of a delivered list that no longer stands. `why`: withdrawn, removed or erased."""

    line: int
    why: str
    on: date | None


def find(public_id: str) -> Delivery:
    """A delivery that is ready, by its public id. Raises NotFound."""
    found = db.session.scalar(select(Delivery).where(Delivery.public_id == public_id))
    if found is None or found.state is not DeliveryState.READY:
        raise NotFound(_("There is no delivery at this address."))
    return found


def removals(delivery_id: int) -> list[Removal]:
    """The lines that fell away since, by line; nothing tells whose they were."""
    rows = db.session.execute(_fallen(delivery_id).order_by(_D.c.line))
    return [
        Removal(row.line, _why(row), row.ended_at.date() if row.ended_at else None) for row in rows
    ]


def need_list(delivery: Delivery) -> None:
    """Raise NoLongerThere unless the list may still be given out, as it was made."""
    if not may_be_given(delivery):
        raise NoLongerThere


def may_be_given(delivery: Delivery) -> bool:
    """Whether a list may still be given out: nobody on it has taken their signature back since."""
    if delivery.emptied_at is not None or delivery.state is not DeliveryState.READY:
        return False
    return db.session.execute(_fallen(delivery.id).limit(1)).first() is None


def hold_still(delivery_id: int) -> None:
    """Let nobody who signed a delivery's action be erased until the caller's commit."""
    action = select(Delivery.action_id).where(Delivery.id == delivery_id).scalar_subquery()
    db.session.execute(select(Action.id).where(Action.id == action).with_for_update(read=True))


def touched_volume(delivery: Delivery) -> DeliveryVolume | None:
    """A volume of a list that is being made in which somebody stands no more, if any."""
    fallen = _fallen(delivery.id).subquery()
    theirs = select(fallen.c.line).where(
        fallen.c.line.between(DeliveryVolume.first_line, DeliveryVolume.last_line)
    )
    touched = select(DeliveryVolume).where(
        DeliveryVolume.delivery_id == delivery.id,
        or_(DeliveryVolume.tally.is_(None), theirs.exists()),
    )
    return db.session.scalars(touched.order_by(DeliveryVolume.number).limit(1)).first()


def hand_over(delivery: Delivery, at: datetime | None = None) -> None:
    """Note that an office has it since `at` (now); a worker then marks its signatures.

    The caller commits.
    """
    if delivery.handed_at is None:
        delivery.handed_at = at or clock.now()
        wakeups.on_commit(wakeups.Task.MAKE_DELIVERIES)
    db.session.flush()


def mark() -> int:
    """Mark the signatures of what was handed over; commits batch by batch. How many."""
    marked = 0
    waiting = select(Delivery.id).where(Delivery.handed_at.is_not(None), ~Delivery.marked)
    for delivery_id in list(db.session.scalars(waiting.order_by(Delivery.id))):
        handed_at = db.session.get_one(Delivery, delivery_id).handed_at
        while batch := _unmarked(delivery_id):
            db.session.execute(update(_S).where(_S.c.id.in_(batch)).values(delivered_at=handed_at))
            db.session.commit()
            marked += len(batch)
        db.session.execute(update(Delivery).where(Delivery.id == delivery_id).values(marked=True))
        db.session.commit()
    db.session.rollback()
    return marked


def forget(signature_ids: Collection[int]) -> int:
    """Let go of the stored lists in which these signatures stand; how many deliveries.

    Lists of their actions that are being made are held first, so that no volume with them is
    under way; the volumes with them are emptied, and written again once the caller has committed.
    Lists that are begun meanwhile wait for that, by their action (`hold_still`).
    """
    if not signature_ids:
        return 0
    theirs = select(_S.c.action_id).where(_S.c.id.in_(signature_ids))
    held = select(Action.id).where(Action.id.in_(theirs)).order_by(Action.id)
    actions = list(db.session.scalars(held.with_for_update(key_share=True)))
    made = select(Delivery.id).where(
        Delivery.action_id.in_(actions), Delivery.state == DeliveryState.MAKING
    )
    being_made = list(db.session.scalars(made.order_by(Delivery.id).with_for_update()))
    if being_made:
        _empty_volumes(being_made, signature_ids)
    holding = select(_D.c.delivery_id).where(_D.c.signature_id.in_(signature_ids))
    return _empty(Delivery.id.in_(list(db.session.scalars(holding.distinct()))))


def forget_old(limit: int) -> int:
    """Let go of the stored lists that are past their time; how many deliveries."""
    until = clock.now() - timedelta(days=settings().retention.delivery_list_days)
    old = select(Delivery.id).where(Delivery.made_at < until, Delivery.emptied_at.is_(None))
    return _empty(Delivery.id.in_(old.limit(limit)))


def _empty(which: Any) -> int:
    emptied = db.session.scalars(
        update(Delivery)
        .where(which, Delivery.emptied_at.is_(None), Delivery.state == DeliveryState.READY)
        .values(emptied_at=clock.now())
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    ).all()
    db.session.execute(delete(DeliveryVolume).where(DeliveryVolume.delivery_id.in_(emptied)))
    return len(emptied)


def _empty_volumes(delivery_ids: Collection[int], signature_ids: Collection[int]) -> None:
    theirs = select(_D.c.line).where(
        _D.c.delivery_id == DeliveryVolume.delivery_id,
        _D.c.line.between(DeliveryVolume.first_line, DeliveryVolume.last_line),
        _D.c.signature_id.in_(signature_ids),
    )
    db.session.execute(
        update(DeliveryVolume)
        .where(DeliveryVolume.delivery_id.in_(delivery_ids), theirs.exists())
        .values(packed=pack(b""), tally=None)
        .execution_options(synchronize_session=False)
    )
    db.session.expire_all()


def _unmarked(delivery_id: int) -> list[int]:
    found = (
        select(_S.c.id)
        .join(_D, _D.c.signature_id == _S.c.id)
        .where(
            _D.c.delivery_id == delivery_id,
            _S.c.delivered_at.is_(None),
            _S.c.state == SignatureState.CONFIRMED,
        )
        .order_by(_D.c.line)
        .limit(BATCH)
    )
    return list(db.session.scalars(found))


def _fallen(delivery_id: int) -> Any:
    """The lines of a delivery that stand no more: also those whose signer came back since, who
    may have said otherwise what may be shown."""
    erased = and_(_S.c.name.is_(None), ~_D.c.nameless)
    anew = _S.c.confirmed_at > Delivery.as_of_at
    gone = or_(_S.c.id.is_(None), _S.c.state != SignatureState.CONFIRMED, erased, anew)
    return (
        select(_D.c.line, _S.c.state, _S.c.ended_at, _S.c.name)
        .select_from(_D)
        .join(Delivery, Delivery.id == _D.c.delivery_id)
        .outerjoin(_S, _S.c.id == _D.c.signature_id)
        .where(_D.c.delivery_id == delivery_id, gone)
    )


def _why(row: Any) -> str:
    if row.state in {SignatureState.WITHDRAWN, SignatureState.PENDING}:
        return "withdrawn"  # pending: and a form was filled in anew since
    if row.state is SignatureState.CONFIRMED and row.name is not None:
        return "withdrawn"  # and signed again since
    return "erased" if row.state in {None, SignatureState.CONFIRMED} else "removed"
