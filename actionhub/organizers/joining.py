"""Organizers join, change roles and leave."""

from __future__ import annotations

import secrets

from flask_babel import gettext as _
from sqlalchemy import func, select

from actionhub import clock
from actionhub.addresses import read_address
from actionhub.database import db
from actionhub.errors import ActionHubError
from actionhub.organizers.models import Organizer, Role


class LastAdmin(ActionHubError):
    """The act would leave nobody who can manage people."""

    status = 409


def add_organizer(email: str, role: Role | str, name: str = "") -> Organizer:
    """The organizer with this address, added if new; one who is already there stays as they are.

    Raises BadAddress. A new one has no password: a login link lets them in.
    """
    address = read_address(email).mailbox.lower()
    found = find_by_email(address)
    if found is not None:
        return found
    organizer = Organizer(
        email=address,
        name=name.strip(),
        password=None,
        active=True,
        fs_uniquifier=secrets.token_hex(32),
        role=Role(role),
        created_at=clock.now(),
    )
    db.session.add(organizer)
    db.session.flush()
    return organizer


def find_by_email(email: str) -> Organizer | None:
    """The organizer with this address, whatever its case."""
    return db.session.scalar(
        select(Organizer).where(func.lower(Organizer.email) == email.strip().lower())
    )


def everybody() -> list[Organizer]:
    """All organizers, the active ones first."""
    order = (Organizer.active.desc(), func.lower(Organizer.email))
    return list(db.session.scalars(select(Organizer).order_by(*order)))


def change_role(organizer: Organizer, role: Role) -> None:
    """Give a role. Raises LastAdmin when no active admin would be left."""
    if organizer.role is Role.ADMIN and role is not Role.ADMIN:
        _need_another_admin(organizer)
    organizer.role = role


def deactivate(organizer: Organizer) -> None:
    """Shut a login and end its sessions at once. Raises LastAdmin."""
    if organizer.role is Role.ADMIN:
        _need_another_admin(organizer)
    organizer.active = False
    end_sessions(organizer)


def reactivate(organizer: Organizer) -> None:
    """Let a deactivated organizer log in again."""
    organizer.active = True


def end_sessions(organizer: Organizer) -> None:
    """Log an organizer out everywhere."""
    organizer.fs_uniquifier = secrets.token_hex(32)


def _need_another_admin(organizer: Organizer) -> None:
    # The rows are locked, so that two admins cannot step down past each other.
    admins = db.session.scalars(
        select(Organizer.id)
        .where(Organizer.role == Role.ADMIN, Organizer.active.is_(True))
        .order_by(Organizer.id)
        .with_for_update()
    ).all()
    if not set(admins) - {organizer.id}:
        raise LastAdmin(_("That would leave nobody who can manage people."))
