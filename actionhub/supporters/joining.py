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

#: How often somebody may be erased just while we look for them.
_ATTEMPTS = 5


def _insert(insert: Any) -> Any:
    """Add unless they stand; waits for one who is just being added by somebody else.

    No column is named for the conflict: there are two unique ones, and PostgreSQL raises for one
    that was not named if two add the same address in the same moment.
    """
    columns = ("canonical", "address", "address_hash", "locale", "created_at")
    values: dict[str, Any] = {name: bindparam(name) for name in columns}
    return insert(_TABLE).values(values).on_conflict_do_nothing().returning(_TABLE.c.id)


_INSERT = {"postgresql": _insert(postgresql.insert), "sqlite": _insert(sqlite.insert)}

_HOLD_KNOWN = (
    select(_TABLE.c.id).where(_TABLE.c.canonical == bindparam("canonical")).with_for_update()
)

_HOLD = select(_TABLE).where(_TABLE.c.id == bindparam("id")).with_for_update()


def find_or_add(address: Address, locale: str, at: datetime | None = None) -> int:
    """The id of the supporter with this address, added if new; their row is held until commit.

    1. Add them; one statement for somebody new. 2. Else hold who stands there. 3. Who was erased
    between the two is added anew.
    """
    connection = db.session.connection()
    fresh = {
        "canonical": address.canonical,
        "address": address.mailbox,
        "address_hash": address.hash,
        "locale": locale,
        "created_at": at or clock.now(),
    }
    for _attempt in range(_ATTEMPTS):
        for statement in (_INSERT[connection.dialect.name], _HOLD_KNOWN):
            found = connection.execute(statement, fresh).scalar_one_or_none()
            if found is not None:
                return int(found)
    raise RuntimeError("an address can neither be added nor found")


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
