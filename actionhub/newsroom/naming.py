"""What names a release: the identity that an import knows it by, and the slug of its address."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Iterator
from datetime import date
from urllib.parse import urlsplit

_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-"})
MAX_SLUG = 80


def identity_of(
    *, feed_id: str | None, home: str | None, address: str | None, title: str, on: date
) -> str:
    """64 hex digits for a release: the feed's id, else its address, else date and title.

    An id that is no address of its own (`1234`) counts within `home`, the site that the feed
    names as its own, so that two feeds may number their items alike.
    """
    if feed_id and re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", feed_id):
        return _digest("id", feed_id)
    if feed_id:
        return _digest("id", urlsplit(home or "").hostname or "", feed_id)
    if address:
        return _digest("address", address)
    return _digest("title", on.isoformat(), _plain(title))


def fresh_identity() -> str:
    """The identity of a release written here: no source has it."""
    return _digest("here", secrets.token_hex(16))


def slugs_for(title: str, on: date) -> Iterator[str]:
    """Addresses to try for a title, in order: the words, the words and the date, numbered ones."""
    ascii_title = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    words = re.sub(r"['’]", "", ascii_title).lower()
    slug = re.sub(r"[^a-z0-9]+", "-", words).strip("-")
    if len(slug) > MAX_SLUG:
        slug = slug[:MAX_SLUG].rsplit("-", 1)[0]
    if slug:
        yield slug
    dated = f"{slug or 'release'}-{on.isoformat()}"
    yield dated
    number = 2
    while True:
        yield f"{dated}-{number}"
        number += 1


def _plain(title: str) -> str:
    """A title as one would compare it: letter case, quote marks and spaces do not count."""
    return " ".join(unicodedata.normalize("NFKC", title).translate(_QUOTES).casefold().split())


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()
