"""How Flask-Security is wired: hashing, sessions and reset links from it, on our pages only."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from flask import Flask, current_app, request, session
from flask_babel import gettext as _
from flask_security import Security, SQLAlchemyUserDatastore
from flask_security.recoverable import generate_reset_password_token, reset_password_token_status
from flask_security.utils import hash_password, login_user, verify_password

from actionhub import clock, limits, networks
from actionhub.addresses import address_hash
from actionhub.database import db
from actionhub.organize.sessions import PREFIX, WorkspaceSessions
from actionhub.organizers import auditing
from actionhub.organizers.joining import end_sessions, find_by_email
from actionhub.organizers.models import HeldRole, Organizer

PASSWORD_LENGTH = 12
RESET_HOURS = 2

#: Tries of a login: for one address, and from one network.
LOGIN_ADDRESS = limits.Rate(8, 600)
LOGIN_NETWORK = limits.Rate(60, 600)
#: Password mails: to one address, and asked for from one network.
RESET_ADDRESS = limits.Rate(3, 3600)
RESET_NETWORK = limits.Rate(20, 3600)


def init_app(app: Flask, blueprint: str) -> None:
    """Bind Flask-Security to the workspace.

    It hooks itself into every request of the app (Flask-Principal and Flask-Login look at the
    session before, after and in each template); those hooks are moved to `blueprint`, so that
    public pages stay without a cookie and without a query.
    """
    app.config.from_mapping(_config())
    if app.testing:  # a test logs in a hundred times: the same hash, made cheap
        cheap = {"argon2__time_cost": 1, "argon2__memory_cost": 64, "argon2__parallelism": 1}
        app.config["SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS"] = cheap
    app.session_interface = WorkspaceSessions()
    tables: tuple[dict[Any, list[Any]], ...] = (
        app.before_request_funcs,
        app.after_request_funcs,
        app.template_context_processors,
    )
    already = [len(table.get(None, [])) for table in tables]
    store = SQLAlchemyUserDatastore(db, Organizer, HeldRole)
    security = Security(app, store, register_blueprint=False)
    security.login_manager._request_callback = None  # sessions only, no bearer tokens
    for table, count in zip(tables, already, strict=True):
        added = table.get(None, [])[count:]
        del table.get(None, [])[count:]
        table.setdefault(blueprint, []).extend(added)


def _config() -> dict[str, Any]:
    return {
        "SESSION_COOKIE_NAME": "actionhub_organize",
        "SESSION_COOKIE_PATH": PREFIX,
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=12),
        "REMEMBER_COOKIE_REFRESH_EACH_REQUEST": False,
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session: a page may stay open all day
        "SECURITY_PASSWORD_SALT": "actionhub",  # argon2 salts each password by itself
        "SECURITY_PASSWORD_SINGLE_HASH": ["argon2"],
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],
        "SECURITY_PASSWORD_LENGTH_MIN": PASSWORD_LENGTH,
        "SECURITY_RESET_PASSWORD_WITHIN": timedelta(hours=RESET_HOURS),
        "SECURITY_JOIN_USER_ROLES": False,
        "SECURITY_SEND_PASSWORD_CHANGE_EMAIL": False,
        "SECURITY_SEND_PASSWORD_RESET_NOTICE_EMAIL": False,
        "SECURITY_CLI_USERS_NAME": None,
        "SECURITY_CLI_ROLES_NAME": None,
    }


def may_try(kind: str, email: str, *rates: limits.Rate) -> bool:
    """Take a try for this address (the first rate) and this network (the second). Commits."""
    per_address, per_network = rates
    address = address_hash(email.strip().lower())[:32]
    network = networks.network_hash(request.remote_addr)
    allowed = limits.take(f"{kind}:a:{address}", per_address)
    allowed = limits.take(f"{kind}:n:{network}", per_network) and allowed
    db.session.commit()
    return allowed


def check_password(email: str, password: str) -> int | None:
    """The id of the active organizer whom address and password name, else None.

    No transaction stays open while the hash is computed (SQLite has one writer), and an unknown
    address takes as long as a known one.
    """
    found = find_by_email(email)
    organizer_id, stored = (found.id, found.password) if found and found.active else (None, None)
    db.session.rollback()
    given = _security().password_util.normalize(password)
    matches = verify_password(given, stored or _nobodys_hash())
    return organizer_id if stored and matches else None


_hash_of_nobody: list[str] = []


def _nobodys_hash() -> str:
    if not _hash_of_nobody:
        _hash_of_nobody.append(hash_password("nobody has this password"))
    return _hash_of_nobody[0]


def check_new_password(password: str, organizer: Organizer) -> list[str]:
    """What is wrong with a new password, in sentences; nothing when it is fine."""
    problems, _normal = _security().password_util.validate(password, False, user=organizer)
    if not problems and organizer.email.partition("@")[0] in password.lower():
        problems = [_("Choose a password that does not hold your address.")]
    return [str(problem) for problem in problems or ()]


def set_password(organizer: Organizer, password: str) -> None:
    """Store a new password hashed, and log the organizer out everywhere."""
    organizer.password = hash_password(_security().password_util.normalize(password))
    end_sessions(organizer)


def log_in(organizer: Organizer, how: str) -> None:
    """Begin a fresh session: nothing that was in the browser before survives."""
    session.clear()
    session.permanent = True
    login_user(organizer, authn_via=[how])
    organizer.entered_at = clock.now()
    auditing.record("log_in", "organizer", organizer.id, organizer_id=organizer.id, fields=[how])


def reset_token(organizer: Organizer) -> str:
    """A signed token for choosing a new password; dead once a password was set."""
    return str(generate_reset_password_token(organizer))  # type: ignore[no-untyped-call]


def organizer_of(token: str) -> Organizer | None:
    """Whose new password a mailed token may set; None for a stale or made-up one."""
    expired, invalid, found = reset_password_token_status(token)  # type: ignore[no-untyped-call]
    if expired or invalid or found is None or not found.active:
        return None
    organizer: Organizer = found
    return organizer


def safe_next(target: str | None) -> str | None:
    """Where to go after the login: a path of the workspace, or None for anything else."""
    if not target or not re.fullmatch(r"/organize(/[\w./-]*)?(\?[\w=&%.+-]*)?", target):
        return None
    return None if "//" in target else target


def _security() -> Security:
    found: Security = current_app.extensions["security"]
    return found
