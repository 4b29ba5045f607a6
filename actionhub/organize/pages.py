"""What every page of the workspace shares: the guard, its headers, its refusals, its menu."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from flask_security import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from actionhub.config import settings
from actionhub.database import db
from actionhub.errors import ActionHubError
from actionhub.followups.models import FollowUpState
from actionhub.organize import times
from actionhub.organize.access import guard, may, typed
from actionhub.organize.blueprint import bp
from actionhub.organize.logins import RESET_HOURS
from actionhub.organizers.models import Role

#: Where our own pages may send and load from; an email's preview brings its own policy.
CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
    "script-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)

ROLE_NAMES = {
    Role.VIEWER: _l("viewer"),
    Role.ORGANIZER: _l("organizer"),
    Role.ADMIN: _l("admin"),
}


#: Their own context: other things are “sent” and “scheduled” too, in another gender.
FOLLOWUP_STATES = {
    FollowUpState.DRAFT: lazy_pgettext("follow-up", "draft"),
    FollowUpState.SCHEDULED: lazy_pgettext("follow-up", "scheduled"),
    FollowUpState.SENDING: lazy_pgettext("follow-up", "going out"),
    FollowUpState.PAUSED: lazy_pgettext("follow-up", "paused"),
    FollowUpState.SENT: lazy_pgettext("follow-up", "sent"),
    FollowUpState.CANCELLED: lazy_pgettext("follow-up", "cancelled"),
}


@dataclass(frozen=True)
class Place:
    """An entry of the menu; `here` is the value of aria-current, empty elsewhere."""

    name: str
    path: str
    here: str


bp.before_request(guard)


@bp.after_request
def _headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
    headers["Cache-Control"] = "no-store"
    # Flask-WTF refuses HTTPS posts without a Referer, so one goes to ourselves and no further.
    headers["Referrer-Policy"] = "same-origin"
    return response


@bp.context_processor
def _for_templates() -> dict[str, Any]:
    return {
        "me": current_user if current_user.is_authenticated else None,
        "may": may,
        "Role": Role,
        "role_names": ROLE_NAMES,
        "places": places,
        "zone": settings().timezone.key,
        "show_time": times.show_time,
        "show_day": times.show_day,
        "show_ago": times.show_ago,
        "show_hour": times.show_hour,
        "reset_hours": RESET_HOURS,
        "followup_states": FOLLOWUP_STATES,
        "once": secrets.token_hex,
    }


def places() -> list[Place]:
    """The menu, with what this organizer may see."""
    entries = [
        (_("Overview"), "home", Role.VIEWER),
        (_("Actions"), "actions", Role.VIEWER),
        (_("Releases"), "releases", Role.VIEWER),
        (_("Follow-ups"), "followups", Role.VIEWER),
        (_("Mail"), "mail", Role.VIEWER),
        (_("Congress"), "congress", Role.VIEWER),
        (_("People"), "people", Role.ADMIN),
        (_("Log"), "log", Role.ADMIN),
    ]
    return [_place(name, endpoint) for name, endpoint, role in entries if may(role)]


def _place(name: str, endpoint: str) -> Place:
    path = url_for(f"organize.{endpoint}")
    if request.path == path:
        return Place(name, path, "page")
    inside = endpoint != "home" and request.path.startswith(f"{path}/")
    return Place(name, path, "true" if inside else "")


@bp.errorhandler(CSRFError)
def _unproven(_error: CSRFError) -> ResponseReturnValue:
    """A form of an ended session: kept on the page, to be sent again. From elsewhere: refused."""
    elsewhere = request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    if elsewhere or (origin and origin.rstrip("/") != request.host_url.rstrip("/")):
        return _problem(_("That did not work"), _("The form was not one of this workspace."), 400)
    status = 400 if current_user.is_authenticated else 401
    return render_template("organize/again.html", kept=typed()), status


@bp.errorhandler(ActionHubError)
def _refused(error: ActionHubError) -> ResponseReturnValue:
    db.session.rollback()
    titles = {
        404: _("There is nothing here"),
        409: _("Something changed meanwhile"),
        410: _("That link has expired"),
    }
    told = str(error)
    told = told[:1].upper() + told[1:]
    if told[-1:] not in ".!?":
        told += "."
    return _problem(titles.get(error.status, _("That did not work")), told, error.status)


@bp.errorhandler(403)
@bp.errorhandler(404)
@bp.errorhandler(405)
def _http(error: HTTPException) -> ResponseReturnValue:
    told = {
        403: (_("That is not open to you"), _("An admin can give you the role it needs.")),
        404: (_("There is nothing here"), _("It may have gone, or the address is mistyped.")),
        405: (_("That cannot be done here"), _("Go back and use the page’s own button.")),
    }
    title, words = told[error.code or 404]
    return _problem(title, words, error.code or 404)


def _problem(title: str, told: str, status: int) -> tuple[str, int]:
    return render_template("organize/problem.html", title=title, told=told), status
