"""Writing a release by hand, editing one, and taking up what its source says since."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlsplit

from flask_babel import gettext as _
from sqlalchemy import select

from actionhub import clock
from actionhub.config import LOCALES
from actionhub.database import db
from actionhub.errors import ActionHubError, NotFound
from actionhub.newsroom.models import PressRelease, ReleaseKind
from actionhub.newsroom.naming import fresh_identity
from actionhub.newsroom.sanitising import blocks_of, one_line, sanitise, text_of
from actionhub.newsroom.storing import insert_release

#: What an organizer may edit and a source may change.
FIELDS = ("title", "released_on", "kind", "body_html", "summary", "source_url")
#: What only an organizer changes.
OWN_FIELDS = ("visible", "locale")
#: A summary made from a body is cut at a word before this many characters.
SUMMARY_LENGTH = 600


class BadRelease(ActionHubError):
    """The release cannot stand like that; `field` says where."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def write_release(
    *,
    title: str,
    released_on: date,
    body_html: str,
    kind: ReleaseKind = ReleaseKind.PRESS_RELEASE,
    summary: str = "",
    source_url: str | None = None,
    locale: str = "en",
    visible: bool = True,
) -> PressRelease:
    """A release written here, flushed; the body is sanitised, a missing summary made from it.

    No refresh ever touches it. Raises BadRelease.
    """
    values = _checked(
        {
            "title": title,
            "released_on": released_on,
            "kind": kind,
            "body_html": body_html,
            "summary": summary or summary_of(body_html),
            "source_url": source_url,
            "locale": locale,
            "visible": visible,
        }
    )
    release_id = insert_release(fresh_identity(), values)
    assert release_id is not None, "a fresh identity is nobody else's"
    return release(release_id)


def release(release_id: int) -> PressRelease:
    """The release of that id, to edit. Raises NotFound."""
    found = db.session.get(PressRelease, release_id)
    if found is None:
        raise NotFound(_("There is no release with that number."))
    return found


def release_at(slug: str) -> PressRelease:
    """The release of that slug, to edit, visible or not. Raises NotFound."""
    found = db.session.scalar(select(PressRelease).where(PressRelease.slug == slug))
    if found is None:
        raise NotFound(_("There is no release at that address."))
    return found


def edit_release(release: PressRelease, **fields: Any) -> list[str]:
    """Change `fields` of a release and keep them from every later refresh; the names changed.

    Takes any of FIELDS and OWN_FIELDS; one given as it stands already counts as not edited.
    Raises BadRelease, and changes nothing then.
    """
    unknown = set(fields) - {*FIELDS, *OWN_FIELDS}
    if unknown:
        raise TypeError(f"a release has no field {sorted(unknown)[0]} to edit")
    changed = {
        name: value for name, value in _checked(fields).items() if getattr(release, name) != value
    }
    upstream, kept = dict(release.upstream), list(release.edited_fields)
    for name, value in changed.items():
        if name in FIELDS and name not in kept:
            upstream[name] = as_json(getattr(release, name))  # the way back
            kept.append(name)
        setattr(release, name, value)
    if changed:
        release.upstream, release.edited_fields = upstream, kept
        release.updated_at = clock.now()
        db.session.flush()
    return sorted(changed)


def accept_upstream(release: PressRelease, field: str) -> None:
    """Let the source's word stand again for `field`; refreshes may change it from now on.

    Raises BadRelease when the source has said nothing about it.
    """
    if field not in release.upstream or field not in FIELDS:
        raise BadRelease(field, _("The source says nothing else about that."))
    setattr(release, field, from_json(field, release.upstream[field]))
    release.upstream = {name: old for name, old in release.upstream.items() if name != field}
    release.edited_fields = [name for name in release.edited_fields if name != field]
    release.updated_at = clock.now()
    db.session.flush()


def summary_of(body_html: str) -> str:
    """The first paragraph of a body as plain text, cut at a word with "…" where it is long."""
    text = next(iter(blocks_of(body_html)), "")
    if len(text) <= SUMMARY_LENGTH:
        return text
    return text[:SUMMARY_LENGTH].rsplit(" ", 1)[0].rstrip(" ,;:–—-") + " …"


def as_json(value: Any) -> Any:
    """A field's value as `upstream` keeps it."""
    return value.isoformat() if isinstance(value, date) else value


def from_json(field: str, value: Any) -> Any:
    """A field's value back from `upstream`."""
    if field == "released_on":
        return date.fromisoformat(value)
    return ReleaseKind(value) if field == "kind" else value


def _checked(fields: dict[str, Any]) -> dict[str, Any]:
    values = dict(fields)
    if "title" in values:
        values["title"] = one_line(values["title"])
        if not values["title"]:
            raise BadRelease("title", _("A release needs a title."))
        if len(values["title"]) > 500:
            raise BadRelease("title", _("A title has at most 500 characters."))
    if "body_html" in values:
        values["body_html"] = sanitise(values["body_html"])
        if not text_of(values["body_html"]):
            raise BadRelease("body_html", _("A release needs a body."))
    if "summary" in values:
        values["summary"] = one_line(values["summary"])
    if values.get("source_url"):
        if urlsplit(values["source_url"]).scheme not in {"http", "https"}:
            raise BadRelease("source_url", _("The source's address begins with https://."))
    elif "source_url" in values:
        values["source_url"] = None
    if values.get("locale", "en") not in LOCALES:
        raise BadRelease("locale", _("That language is not one of ours."))
    return values
