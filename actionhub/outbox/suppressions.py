"""Who must not be mailed, and for what. Checked in the statement that marks an email `sending`."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.engine import Connection

from actionhub import clock
from actionhub.database import db, insert_on
from actionhub.errors import ActionHubError
from actionhub.outbox.models import Scope, Suppression


class TheirWish(ActionHubError):
    """Somebody asked not to be mailed: no organizer can take that back for them."""

    status = 409


def suppress(address_hash: str, scope: Scope, reason: str) -> None:
    """Stop mail of `scope` to an address; again is harmless, and ends an earlier lifting.

    `reason` is one word: left, bounced, erased, complained. Part of the caller's transaction.
    """
    suppress_on(db.session.connection(), address_hash, scope, reason)


def suppress_on(connection: Connection, address_hash: str, scope: Scope, reason: str) -> None:
    """As `suppress`, over a connection of the caller's."""
    row = {
        "address_hash": address_hash,
        "scope": scope,
        "reason": reason,
        "created_at": clock.now(),
        "lifted_at": None,
    }
    statement = insert_on(connection)(Suppression).values(row)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["address_hash", "scope"],
            set_={
                "reason": statement.excluded.reason,
                "created_at": statement.excluded.created_at,
                "lifted_at": None,
                "lifted_by": None,
                "lifted_because": None,
            },
            where=Suppression.lifted_at.is_not(None),
        )
    )


def lift(address_hash: str, scope: Scope) -> None:
    """Allow mail of `scope` to an address again, as when somebody subscribes anew."""
    _change(
        Suppression.address_hash == address_hash,
        Suppression.scope == scope,
        Suppression.lifted_at.is_(None),
        lifted_at=clock.now(),
    )


def lift_by_hand(suppression_id: int, organizer_id: int, because: str) -> bool:
    """Allow again what one suppression stopped; False if it was lifted before.

    `because` is the organizer's reason, kept with it. Raises TheirWish where only the person
    themselves can come back.
    """
    row = db.session.get(Suppression, suppression_id, with_for_update=True, populate_existing=True)
    if row is None or row.lifted_at is not None:
        return False
    if is_their_wish(row.reason, row.scope):
        raise TheirWish(_("They asked for this themselves. Only they can sign up again."))
    row.lifted_at, row.lifted_by, row.lifted_because = clock.now(), organizer_id, because
    return True


def is_their_wish(reason: str, scope: Scope) -> bool:
    """Whether somebody asked not to be mailed, and has a way to take that back: signing up again.

    A complaint about a confirmation has no such way: no further one would reach them.
    """
    return reason in {"left", "erased"} or (reason == "complained" and scope is Scope.FOLLOWUPS)


def forget_reasons(address_hash: str) -> None:
    """Empty what organizers wrote when they lifted something: it may name somebody."""
    _change(Suppression.address_hash == address_hash, lifted_because=None)


def is_suppressed(address_hash: str, scope: Scope) -> bool:
    """Whether mail of `scope` to an address is stopped, by that scope or by ALL."""
    found = select(Suppression.id).where(stops(Suppression.address_hash == address_hash, scope))
    return db.session.execute(found.limit(1)).first() is not None


def _change(*which: ColumnElement[bool], **values: Any) -> None:
    db.session.execute(
        update(Suppression)
        .where(*which)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def stops(whom: ColumnElement[bool], scope: ColumnElement[str] | Scope) -> ColumnElement[bool]:
    """The condition that a live suppression of `whom` stops mail of `scope`."""
    return and_(
        whom,
        (Suppression.scope == Scope.ALL) | (Suppression.scope == scope),
        Suppression.lifted_at.is_(None),
    )
