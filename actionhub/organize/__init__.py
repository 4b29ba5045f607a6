"""The organizers' door: the workspace."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

from actionhub.organize import logins
from actionhub.organize.access import check_marks
from actionhub.organize.blueprint import bp

#: Each brings its views to the blueprint; named here, so that the workspace is read in one place.
VIEWS = (
    "home",
    "releases",
    "feeds",
    "actions",
    "writing",
    "publishing",
    "tying",
    "outcomes",
    "signatures",
    "followups",
    "sending",
    "mail",
    "congress",
    "reach",
    "letters",
    "deliveries",
    "lists",
    "suppressions",
    "people",
    "log",
    "entering",
    "pages",
)
for _name in VIEWS:
    import_module(f"{__name__}.{_name}")


def init_app(app: Flask) -> None:
    """Bind the logins and register every page of the workspace."""
    logins.init_app(app, bp.name)
    app.register_blueprint(bp)
    check_marks(app, bp.name)
