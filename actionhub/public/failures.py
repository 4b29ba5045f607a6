"""What goes wrong, told once: what happened, that nothing was lost, and the way on.

No page here needs the database: each is rendered from what the request itself holds.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from flask import Flask, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.exc import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    NotSupportedError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import BadRequest, HTTPException

from actionhub.database import db
from actionhub.errors import ActionHubError

log = structlog.get_logger(__name__)

#: Errors of ours, not of a database that is away, locked, full or broken.
_OURS = (IntegrityError, NotSupportedError, ProgrammingError)
#: Seconds after which a failed request may be tried again.
RETRY_SECONDS = 10


@dataclass(frozen=True)
class Failure:
    """What an error page says."""

    status: int
    title: str
    told: str


def init_app(app: Flask) -> None:
    app.register_error_handler(ActionHubError, _refused)
    app.register_error_handler(HTTPException, _http)
    for kind in (DatabaseError, InterfaceError, PoolTimeout):
        app.register_error_handler(kind, _database_away)
    for unkeepable in (DataError, OverflowError):  # PostgreSQL's word, the sqlite3 module's
        app.register_error_handler(unkeepable, _unkeepable)


def _refused(error: ActionHubError) -> ResponseReturnValue:
    """A refusal of the domain, in its own words."""
    titles = {
        403: _("That is not open to you"),
        404: _("There is nothing here"),
        409: _("Something changed meanwhile"),
        410: _("That link has expired"),
        429: _("Too many at once"),
    }
    title = titles.get(error.status, _("That did not work"))
    return _page(Failure(error.status, title, _sentence(str(error))))


def _sentence(text: str) -> str:
    """A domain's message as a sentence: a capital first, a full stop last."""
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    known = {
        400: Failure(400, _("That did not work"), _("The request could not be read.")),
        403: Failure(403, _("That is not open to you"), _("This page needs another login.")),
        404: Failure(
            404,
            _("There is nothing here"),
            _("The address may be mistyped, or the page has gone. The newsroom is a good start."),
        ),
        405: Failure(
            405,
            _("That cannot be done here"),
            _("This address takes another kind of request. Go back and use the page’s own form."),
        ),
        413: Failure(
            413,
            _("That was too much text"),
            _("Nothing was stored. Go back, shorten what you wrote, and send it again."),
        ),
        429: Failure(
            429,
            _("Too many at once"),
            _("Nothing is lost. Wait a minute, then try again."),
        ),
    }
    fallback = Failure(status, _("That did not work"), _("The request could not be answered."))
    if status >= 500:
        fallback = _our_fault(status)
    response = _page(known.get(status, fallback), posted=_typed() if status >= 500 else None)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After", "WWW-Authenticate"}:
            response.headers[name] = value
    if status == 429:
        response.headers.setdefault("Retry-After", "60")
    return response


def _our_fault(status: int) -> Failure:
    return Failure(
        status,
        _("Something broke on our side"),
        _("It is not your fault, and everything already signed is safe. Please try again soon."),
    )


def _unkeepable(error: Exception) -> ResponseReturnValue:
    """400: a value that no column takes, as a NUL in an address or a number beyond all numbers."""
    log.warning("unkeepable_value", endpoint=request.endpoint, problem=type(error).__name__)
    db.session.rollback()  # on PostgreSQL the transaction is over: the page may ask who is here
    return _http(BadRequest())


def _database_away(error: Exception) -> ResponseReturnValue:
    """503 with the form as typed, so that nobody writes anything twice."""
    if isinstance(error, _OURS):
        raise error
    log.error("database_away", endpoint=request.endpoint, problem=type(error).__name__)
    posted = _typed()
    told = (
        _("We could not store this just now. What you typed is kept on this page: send it again.")
        if posted
        else _("We cannot reach our records just now. Nothing is lost. Please try again soon.")
    )
    failure = Failure(503, _("One moment, please"), told)
    response = _page(failure, posted=posted)
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _typed() -> list[tuple[str, str]]:
    """What the form held, in its order; nothing of the workspace, whose tokens must not linger."""
    if request.method != "POST" or request.path.startswith("/organize"):
        return []
    return list(request.form.items(multi=True))


def _page(failure: Failure, posted: list[tuple[str, str]] | None = None) -> Response:
    page = render_template("errors/failure.html", failure=failure, posted=posted or [])
    response = make_response(page, failure.status)
    response.headers["Cache-Control"] = "no-store"
    return response
