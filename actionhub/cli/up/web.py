"""What a web process of `actionhub up` loads: the app, in a process that dies with the server."""

from __future__ import annotations

import multiprocessing

from flask import Flask

from actionhub.processes import die_with_parent


def make_app() -> Flask:
    """The app of the environment; the server's worker processes call this once each.

    The bond comes before the slow imports: the server may be killed while we still start.
    """
    parent = multiprocessing.parent_process()
    die_with_parent(parent=parent.pid if parent else None)
    from actionhub.app import create_app

    return create_app()
