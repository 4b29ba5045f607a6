"""The app, put together: `create_app` reads as a table of contents."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

import actionhub.models  # noqa: F401  (every table, before the first query)
from actionhub import broker, config, logs, organize, public, wakeups
from actionhub.congress.geocoding import read_adapter
from actionhub.database import database_url, engine_options
from actionhub.errors import ConfigurationError
from actionhub.extensions import csrf, db, mail, migrate
from actionhub.letters.cwc.agency import read_agency
from actionhub.limits import read_rates
from actionhub.outbox import mailboxes
from actionhub.outbox.incoming import UnreadableMailbox
from actionhub.outbox.messages import BadMessage, dkim_signer, read_mailbox
from actionhub.outbox.pacing import read_limits
from actionhub.outbox.verp import LONGEST_LOCAL_PART
from actionhub.public import health, mailbox, webhooks

HERE = Path(__file__).parent


def create_app(settings: config.Settings | None = None) -> Flask:
    """The WSGI app for `settings`, read from the environment when not given.

    Raises ConfigurationError naming what is missing or bad.
    """
    settings = settings or config.from_environment(os.environ)
    _refuse_unusable(settings)
    if not settings.testing:
        logs.set_up(as_json=not settings.mailbox)
    app = Flask("actionhub", template_folder=str(templates_folder()))
    app.extensions["actionhub.settings"] = settings
    app.config.from_mapping(_flask_config(settings))
    _bind_extensions(app, settings)
    _register_doors(app)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    return app


def _refuse_unusable(settings: config.Settings) -> None:
    """What would only break with the first signer or the first mail. Raises ConfigurationError."""
    read_rates(settings.signing_limit)
    read_limits(settings.mail_limits)
    read_adapter(settings.address_lookup, settings.address_lookup_key)
    if settings.cwc_file:
        read_agency(settings.cwc_file)
    _sender("ACTIONHUB_MAIL_FROM", settings.mail_from, "actions@your.domain")
    returns = _sender("ACTIONHUB_BOUNCE_ADDRESS", settings.bounce_address, "bounces@your.domain")
    if len(returns.rpartition("@")[0]) > LONGEST_LOCAL_PART:
        raise ConfigurationError(
            "ACTIONHUB_BOUNCE_ADDRESS",
            f"{returns!r} leaves no room for what tells one email's bounce from another's",
            f"Set one of at most {LONGEST_LOCAL_PART} characters before its @, such as"
            " bounces@your.domain",
        )
    dkim_signer(settings)
    try:
        mailboxes.check(settings.bounce_mailbox)
    except UnreadableMailbox:
        raise ConfigurationError(
            "ACTIONHUB_BOUNCE_MAILBOX",
            "it is not the address of a mailbox",  # not repeated: there may be a password in it
            "Write imaps://user:password@host/folder, with %40 for an @ in the name, or a path",
        ) from None


def _sender(variable: str, address: str, example: str) -> str:
    """An address that mail is sent from, its domain in ASCII. Raises ConfigurationError."""
    try:
        read, needs_utf8 = read_mailbox(address)
    except BadMessage as bad:
        raise ConfigurationError(
            variable,
            f"{address!r} is not an email address",
            f"Write one plain address, such as {example}",
        ) from bad
    if needs_utf8:
        raise ConfigurationError(
            variable,
            f"many mail servers take no mail from {address!r}",
            f"Write one with plain letters before its @, such as {example}",
        )
    return read


def templates_folder() -> Path:
    """Beside the package in a checkout, inside it in a wheel."""
    inside = HERE / "templates"
    return inside if inside.is_dir() else HERE.parent / "templates"


def _flask_config(settings: config.Settings) -> dict[str, Any]:
    url = database_url(settings.database_url)
    return {
        "SECRET_KEY": settings.secret_keys[0],
        "SECRET_KEY_FALLBACKS": list(settings.secret_keys[1:]),
        "SQLALCHEMY_DATABASE_URI": url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(url),
        "MAX_CONTENT_LENGTH": 1 << 20,
        "MAX_FORM_MEMORY_SIZE": 512 << 10,
        "SESSION_COOKIE_SECURE": settings.secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "TESTING": settings.testing,
        "MAIL_DEFAULT_SENDER": settings.mail_from,
    }


def _bind_extensions(app: Flask, settings: config.Settings) -> None:
    db.init_app(app)
    migrate.init_app(app, db, directory=str(HERE / "migrations"), render_as_batch=True)
    csrf.init_app(app)
    mail.init_app(app)
    wakeups.init_app(app, broker.make_celery(settings.broker_url, settings.data_dir))


def _register_doors(app: Flask) -> None:
    """Each door brings an `init_app(app)`."""
    public.init_app(app)
    organize.init_app(app)
    health.init_app(app)
    mailbox.init_app(app)
    webhooks.init_app(app)
