"""Strangers' HTML made safe to show: a strict allow-list, no images, headings in their place."""

from __future__ import annotations

import html as entities
import re
from typing import Literal

import nh3
from selectolax.lexbor import LexborHTMLParser

from actionhub.newsroom.nesting import too_deep

#: A body longer than this, in characters, is shown as plain text.
MAX_CHARACTERS = 1_000_000

_BLOCKS = {"p", "div", "section", "article", "figure", "figcaption", "blockquote", "pre"} | {
    *("hr", "br", "ul", "ol", "li", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"),
}
_INLINE = {"a", "abbr", "b", "cite", "code", "del", "em", "i", "ins", "kbd", "mark", "q"} | {
    *("s", "small", "span", "strong", "sub", "sup", "u", "wbr"),
}
_DROPPED_WITH_CONTENT = {"script", "style", "template", "noscript", "iframe", "object"} | {
    *("svg", "math", "video", "audio", "canvas", "select", "textarea", "title", "head"),
}
_CLEANER_ATTRIBUTES = {
    "*": {"lang", "dir"},
    "a": {"href"},
    "ol": {"start"},
    "th": {"scope", "colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
}
_SCHEMES = {"http", "https", "mailto", "tel"}
_Relative = Literal["deny"] | tuple[Literal["rewrite_with_base"], str] | None
_HEADING = re.compile(r"<(/?)h([1-6])(?=[ >])")
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff]")
_TAG = re.compile(r"<[^<>]*>")
_EMPTY = re.compile(r"<(p|figure|figcaption|div|span|h[1-6]|a)(?: [^<>]*)?>\s*</\1>")
_BREAKS = ",".join(sorted(_BLOCKS - {"br", "hr"}))


def sanitise(html: str, base: str | None = None) -> str:
    """The part of `html` that is safe to show, as a fragment; sanitising it again changes nothing.

    Links keep http, https, mailto and tel only, with `rel="noopener noreferrer"`; relative ones
    are resolved against `base` (an http address) where given, dropped where that is none, and
    kept without it. Images become their alt text, so that no page of ours calls a third party.
    Headings begin at h2 and skip no level.
    """
    html = without_controls(html)
    if len(html) > MAX_CHARACTERS or too_deep(html):
        return paragraphs(entities.unescape(_TAG.sub(" ", html)))
    safe = _without_images(html)
    try:
        cleaned = _clean(safe, None if base is None else ("rewrite_with_base", base))
    except ValueError:  # that base is no address
        cleaned = _clean(safe, "deny")
    return _without_empties(_shift_headings(cleaned)).strip()


def text_of(html: str) -> str:
    """The words of `html` on one line, white space collapsed; images count as their alt text."""
    html = without_controls(html)
    if too_deep(html):
        return one_line(entities.unescape(_TAG.sub(" ", html)))
    return one_line(" ".join(blocks_of(html)))


def blocks_of(html: str) -> list[str]:
    """The words of `html`, one string a block (paragraph, heading, list item), none empty."""
    tree = LexborHTMLParser(html)
    for image in tree.css("img"):
        image.replace_with(f" {image.attributes.get('alt') or ''} ")
    tree.strip_tags(["script", "style", "template", "noscript", "head"])
    for node in tree.css(_BREAKS):
        node.insert_before("\n\n")
        node.insert_after("\n\n")
    for node in tree.css("br"):
        node.replace_with("\n")
    root = tree.body or tree.root
    text = root.text(deep=True) if root else ""
    return [line for block in re.split(r"\n", text) if (line := one_line(block))]


def paragraphs(text: str) -> str:
    """Plain text as HTML: blank lines part paragraphs, single line ends become breaks."""
    blocks = re.split(r"\n\s*\n", without_controls(text).strip())
    return "\n".join(
        "<p>" + "<br>".join(entities.escape(line.strip(), quote=False) for line in lines) + "</p>"
        for block in blocks
        if (lines := [line for line in block.splitlines() if line.strip()])
    )


def without_controls(text: str) -> str:
    """`text` without the characters that databases refuse or that turn other text around."""
    return _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """Plain text on one line, white space collapsed, without control characters."""
    return " ".join(without_controls(text).split())


def _clean(html: str, relative: _Relative) -> str:
    return nh3.clean(
        html,
        tags=_BLOCKS | _INLINE,
        clean_content_tags=_DROPPED_WITH_CONTENT,
        attributes=_CLEANER_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer",
        url_relative=relative,
    )


def _without_images(html: str) -> str:
    if "<img" not in html.lower():
        return html
    tree = LexborHTMLParser(html)
    for image in tree.css("img"):
        image.replace_with((image.attributes.get("alt") or "").strip())
    return (tree.body.inner_html if tree.body else "") or ""


def _shift_headings(html: str) -> str:
    """Each heading one level under the one it stands in, the outermost an h2."""
    open_levels: list[int] = []

    def place(match: re.Match[str]) -> str:
        level = int(match[2])
        if not match[1]:
            while open_levels and open_levels[-1] >= level:
                open_levels.pop()
            open_levels.append(level)
        return f"<{match[1]}h{min(6, 1 + len(open_levels))}"

    return _HEADING.sub(place, html)


def _without_empties(html: str) -> str:
    while (shorter := _EMPTY.sub("", html)) != html:
        html = shorter
    return html
