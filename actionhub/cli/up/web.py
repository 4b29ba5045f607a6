"""What a web process of `actionhub up` loads: the app, in a process that dies with the server."""

from __future__ import annotations

from flask import Flask

from actionhub.app import create_app
from actionhub.processes import die_with_parent


def make_app() -> Flask:
    """The app of the environment; the server's worker processes call this once each."""
    die_with_parent()
    return create_app()
