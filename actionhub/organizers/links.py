"""One-time login links: stored hashed, used once, soon expired."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, select, update

from actionhub import clock
from actionhub.database import db
from actionhub.errors import ActionHubError
from actionhub.organizers.models import LoginLink, Organizer


class DeadLink(ActionHubError):
    """The login link was used, has expired, or never was."""

    status = 410


def make_login_link(organizer_id: int, minutes: int = 60 * 24) -> str:
    """The path `/organize/enter/<token>` that lets this organizer in, once, within `minutes`."""
    token = secrets.token_urlsafe(32)
    db.session.add(
        LoginLink(
            organizer_id=organizer_id,
            token_hash=_hash(token),
            expires_at=clock.now() + timedelta(minutes=minutes),
        )
    )
    db.session.flush()
    return f"/organize/enter/{token}"


def look_up(token: str) -> Organizer:
    """Whom a link would let in; changes nothing. Raises DeadLink."""
    organizer = db.session.scalar(
        select(Organizer)
        .join(LoginLink, LoginLink.organizer_id == Organizer.id)
        .where(*_alive(token), Organizer.active.is_(True))
    )
    if organizer is None:
        raise DeadLink(_("That login link was used already, or has expired."))
    return organizer


def use_link(token: str) -> Organizer:
    """Use a link up and say whom it lets in. Of two at once, one wins. Raises DeadLink."""
    organizer_id = db.session.execute(
        update(LoginLink)
        .where(*_alive(token))
        .values(used_at=clock.now())
        .returning(LoginLink.organizer_id)
    ).scalar_one_or_none()
    organizer = db.session.get(Organizer, organizer_id) if organizer_id else None
    if organizer is None or not organizer.active:
        raise DeadLink(_("That login link was used already, or has expired."))
    return organizer


def _alive(token: str) -> tuple[ColumnElement[bool], ...]:
    return (
        LoginLink.token_hash == _hash(token),
        LoginLink.used_at.is_(None),
        LoginLink.expires_at > clock.now(),
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
