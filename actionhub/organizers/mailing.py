"""The two emails that let an organizer in: a login link, and a new password."""

from __future__ import annotations

from actionhub import clock, links
from actionhub.addresses import read_address
from actionhub.links import DEFAULT_LOCALE
from actionhub.organizers.links import make_login_link
from actionhub.organizers.models import Organizer
from actionhub.outbox.models import Priority, Scope
from actionhub.outbox.queue import enqueue, ensure_mailing

#: How long a mailed login link lives.
LOGIN_LINK_MINUTES = 60 * 24


def mail_login_link(organizer: Organizer) -> None:
    """Queue a one-time login link to the organizer's own address."""
    path = make_login_link(organizer.id, LOGIN_LINK_MINUTES)
    _queue(
        organizer,
        template="login_link",
        key=f"login:{organizer.id}:{clock.now():%Y%m%d%H%M%S%f}",
        fields={
            "name": organizer.shown_name,
            "login_url": links.absolute(path),
            "minutes": str(LOGIN_LINK_MINUTES),
        },
    )


def mail_reset(organizer: Organizer, reset_path: str) -> None:
    """Queue the address under which the organizer may choose a new password."""
    _queue(
        organizer,
        template="password_reset",
        key=f"reset:{organizer.id}:{clock.now():%Y%m%d%H%M%S%f}",
        fields={"name": organizer.shown_name, "reset_url": links.absolute(reset_path)},
    )


def _queue(organizer: Organizer, *, template: str, key: str, fields: dict[str, str | bool]) -> None:
    mailing = ensure_mailing(
        f"{template}:{DEFAULT_LOCALE}",
        template=template,
        locale=DEFAULT_LOCALE,
        priority=Priority.URGENT,
        scope=Scope.STAFF,
        content={},
    )
    address = read_address(organizer.email)
    enqueue(
        mailing,
        key=key,
        address=address.mailbox,
        address_hash=address.hash,
        fields=fields,
        priority=Priority.URGENT,
    )
