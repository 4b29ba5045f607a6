"""The public door: the newsroom, the actions and their forms, in each language.

The one blueprint is registered once a language, as `public` at `/` and as `public_es` at `/es`:
a relative `url_for(".action", slug=...)` stays in the reader's language. Nothing here reads or sets
a cookie, so its forms carry no token; `posts.refuse_foreign` checks Origin where it is sent.
"""

from __future__ import annotations

from flask import Blueprint, Flask

from actionhub.config import LOCALES
from actionhub.extensions import csrf
from actionhub.links import DEFAULT_LOCALE

door = Blueprint("public", __name__)


def init_app(app: Flask) -> None:
    """Open the door in every language, with its assets, headers, languages and error pages."""
    from actionhub.public import assets, failures, headers, languages, pages

    _gather_views()
    languages.init_app(app)
    assets.init_app(app)
    headers.init_app(app)
    failures.init_app(app)
    csrf.exempt(door)
    for locale in LOCALES:
        if locale == DEFAULT_LOCALE:
            app.register_blueprint(door, name="public")
        else:
            app.register_blueprint(door, name=f"public_{locale}", url_prefix=f"/{locale}")
    pages.init_app(app)


def _gather_views() -> None:
    """Import every module that hangs views on `door`."""
    from actionhub.public import (  # noqa: F401
        actions,
        confirming,
        deliveries,
        leaving,
        letters,
        me,
        mypage,
        newsroom,
        privacy,
    )
