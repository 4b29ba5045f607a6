"""For the operator: is it alive (/healthz), can it work (/readyz), how does it go (/metrics)."""

from __future__ import annotations

import hmac
import ipaddress
from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Flask, Response, abort, jsonify, request
from sqlalchemy.exc import SQLAlchemyError

from actionhub import installation
from actionhub.config import settings
from actionhub.database import db
from actionhub.public import figures

door = Blueprint("health", __name__)

MIGRATIONS = Path(__file__).parents[1] / "migrations"
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def init_app(app: Flask) -> None:
    app.register_blueprint(door)


@door.get("/healthz")
def alive() -> Response:
    """This process answers; it asks nothing of the database."""
    return Response("ok\n", mimetype="text/plain")


@door.get("/readyz")
def ready() -> tuple[Response, int]:
    """200 when the database answers and stands at this version's tables, else 503."""
    try:
        at, head = revision(), head_revision()
    except SQLAlchemyError as problem:
        db.session.rollback()
        return jsonify(database=type(problem).__name__, migrations="unknown"), 503
    if at != head:
        return jsonify(database="ok", migrations=f"at {at}, needs {head}"), 503
    if installation.known_fingerprint() not in {None, installation.fingerprint()}:
        return jsonify(
            database="ok", migrations=at, address_key="changed: see actionhub doctor"
        ), 503
    return jsonify(database="ok", migrations=at), 200


@door.get("/metrics")
def metrics() -> Response:
    """Figures in Prometheus's text format: to this machine, or to who shows the token."""
    if not _may_read_metrics():
        abort(404)
    return Response(figures.text(), content_type=METRICS_TYPE)


def revision() -> str | None:
    """The revision the database stands at; None for an empty one."""
    context = MigrationContext.configure(db.session.connection())
    return context.get_current_revision()


@cache
def head_revision() -> str | None:
    """The revision this version of the code needs."""
    return _scripts().get_current_head()


def revisions() -> set[str]:
    """Every revision this version of the code knows."""
    return {script.revision for script in _scripts().walk_revisions()}


def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config)


def _may_read_metrics() -> bool:
    token = settings().metrics_token
    if token:
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(shown.encode(), token.encode())
    proxied = {"X-Forwarded-For", "Forwarded"} & set(request.headers.keys())
    return not proxied and is_loopback(request.remote_addr)


def is_loopback(remote_addr: str | None) -> bool:
    """Whether a request comes from this very machine."""
    try:
        return ipaddress.ip_address(remote_addr or "").is_loopback
    except ValueError:
        return False
