"""Who must not be mailed, and for what. Checked in the statement that marks an email `sending`."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.engine import Connection

from actionhub import clock
from actionhub.database import db, insert_on
from actionhub.outbox.models import Scope, Suppression


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
            },
            where=Suppression.lifted_at.is_not(None),
        )
    )


def lift(address_hash: str, scope: Scope) -> None:
    """Allow mail of `scope` to an address again, as when somebody subscribes anew."""
    db.session.execute(
        update(Suppression)
        .where(
            Suppression.address_hash == address_hash,
            Suppression.scope == scope,
            Suppression.lifted_at.is_(None),
        )
        .values(lifted_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def is_suppressed(address_hash: str, scope: Scope) -> bool:
    """Whether mail of `scope` to an address is stopped, by that scope or by ALL."""
    found = select(Suppression.id).where(stops(Suppression.address_hash == address_hash, scope))
    return db.session.execute(found.limit(1)).first() is not None


def stops(whom: ColumnElement[bool], scope: ColumnElement[str] | Scope) -> ColumnElement[bool]:
    """The condition that a live suppression of `whom` stops mail of `scope`."""
    return and_(
        whom,
        (Suppression.scope == Scope.ALL) | (Suppression.scope == scope),
        Suppression.lifted_at.is_(None),
    )
