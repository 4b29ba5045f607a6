"""What was read from a source, brought into the newsroom: added, updated, or kept as edited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from actionhub import clock
from actionhub.database import db
from actionhub.newsroom.editing import FIELDS, as_json
from actionhub.newsroom.items import Item, Reading
from actionhub.newsroom.models import PressRelease
from actionhub.newsroom.storing import insert_release


@dataclass(frozen=True)
class Update:
    """A release that the source changed, and in which fields."""

    slug: str
    title: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class KeptEdit:
    """A field that an organizer edited and the source tells otherwise: the edit stands."""

    slug: str
    title: str
    field: str


@dataclass(frozen=True)
class ImportReport:
    """What an import did: counts, and what people should look at."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    kept_edits: tuple[KeptEdit, ...] = ()
    not_understood: tuple[str, ...] = ()
    updates: tuple[Update, ...] = ()
    introduction: tuple[str, ...] = ()


def apply(reading: Reading, feed_id: int | None = None) -> ImportReport:
    """Bring a reading into the newsroom; flushes, the caller commits.

    A release that another feed brought is left to that feed. Fetches nothing.
    """
    known = _known([item.identity for item in reading.items])
    added = unchanged = 0
    updates: list[Update] = []
    kept: list[KeptEdit] = []
    not_understood = list(reading.not_understood)
    for item in reversed(reading.items):  # sources tell the newest first
        release = known.get(item.identity)
        if release is None:
            if insert_release(item.identity, values_of(item) | {"feed_id": feed_id}) is None:
                unchanged += 1  # another import of the same source came first
            else:
                added += 1
            continue
        if feed_id is not None and release.feed_id not in {None, feed_id}:
            not_understood.append(f"{item.title}: another feed brought this release")
            continue
        release.feed_id = release.feed_id or feed_id
        changed, held = _bring_up_to_date(release, item)
        kept += [KeptEdit(release.slug, release.title, name) for name in held]
        if changed:
            updates.append(Update(release.slug, release.title, changed))
        else:
            unchanged += 1
    db.session.flush()
    return ImportReport(
        added=added,
        updated=len(updates),
        unchanged=unchanged,
        kept_edits=tuple(reversed(kept)),
        not_understood=tuple(not_understood),
        updates=tuple(reversed(updates)),
        introduction=reading.introduction,
    )


def _known(identities: Sequence[str]) -> dict[str, PressRelease]:
    found: dict[str, PressRelease] = {}
    for start in range(0, len(identities), 500):
        some = identities[start : start + 500]
        rows = db.session.scalars(select(PressRelease).where(PressRelease.identity.in_(some)))
        found |= {release.identity: release for release in rows}
    return found


def values_of(item: Item) -> dict[str, Any]:
    """An item as the columns of a new release."""
    return {name: getattr(item, name) for name in FIELDS} | {"locale": item.locale}


def _bring_up_to_date(release: PressRelease, item: Item) -> tuple[tuple[str, ...], list[str]]:
    """The fields that changed, and those that an organizer's edit kept from changing."""
    changed, held = [], []
    upstream = dict(release.upstream)
    for name in FIELDS:
        new, old = getattr(item, name), getattr(release, name)
        if name in release.edited_fields:
            if new != old:
                held.append(name)
            upstream[name] = as_json(new)
        elif new != old:
            setattr(release, name, new)
            changed.append(name)
    if upstream != release.upstream:
        release.upstream = upstream
    if changed:
        release.updated_at = clock.now()
    return tuple(changed), held
