"""For the operator: is it alive (/healthz), can it work (/readyz), how does it go (/metrics)."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Flask, Response, abort, jsonify, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from actionhub import installation
from actionhub.config import settings
from actionhub.database import db
from actionhub.outbox.models import Email
from actionhub.outbox.watching import oldest_due_seconds
from actionhub.signatures.models import Signature

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
    registry = CollectorRegistry()
    registry.register(_Figures())
    return Response(generate_latest(registry), content_type=METRICS_TYPE)


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


class _Figures:
    """Read from the database at each scrape: true whichever process answers."""

    def collect(self) -> Iterator[Any]:
        emails = GaugeMetricFamily(
            "actionhub_emails", "Emails of the outbox", labels=["state", "priority"]
        )
        by_state = select(Email.state, Email.priority, func.count()).group_by(
            Email.state, Email.priority
        )
        for state, priority, number in db.session.execute(by_state):
            emails.add_metric([str(state), str(priority)], number)
        yield emails
        age = GaugeMetricFamily(
            "actionhub_outbox_oldest_due_seconds",
            "How long the oldest email due has waited",
            labels=["priority"],
        )
        found = oldest_due_seconds()
        for priority in range(4):
            age.add_metric([str(priority)], found.get(priority, 0.0))
        yield age
        signatures = GaugeMetricFamily("actionhub_signatures", "Signatures", labels=["state"])
        counted = select(Signature.state, func.count()).group_by(Signature.state)
        for reached, number in db.session.execute(counted):
            signatures.add_metric([str(reached)], number)
        yield signatures


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
