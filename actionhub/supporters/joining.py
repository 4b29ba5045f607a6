"""How an address becomes a supporter, once, however many ask at the same moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from actionhub import clock
from actionhub.addresses import Address
from actionhub.database import db
from actionhub.errors import NotFound
from actionhub.supporters.models import Supporter

_TABLE: Any = Supporter.__table__


def _upsert(insert: Any) -> Any:
    """Add or find, and hold the row: one writer at a time for each supporter.

    The update changes nothing; it is there because it locks a row that stands already, waits for
    one that is just being inserted, and returns the id of either.
    """
    statement = insert(_TABLE).values(
        canonical=bindparam("canonical"),
        address=bindparam("address"),
        address_hash=bindparam("address_hash"),
        locale=bindparam("locale"),
        created_at=bindparam("at"),
    )
    return statement.on_conflict_do_update(
        index_elements=[_TABLE.c.canonical], set_={"locale": _TABLE.c.locale}
    ).returning(_TABLE.c.id)


_UPSERT = {"postgresql": _upsert(postgresql.insert), "sqlite": _upsert(sqlite.insert)}

_HOLD = select(_TABLE).where(_TABLE.c.id == bindparam("id")).with_for_update()


def find_or_add(address: Address, locale: str, at: datetime | None = None) -> int:
    """The id of the supporter with this address, added if new; their row is held until commit."""
    connection = db.session.connection()
    found = connection.execute(
        _UPSERT[connection.dialect.name],
        {
            "canonical": address.canonical,
            "address": address.mailbox,
            "address_hash": address.hash,
            "locale": locale,
            "at": at or clock.now(),
        },
    )
    return int(found.scalar_one())


def hold(supporter_id: int) -> Any:
    """The supporter's row, held until commit: whoever changes anything of theirs holds it first.

    That one order keeps two writers from waiting for each other. Raises NotFound if there is no
    such supporter or they were erased.
    """
    row = db.session.connection().execute(_HOLD, {"id": supporter_id}).one_or_none()
    if row is None or row.erased_at is not None:
        raise NotFound(_("There is nothing here any more."))
    return row


def find_by_canonical(canonical: str) -> int | None:
    """The id of the supporter with this canonical address, if there is one."""
    return db.session.scalar(select(Supporter.id).where(Supporter.canonical == canonical))
