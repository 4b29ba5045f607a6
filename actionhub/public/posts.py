"""What a post to a public page must be: from our own pages, where the browser says whence."""

from __future__ import annotations

import unicodedata
from urllib.parse import urlsplit

from flask import request
from flask_babel import gettext as _

from actionhub.config import settings
from actionhub.errors import ActionHubError

_SOURCES = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
#: The most of each `utm_*` that is kept.
SOURCE_LENGTH = 100


class ForeignPost(ActionHubError):
    """The form was posted from another site."""

    status = 403


def refuse_foreign() -> None:
    """Raise ForeignPost where the browser says that another site's page posted this.

    `Sec-Fetch-Site` (Fetch Metadata) where sent, else `Origin` (RFC 6454); a client that sends
    neither is let through: nothing here rides on a cookie.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        foreign = site not in {"same-origin", "none"}
    else:
        origin = request.headers.get("Origin")
        foreign = origin is not None and not _is_ours(origin)
    if foreign:
        raise ForeignPost(
            _("This form was sent from another site. Open the page here and send it again.")
        )


def _is_ours(origin: str) -> bool:
    if origin == settings().base_url:
        return True
    try:
        return urlsplit(origin).netloc == request.host
    except ValueError:  # `http://[` and the like: no browser's
        return False


def source() -> dict[str, str]:
    """The `utm_*` of the address that was posted to, cleaned and cut."""
    found = {name: clean(request.args.get(name, "")) for name in _SOURCES if name in request.args}
    return {name: value[:SOURCE_LENGTH] for name, value in found.items() if value}


def clean(text: str) -> str:
    """One line: no control characters, single spaces, nothing at the ends."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    return " ".join("".join(_plain(letter) for letter in text).split())


#: Letters to Unicode, nothing to the eye: Hangul fillers, and the empty Braille pattern.
_BLANKS = "\u115f\u1160\u3164\uffa0\u2800"
#: Joiners that names in Persian and Indic scripts need (Unicode 3.1, UTS 31).
_JOINERS = "\u200c\u200d"


def _plain(letter: str) -> str:
    category = unicodedata.category(letter)
    if category in {"Zs", "Zl", "Zp"} or letter in "\t\n\r" or letter in _BLANKS:
        return " "
    if category in {"Cc", "Cf", "Cs", "Co"} and letter not in _JOINERS:
        return ""
    return letter


def clean_lines(text: str) -> str:
    """Several lines, each cleaned; at most one empty line between two."""
    lines = [clean(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).strip()
