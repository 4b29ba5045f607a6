"""The addresses that pages and mails share. The language is in the address: Spanish under /es."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from flask_babel import lazy_gettext as _l

from actionhub.config import LOCALES, settings

DEFAULT_LOCALE = LOCALES[0]

#: Names of this very machine: what goes there leaves it by no wire.
THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
_OF_A_SITE = re.compile(r"://|\bwww\.", re.IGNORECASE)


def names_a_site(text: str) -> bool:
    """Whether the address of a site stands in what somebody wrote."""
    return _OF_A_SITE.search(text) is not None


def goes_unread(url: str) -> bool:
    """Whether what is sent to an address goes over https, or stays on this machine."""
    try:
        parts = urlsplit(url)
        local = parts.scheme == "http" and parts.hostname in THIS_MACHINE
        return bool(parts.hostname) and (parts.scheme == "https" or local)
    except ValueError:  # `http://[` and the like
        return False


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


def letter_path(token: str, locale: str = DEFAULT_LOCALE) -> str:
    return in_locale(f"/letters/{token}", locale)


@dataclass(frozen=True)
class ShareLink:
    """A plain link that opens an app with a message ready to send. `label` is for people."""

    channel: str  # also the `utm_source` of the address inside
    label: Any  # a name, or a lazy string in the reader's language
    href: str


def with_source(url: str, channel: str) -> str:
    """`url` with `utm_source=channel`: a signature then knows where its reader came from."""
    parts = urlsplit(url)
    query = f"{parts.query}&" if parts.query else ""
    return urlunsplit(parts._replace(query=f"{query}{urlencode({'utm_source': channel})}"))


def share_links(url: str, text: str) -> tuple[ShareLink, ...]:
    """Links that share `url` (absolute) with `text` (one sentence, no address in it).

    Pure; nothing is fetched from anybody until a person follows one. The forms are documented:
    wa.me by WhatsApp, intent/compose by Bluesky, share.joinmastodon.org by Mastodon, share/url
    by Telegram, sharer.php by Facebook, intent/post by X; mailto by RFC 6068, sms by RFC 5724
    (`?&body=` is what both iOS and Android read).
    """

    def message(channel: str) -> str:
        return quote(f"{text} {with_source(url, channel)}", safe="")

    def address(channel: str) -> str:
        return quote(with_source(url, channel), safe="")

    body = quote(f"{text}\r\n\r\n{with_source(url, 'email')}", safe="")
    return (
        ShareLink("whatsapp", "WhatsApp", f"https://wa.me/?text={message('whatsapp')}"),
        ShareLink("email", _l("Email"), f"mailto:?subject={quote(text, safe='')}&body={body}"),
        ShareLink("sms", _l("Text message"), f"sms:?&body={message('sms')}"),
        ShareLink(
            "bluesky", "Bluesky", f"https://bsky.app/intent/compose?text={message('bluesky')}"
        ),
        ShareLink(
            "mastodon", "Mastodon", f"https://share.joinmastodon.org/#text={message('mastodon')}"
        ),
        ShareLink(
            "telegram",
            "Telegram",
            f"https://t.me/share/url?url={address('telegram')}&text={quote(text, safe='')}",
        ),
        ShareLink(
            "facebook",
            "Facebook",
            f"https://www.facebook.com/sharer/sharer.php?u={address('facebook')}",
        ),
        ShareLink(
            "x", "X", f"https://x.com/intent/post?text={quote(text, safe='')}&url={address('x')}"
        ),
    )
