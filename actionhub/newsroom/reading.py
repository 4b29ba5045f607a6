"""Releases as readers see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, or_, select

from actionhub.database import db
from actionhub.errors import NotFound
from actionhub.newsroom.models import PressRelease, ReleaseKind

#: The place of a release in the newsroom's order: its date and id.
Cursor = tuple[date, int]


@dataclass(frozen=True)
class ReleaseView:
    """A release to show. `body_html` is sanitised, `summary` plain text."""

    id: int
    slug: str
    kind: ReleaseKind
    title: str
    released_on: date
    summary: str
    body_html: str
    source_url: str | None
    locale: str
    updated_at: datetime

    @property
    def cursor(self) -> Cursor:
        """Where to go on from, for `latest_releases(before=...)`."""
        return self.released_on, self.id


def latest_releases(
    locale: str | None = None, limit: int = 20, before: Cursor | None = None
) -> list[ReleaseView]:
    """Visible releases, newest first; in one language if `locale` is given.

    `before` is the cursor of the last one already shown.
    """
    wanted: list[ColumnElement[bool]] = [PressRelease.visible.is_(True)]
    if locale is not None:
        wanted.append(PressRelease.locale == locale)
    if before is not None:
        wanted.append(_older_than(before))
    latest = (PressRelease.released_on.desc(), PressRelease.id.desc())
    return _views(select(PressRelease).where(*wanted).order_by(*latest).limit(limit))


def find_release(slug: str) -> ReleaseView:
    """The visible release of that slug. Raises NotFound."""
    found = _views(
        select(PressRelease).where(PressRelease.slug == slug, PressRelease.visible.is_(True))
    )
    if not found:
        raise NotFound(_("There is no release at that address."))
    return found[0]


def view_of(release: PressRelease) -> ReleaseView:
    """One release as readers see it, visible or not: for a preview."""
    return ReleaseView(
        id=release.id,
        slug=release.slug,
        kind=release.kind,
        title=release.title,
        released_on=release.released_on,
        summary=release.summary,
        body_html=release.body_html,
        source_url=release.source_url,
        locale=release.locale,
        updated_at=release.updated_at,
    )


def _older_than(cursor: Cursor) -> ColumnElement[bool]:
    day, number = cursor
    same_day = and_(PressRelease.released_on == day, PressRelease.id < number)
    return or_(PressRelease.released_on < day, same_day)


def _views(statement: Select[PressRelease]) -> list[ReleaseView]:
    return [view_of(release) for release in db.session.scalars(statement)]
