"""Which press releases an action answers. Doors record the audit and commit."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from actionhub import clock
from actionhub.actions.models import ActionRelease
from actionhub.database import db
from actionhub.errors import NotFound
from actionhub.newsroom.models import PressRelease


def tie(action_id: int, release_id: int) -> bool:
    """Tie a release to an action; False when it already was. Raises NotFound (the release)."""
    if db.session.get(PressRelease, release_id) is None:
        raise NotFound(_("That press release is not there any more."))
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert
    values = {"action_id": action_id, "release_id": release_id, "tied_at": clock.now()}
    new = db.session.execute(
        insert(ActionRelease)
        .values(values)
        .on_conflict_do_nothing()
        .returning(ActionRelease.action_id)
    )
    return new.scalar_one_or_none() is not None


def untie(action_id: int, release_id: int) -> bool:
    """Undo a tie; False when there was none."""
    gone = db.session.execute(
        delete(ActionRelease)
        .where(ActionRelease.action_id == action_id, ActionRelease.release_id == release_id)
        .returning(ActionRelease.action_id)
    )
    return gone.scalar_one_or_none() is not None


def tied_to(action_id: int) -> list[int]:
    """The ids of an action's releases, the first tied first."""
    found = select(ActionRelease.release_id).where(ActionRelease.action_id == action_id)
    order = (ActionRelease.tied_at, ActionRelease.release_id)
    return list(db.session.execute(found.order_by(*order)).scalars())
