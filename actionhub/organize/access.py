"""Who may do what: every view names the role it needs, and one guard asks before each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import Flask, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user

from actionhub.database import SAFE_METHODS
from actionhub.organizers import auditing
from actionhub.organizers.models import Organizer, Role

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

#: What a view is marked with: a role, or None for the few that come before a login.
MARK = "needed_role"


def needs(role: Role) -> Callable[[View], View]:
    """Mark a view with the least role that may use it."""

    def mark(view: View) -> View:
        setattr(view, MARK, role)
        return view

    return mark


def open_to_anyone(view: View) -> View:
    """Mark a view that comes before a login."""
    setattr(view, MARK, None)
    return view


def needed_role(endpoint: str) -> Role | None:
    """The role a view asks for. Raises AttributeError for one that says nothing."""
    role: Role | None = getattr(current_app.view_functions[endpoint], MARK)
    return role


def check_marks(app: Flask, blueprint: str) -> None:
    """Refuse to start with a view that does not say whom it is for."""
    silent = [
        name
        for name, view in app.view_functions.items()
        if name.startswith(f"{blueprint}.") and not hasattr(view, MARK)
    ]
    if silent:
        raise RuntimeError(f"views without @needs: {', '.join(silent)}")


def me() -> Organizer:
    """The organizer who is logged in."""
    organizer: Organizer = current_user._get_current_object()
    return organizer


def may(role: Role) -> bool:
    """Whether the organizer who is logged in covers `role`."""
    return bool(current_user.is_authenticated) and me().role.covers(role)


def guard() -> ResponseReturnValue | None:
    """Before every view: anonymous goes to the login, too small a role gets 403."""
    if request.endpoint is None:
        return None
    role = needed_role(request.endpoint)
    if role is None:
        return None
    if not current_user.is_authenticated:
        if request.method in SAFE_METHODS:
            here = request.full_path if request.query_string else request.path
            return redirect(url_for("organize.login", next=here))
        return render_template("organize/again.html", kept=typed()), 401
    if not may(role):
        abort(403)
    return None


def typed() -> list[tuple[str, str]]:
    """What the posted form held, for a page that lets it be sent again; no secrets."""
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name != "csrf_token" and "password" not in name
    ]


def audit(verb: str, kind: str, subject_id: int | None, fields: list[str] | None = None) -> None:
    """Record what the organizer who is logged in does, in this transaction."""
    auditing.record(verb, kind, subject_id, organizer_id=me().id, fields=fields or ())
