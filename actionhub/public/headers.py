"""The headers that every answer carries: what a page may load, and whom it tells about itself."""

from __future__ import annotations

from flask import Flask, Response, request

from actionhub.config import settings

#: Nothing from elsewhere, nothing inline. A view that needs more sets its own.
CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; script-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

ALWAYS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
}
A_YEAR = "max-age=31536000"
KEPT_BY_NOBODY = "private, no-store"


def init_app(app: Flask) -> None:
    app.after_request(protect)


def protect(response: Response) -> Response:
    """Add the headers that the view did not set itself."""
    headers = response.headers
    for name, value in ALWAYS.items():
        headers.setdefault(name, value)
    headers.setdefault("Referrer-Policy", referrer_policy())
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = KEPT_BY_NOBODY
    if settings().secure:
        headers.setdefault("Strict-Transport-Security", A_YEAR)
    return response


def referrer_policy() -> str:
    """Token pages tell nobody their address; the workspace tells itself, as its forms need."""
    if "token" in (request.view_args or {}):
        return "no-referrer"
    if request.path.startswith("/organize"):
        return "same-origin"
    return "strict-origin-when-cross-origin"
