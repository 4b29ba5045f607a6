"""Reading a newsroom's HTML page: a list of releases, or one."""

from __future__ import annotations

from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from actionhub.config import LOCALES
from actionhub.newsroom.datelines import Dateline, kind_named, read_dateline
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
from actionhub.newsroom.nesting import too_deep
from actionhub.newsroom.plaintext import read_text
from actionhub.newsroom.sanitising import blocks_of, one_line, sanitise, text_of
from actionhub.newsroom.sources import Text

_NOT_CONTENT = ["script", "style", "template", "noscript", "nav", "form", "iframe", "svg"]
_HEADINGS = "h1,h2,h3,h4,h5,h6"
_DATED = "time,p,span,div,small,li,dd,dt,td,em,strong,b,i,h6,h5,address"


def read_page(text: Text, source: str) -> Reading:
    """The releases of an HTML newsroom page, in its order.

    Each is the largest element around one date that holds a title; where the page has no such
    elements, it is read as its text. Raises UnreadableSource.
    """
    if too_deep(text.words):
        raise UnreadableSource(source, "nests its elements too deeply to be a newsroom page")
    tree = LexborHTMLParser(text.words)
    locale = _locale_of(tree)
    base = _base_of(tree, text.base)
    feed = _feed_of(tree, base)
    tree.strip_tags(_NOT_CONTENT)
    collected = Collected()
    seen: set[str] = set()
    dated = _dated(tree)
    if len(dated) > MAX_ITEMS:
        raise UnreadableSource(source, f"has more than {MAX_ITEMS} dates; that is no newsroom page")
    for container, dateline in _containers(tree, dated):
        item = _item(container, dateline, base, locale)
        if item is None:
            collected.not_understood.append(f"{dateline.on.isoformat()}: a date with no title")
        elif item.identity in seen:
            collected.not_understood.append(f"{item.title}: stands there twice; the first was read")
        else:
            seen.add(item.identity)
            collected.items.append(item)
    if collected.items:
        return collected.finished()
    return _as_text(tree, source, base, locale, feed)


def _as_text(
    tree: LexborHTMLParser, source: str, base: str | None, locale: str, feed: str | None
) -> Reading:
    addresses = {
        one_line(link.text()): address
        for link in tree.css("a[href]")
        if (address := joined(base, link.attributes.get("href")))
    }
    words = "\n".join(blocks_of(tree.html or ""))
    try:
        return read_text(words, source, locale=locale, addresses=addresses)
    except UnreadableSource as none:
        hint = f"; it names a feed, import that: {feed}" if feed else ""
        problem = f"is a page without dated releases, so none was read{hint}"
        raise UnreadableSource(source, problem) from none


def _containers(
    tree: LexborHTMLParser, dated: list[tuple[LexborNode, Dateline]]
) -> Iterator[tuple[LexborNode, Dateline]]:
    """Each dated element's largest surroundings that hold a title and no other's date."""
    around: dict[int, int] = {}
    for node, _dateline in dated:
        for parent in _parents(node):
            around[parent.mem_id] = around.get(parent.mem_id, 0) + 1
    seen: set[int] = set()
    for node, dateline in dated:
        best: LexborNode | None = None
        for parent in _parents(node):
            several = around[parent.mem_id] > 1 and parent.tag != "article"
            if several or parent.tag in {"body", "html"}:
                break
            if parent.css_first(_HEADINGS) is not None or parent.css_first("a[href]") is not None:
                best = parent
            if parent.tag == "article":
                break
        if best is None and len(dated) == 1:
            best = tree.css_first("main") or tree.body
        if best is not None and best.mem_id not in seen:
            seen.add(best.mem_id)
            yield best, dateline


def _dated(tree: LexborHTMLParser) -> list[tuple[LexborNode, Dateline]]:
    """The innermost elements that say a date and little else, in the page's order."""
    found: dict[int, tuple[LexborNode, Dateline]] = {}
    for node in tree.css(_DATED):
        words = one_line(node.text(separator=" "))
        if len(words) > 120:
            continue
        dateline = read_dateline(words)
        if node.tag == "time" and (dateline is None or dateline.title):
            dateline = read_dateline(node.attributes.get("datetime") or "")
        if dateline is None or dateline.title:
            continue
        outer = next((up for up in _parents(node) if up.mem_id in found), None)
        if outer is not None and (found[outer.mem_id][1].says_kind or node.tag != "time"):
            continue
        if outer is not None:
            del found[outer.mem_id]
        found[node.mem_id] = (node, dateline)
        if len(found) > MAX_ITEMS:
            break
    return list(found.values())


def _item(container: LexborNode, dateline: Dateline, base: str | None, locale: str) -> Item | None:
    heading = container.css_first(_HEADINGS)
    link = heading.css_first("a[href]") if heading else container.css_first("a[href]")
    if heading is not None and link is None and heading.parent and heading.parent.tag == "a":
        link = heading.parent
    named = heading or link
    title = text_of(named.html or "") if named else ""
    if not title or read_dateline(title) is not None:
        return None
    body = _body_of(container, title, base)
    address = link.attributes.get("href") if link else None
    return make_item(
        title=title,
        released_on=dateline.on,
        kind=dateline.kind or _kind_beside(container),
        body_html=body,
        summary=summary_of(body),
        address=joined(base, address),
        locale=locale,
    )


def _body_of(container: LexborNode, title: str, base: str | None) -> str:
    """What a container says beyond its title, date, kind and "read more"."""
    parts = []
    inner = container.css("p, ul, ol, blockquote, h2, h3, h4, h5, h6, table, pre")
    chosen: set[int] = set()
    for node in inner:
        if any(parent.mem_id in chosen for parent in _parents(node)):
            continue
        words = text_of(node.html or "")
        if not words or words == title or kind_named(words) or read_dateline(words):
            continue
        chosen.add(node.mem_id)
        if not _only_a_link(node, words):
            parts.append(node.html or "")
    return sanitise("\n".join(parts), base=base or "")


def _only_a_link(node: LexborNode, words: str) -> bool:
    link = node.css_first("a")
    return link is not None and one_line(link.text()) == words and len(words) < 40


def _kind_beside(container: LexborNode) -> ReleaseKind | None:
    for node in container.css("span, p, div, a, small, li, strong, em"):
        words = one_line(node.text())
        if 0 < len(words) < 40 and (kind := kind_named(words)) is not None:
            return kind
    return None


def _parents(node: LexborNode) -> Iterator[LexborNode]:
    parent = node.parent
    while parent is not None and parent.tag not in {"-undef", "-document"}:
        yield parent
        parent = parent.parent


def _locale_of(tree: LexborHTMLParser) -> str:
    html = tree.css_first("html")
    language = ((html.attributes.get("lang") if html else None) or "en")[:2].lower()
    return language if language in LOCALES else "en"


def _base_of(tree: LexborHTMLParser, address: str | None) -> str | None:
    node = tree.css_first("base[href]")
    href = node.attributes.get("href") if node else None
    return joined(address, href) or address


def _feed_of(tree: LexborHTMLParser, base: str | None) -> str | None:
    node = tree.css_first('link[type="application/rss+xml"], link[type="application/atom+xml"]')
    href = node.attributes.get("href") if node else None
    return joined(base, href)
