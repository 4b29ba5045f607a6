"""Sessions exist under /organize only: a public page can neither read, set nor vary on a cookie."""

from __future__ import annotations

from flask import Flask, Request
from flask.sessions import SecureCookieSessionInterface, SessionMixin

PREFIX = "/organize"


class WorkspaceSessions(SecureCookieSessionInterface):
    """Flask's signed cookie session under `PREFIX`; elsewhere the null session, never saved."""

    def open_session(self, app: Flask, request: Request) -> SessionMixin | None:  # type: ignore[override]
        if not in_workspace(request.path):
            return self.make_null_session(app)
        return super().open_session(app, request)


def in_workspace(path: str) -> bool:
    return path == PREFIX or path.startswith(f"{PREFIX}/")
