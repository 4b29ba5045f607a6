"""Reading RSS and Atom feeds, strictly well-formed and without entities of their own."""

from __future__ import annotations

import io
import re
from calendar import timegm
from collections import Counter
from datetime import UTC, date, datetime, time
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any
from xml.sax import ContentHandler, SAXException
from zoneinfo import ZoneInfo

import feedparser
from defusedxml import DefusedXmlException, sax  # type: ignore[import-untyped]

from actionhub.config import LOCALES
from actionhub.newsroom.datelines import kind_named
from actionhub.newsroom.editing import summary_of
from actionhub.newsroom.items import (
    MAX_ITEMS,
    Collected,
    Item,
    Reading,
    UnreadableSource,
    joined,
    make_item,
)
from actionhub.newsroom.models import ReleaseKind
from actionhub.newsroom.sanitising import paragraphs, sanitise, text_of
from actionhub.newsroom.sources import Text

_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_ROOTS = frozenset({"rss", "feed", "RDF"})
_BLOCK = re.compile(r"<(?:p|div|[ou]l|dl|h[2-6]|hr|pre|blockquote|table|section|article|figure)\b")


class _Root(ContentHandler):
    """Remembers the name of the outermost element, and how deep elements go."""

    def __init__(self) -> None:
        super().__init__()
        self.name, self.depth, self.deepest = "", 0, 0

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: ARG002, N802
        self.name = self.name or name.rpartition(":")[2]
        self.depth += 1
        self.deepest = max(self.deepest, self.depth)

    def endElement(self, name: str) -> None:  # noqa: ARG002, N802
        self.depth -= 1


def read_feed(text: Text, source: str, zone: ZoneInfo) -> Reading:
    """The releases of an RSS or Atom feed, in its order; `zone` is where UTC times are dated.

    Raises UnreadableSource: not well-formed, entities, no feed, no dates, ids used twice.
    """
    xml = _DECLARATION.sub("", text.words, count=1).lstrip()
    _guard(xml, source)
    parsed = feedparser.parse(
        io.BytesIO(xml.encode("utf-8", "replace")),
        response_headers={
            "content-type": "application/xml; charset=utf-8",
            **({"content-location": text.base} if text.base else {}),
        },
        sanitize_html=False,
    )
    entries = list(parsed.entries)
    if not entries:
        raise UnreadableSource(source, "is a feed without any items")
    if len(entries) > MAX_ITEMS:
        raise UnreadableSource(source, f"has more than {MAX_ITEMS} items; that is no newsroom")
    _refuse_shared_ids(entries, source)
    collected = Collected()
    home = str(parsed.feed.get("link") or text.base or "")
    locale = str(parsed.feed.get("language") or "en")[:2].lower()
    for number, entry in enumerate(entries, 1):
        item = _item(entry, number, home, locale if locale in LOCALES else "en", zone, collected)
        if item is not None:
            collected.items.append(item)
    if not collected.items:
        raise UnreadableSource(source, _why_none(collected, len(entries)))
    return collected.finished()


def _guard(xml: str, source: str) -> None:
    root = _Root()
    try:
        sax.parseString(xml.encode("utf-8", "replace"), root, forbid_entities=True)
    except DefusedXmlException as bomb:
        raise UnreadableSource(
            source, "declares XML entities of its own, as no feed needs to; it was not read"
        ) from bomb
    except SAXException as bad:
        line = getattr(bad, "getLineNumber", lambda: None)()
        where = f" (line {line})" if line else ""
        if root.name in _ROOTS:
            raise UnreadableSource(source, f"is a feed that is not well-formed XML{where}") from bad
        raise UnreadableSource(source, f"is not a feed, and not well-formed XML{where}") from bad
    if root.name not in _ROOTS:
        raise UnreadableSource(source, f"is not a feed: it is XML, but <{root.name[:40]}>")
    if root.deepest > 512:
        raise UnreadableSource(source, "nests its elements too deeply to be a feed")


def _refuse_shared_ids(entries: list[Any], source: str) -> None:
    ids = Counter(str(entry.get("id")) for entry in entries if entry.get("id"))
    shared = [feed_id for feed_id, times in ids.items() if times > 1]
    if shared:
        more = f", and {len(shared) - 1} more" if len(shared) > 1 else ""
        raise UnreadableSource(
            source, f"gives one id to several items ({shared[0][:120]}{more}), so none was read"
        )


def _item(
    entry: Any, number: int, home: str, locale: str, zone: ZoneInfo, collected: Collected
) -> Item | None:
    title = text_of(str(entry.get("title") or ""))
    name = f"item {number}" + (f" “{title[:120]}”" if title else "")
    if not title:
        collected.not_understood.append(f"{name}: no title")
        return None
    on = _date_of(entry, zone)
    if on is None:
        collected.not_understood.append(f"{name}: no date")
        return None
    link = joined(home, str(entry.get("link") or ""))
    contents = [str(part.get("value") or "") for part in entry.get("content") or []]
    description = str(entry.get("summary") or "")
    body = _in_paragraphs(sanitise(max([*contents, description], key=len), base=link or home))
    return make_item(
        title=title,
        released_on=on,
        kind=_kind_of(entry),
        body_html=body,
        summary=_summary_of(description, body),
        address=link,
        feed_id=str(entry.get("id") or "") or None,
        home=home,
        locale=locale,
    )


def _in_paragraphs(body: str) -> str:
    """Many feeds write bare words: they get the paragraphs that their blank lines mean."""
    if not body or _BLOCK.search(body):
        return body
    return f"<p>{body}</p>" if "<" in body else paragraphs(unescape(body))


def _summary_of(description: str, body: str) -> str:
    """The feed's own summary where it is short, else the first paragraph of the body."""
    words = text_of(description)
    return words if words and len(words) <= 600 else summary_of(body)


def _kind_of(entry: Any) -> ReleaseKind | None:
    named = [kind_named(str(tag.get("term") or "")) for tag in entry.get("tags") or []]
    found = [kind for kind in named if kind is not None]
    special = [kind for kind in found if kind is not ReleaseKind.PRESS_RELEASE]
    return next(iter([*special, *found]), None)


def _date_of(entry: Any, zone: ZoneInfo) -> date | None:
    """The day of publication where it was published.

    A time with an offset tells the publisher's own day. One in UTC may only be how the feed's
    program writes times, so it is dated in `zone`; midnight UTC stands for a day without a time.
    """
    for name in ("published", "created", "updated"):
        # Past feedparser's own look-up, which answers for `updated` with `published`.
        moment = _moment(str(dict.get(entry, name) or ""))
        parsed = dict.get(entry, f"{name}_parsed")
        if moment is None and parsed:
            moment = datetime.fromtimestamp(timegm(parsed), UTC)
        if moment is None:
            continue
        if moment.tzinfo is None or moment.utcoffset() or moment.time() == time(0):
            return moment.date()
        return moment.astimezone(zone).date()
    return None


def _moment(text: str) -> datetime | None:
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            return read(text.strip())
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _why_none(collected: Collected, count: int) -> str:
    dateless = sum(line.endswith("no date") for line in collected.not_understood)
    if dateless == count:
        return f"has no dates: none of its {count} items tells when it came out, so none was read"
    return f"has no item with both a title and a date, among {count}"
