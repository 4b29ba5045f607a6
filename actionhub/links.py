"""The addresses that pages and mails share. The language is in the address: Spanish under /es."""

from __future__ import annotations

from actionhub.config import LOCALES, settings

DEFAULT_LOCALE = LOCALES[0]


def in_locale(path: str, locale: str) -> str:
    """`/actions/x` in another language: `/es/actions/x`."""
    return path if locale == DEFAULT_LOCALE else f"/{locale}{path}"


def absolute(path: str) -> str:
    """A path as a full address of this installation."""
    return settings().base_url + path


def release_path(slug: str, locale: str = DEFAULT_LOCALE) -> str:
    return in_locale(f"/releases/{slug}", locale)


def action_path(slug: str, locale: str = DEFAULT_LOCALE) -> str:
    return in_locale(f"/actions/{slug}", locale)


def confirm_path(token: str, locale: str = DEFAULT_LOCALE) -> str:
    return in_locale(f"/confirm/{token}", locale)


def unsubscribe_path(token: str, locale: str = DEFAULT_LOCALE) -> str:
    return in_locale(f"/unsubscribe/{token}", locale)


def me_path(token: str, locale: str = DEFAULT_LOCALE) -> str:
    return in_locale(f"/me/{token}", locale)
