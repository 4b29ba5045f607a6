"""Importing a source: get it, read it whole, and only then bring it into the newsroom."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from actionhub.config import settings
from actionhub.newsroom.applying import ImportReport, KeptEdit, Update, apply
from actionhub.newsroom.feeds import read_feed
from actionhub.newsroom.fetching import Fetched, Limits
from actionhub.newsroom.items import Reading, UnreadableSource
from actionhub.newsroom.pages import read_page
from actionhub.newsroom.plaintext import read_text
from actionhub.newsroom.sources import decode, get

__all__ = ["ImportReport", "KeptEdit", "UnreadableSource", "Update", "import_source", "understand"]

_FEED = re.compile(r"\s*(?:<\?xml|<rss\b|<feed\b|<rdf:RDF\b|<(?:\w+:)?(?:feed|rss)\b)", re.I)
_XHTML = re.compile(r"\s*<\?xml[^>]*\?>\s*(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html)\b", re.I)
_PAGE = re.compile(
    r"<(?:!doctype\s+html|html|head|body|article|main|section|div|h[1-6]|p|time|ul)\b", re.I
)


def import_source(source: str, *, feed_id: int | None = None) -> ImportReport:
    """Import the feed, page or text at a path or an http(s) address; flushes, the caller commits.

    All fetching and reading comes before the first statement here, so call it with no transaction
    open. Raises UnreadableSource, having changed nothing.
    """
    fetched = get(source, limits())
    return apply(understand(fetched, source, settings().timezone), feed_id)


def limits() -> Limits:
    """What fetching may take here."""
    return Limits(networks=settings().feed_networks)


def understand(fetched: Fetched, source: str, zone: ZoneInfo) -> Reading:
    """Read what was got as the feed, page or text that it is. Raises UnreadableSource."""
    text = decode(fetched, source)
    start = text.words[:4096]
    if _FEED.match(start) and not _XHTML.match(start):
        return read_feed(text, source, zone)
    if _PAGE.search(start):
        return read_page(text, source)
    return read_text(text.words, source)
