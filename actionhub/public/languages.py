"""Which language a page speaks: the one in its address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flask_babel
from flask import Flask, request

from actionhub.config import LOCALES, REGIONS, settings
from actionhub.extensions import babel
from actionhub.links import DEFAULT_LOCALE, absolute, in_locale

#: Each language by its own name, as the switch shows it.
NAMES = {"en": "English", "es": "Español"}


@dataclass(frozen=True)
class Alternate:
    """The page at hand in another language."""

    locale: str
    name: str
    path: str
    address: str


def locale_of(path: str) -> str:
    """The language of an address: `/es/actions` is Spanish, `/actions` English."""
    first = path[1:].partition("/")[0]
    return first if first in LOCALES and first != DEFAULT_LOCALE else DEFAULT_LOCALE


def current_locale() -> str:
    """The language of the request at hand; English where a task or a command speaks."""
    return locale_of(request.path) if request else DEFAULT_LOCALE


def without_locale(path: str) -> str:
    """`/es/actions` as `/actions`."""
    locale = locale_of(path)
    return path if locale == DEFAULT_LOCALE else path[len(locale) + 1 :] or "/"


def alternates() -> list[Alternate]:
    """The page at hand in every language but its own; empty outside the public door."""
    if not (request.blueprint or "").startswith("public"):
        return []
    bare, own = without_locale(request.path), current_locale()
    paths = {locale: in_locale(bare, locale) for locale in LOCALES if locale != own}
    return [Alternate(key, NAMES[key], path, absolute(path)) for key, path in paths.items()]


def init_app(app: Flask) -> None:
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", "translations")
    babel.init_app(
        app,
        default_locale=DEFAULT_LOCALE,
        locale_selector=lambda: REGIONS[current_locale()],
        timezone_selector=lambda: settings().timezone.key,
    )
    # Flask-Babel keeps the locale for as long as the app context; one may span two requests.
    app.before_request(flask_babel.refresh)
    app.context_processor(_for_templates)


def _for_templates() -> dict[str, Any]:
    if not request:
        return {}
    locale = current_locale()
    return {
        "locale": locale,
        "organization": settings().organization,
        "alternates": alternates,
        "here": absolute(request.path),
        "localized": lambda path: in_locale(path, locale),
    }
