"""One release into the database, safe beside another import of the same one."""

from __future__ import annotations

from itertools import islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from actionhub import clock
from actionhub.database import db
from actionhub.newsroom.models import PressRelease
from actionhub.newsroom.naming import slugs_for

#: Addresses tried for one title and date before giving up.
_TRIES = 1000


def insert_release(identity: str, values: dict[str, Any]) -> int | None:
    """Insert a release under the first free slug of its title; its id, or None if it was there.

    `values` are checked columns with at least title and released_on. One statement a try:
    whoever inserts the same identity or slug at the same moment makes us look again, not fail.
    """
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert
    moment = clock.now()
    slugs = slugs_for(values["title"], values["released_on"])
    for slug in islice(slugs, _TRIES):
        row = {"identity": identity, "slug": slug, "created_at": moment, "updated_at": moment}
        row |= {"edited_fields": [], "upstream": {}} | values
        found: int | None = db.session.scalar(
            insert(PressRelease).values(row).on_conflict_do_nothing().returning(PressRelease.id)
        )
        if found is not None:
            return found
        if db.session.scalar(select(PressRelease.id).where(PressRelease.identity == identity)):
            return None
    raise RuntimeError(f"no free address for a release like {slug}")
