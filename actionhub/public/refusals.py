"""What a confirming link says that does not, or no longer, confirm: each case its honest page."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _

from actionhub.actions.showing import ActionView
from actionhub.config import settings
from actionhub.public.personal import Notice, WayOn
from actionhub.signatures.confirming import Confirmable
from actionhub.signatures.models import SignatureState


def why_not(found: Confirmable, action: ActionView) -> Notice:
    """Why this link does not confirm, and the way on."""
    if found.state is SignatureState.PENDING:
        return _closed(action) if found.is_current else _replaced(action)
    if found.state is SignatureState.QUARANTINED:
        return _waiting(action)
    if found.state is SignatureState.WITHDRAWN:
        return _superseded(action) if found.is_superseded else _withdrawn(action)
    return _removed(action)


def _to(action: ActionView) -> WayOn:
    return WayOn(_("To the action"), url_for(".action", slug=action.slug))


def _replaced(action: ActionView) -> Notice:
    return Notice(
        410,
        _("A newer mail has taken this one’s place"),
        (
            _("You filled in the form again later. Each link confirms only what its mail showed."),
            _("Open the newest mail from us and confirm there. Nothing is lost."),
        ),
        (_to(action),),
    )


def _closed(action: ActionView) -> Notice:
    return Notice(
        410,
        _("This action has closed"),
        (
            _(
                "“%(title)s” stopped taking signatures before you confirmed: yours is not counted.",
                title=action.title,
            ),
            _(
                "What you typed is erased within %(days)s days. Others are open.",
                days=settings().retention.pending_signature_days,
            ),
        ),
        (WayOn(_("Open actions"), url_for(".actions")), _to(action)),
    )


def _waiting(action: ActionView) -> Notice:
    return Notice(
        200,
        _("We are looking at it"),
        (
            _("One of us looks at this signature before it counts. You need do nothing."),
            _("If it needs your confirmation, we write to you."),
        ),
        (_to(action),),
    )


def _superseded(action: ActionView) -> Notice:
    return Notice(
        200,
        _("A newer signature of yours counts"),
        (
            _("The words of “%(title)s” changed, and you signed them anew.", title=action.title),
            _("The newer signature took this one’s place: you are counted once."),
        ),
        (_to(action),),
    )


def _withdrawn(action: ActionView) -> Notice:
    told = _(
        "It no longer counts under “%(title)s”, and your name is not shown.", title=action.title
    )
    if not action.is_open:
        return Notice(200, _("You withdrew this signature"), (told,), (_to(action),))
    again = WayOn(_("Sign again"), url_for(".action", slug=action.slug))
    changed = _("If you change your mind, you can sign again while the action is open.")
    return Notice(200, _("You withdrew this signature"), (told, changed), (again,))


def _removed(action: ActionView) -> Notice:
    return Notice(
        410,
        _("This signature no longer counts"),
        (
            _("The organizers removed it from “%(title)s”.", title=action.title),
            _("If you think that is wrong, write to %(address)s.", address=settings().mail_from),
        ),
        (_to(action),),
    )
