"""How deep a piece of HTML nests, counted before a parser must build it."""

from __future__ import annotations

import re
from collections.abc import Iterator

#: Elements that stand open at once before we call it too many. Parsers take quadratic time beyond.
MAX_DEPTH = 256
#: The same for those that HTML reopens in every paragraph until they are closed.
MAX_FORMATTING = 32

_FORMATTING = frozenset(
    {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong"}
    | {"tt", "u"}
)
#: Never closed, or closed by what follows.
_UNCLOSED = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param"}
    | {"source", "track", "wbr", "p", "li", "dd", "dt", "td", "th", "tr", "tbody", "thead"}
    | {"option"}
)
_NAME = re.compile(r"/?[a-zA-Z][a-zA-Z0-9-]*")
_QUOTED_OR_END = re.compile(r"=\s*([\"'])|>")


def too_deep(html: str) -> bool:
    """Whether `html` opens more elements at once than any honest page does. Linear time."""
    depth = formatting = 0
    for tag in _tags(html):
        name = tag.lstrip("/").lower()
        if name in _UNCLOSED:
            continue
        step = -1 if tag.startswith("/") else 1
        depth = max(0, depth + step)
        if name in _FORMATTING:
            formatting = max(0, formatting + step)
        if depth > MAX_DEPTH or formatting > MAX_FORMATTING:
            return True
    return False


def _tags(html: str) -> Iterator[str]:
    """The name of each tag in turn, `/name` for a closing one; comments and values skipped."""
    at = html.find("<")
    while at >= 0:
        if html.startswith("<!--", at):
            end = html.find("-->", at)
            if end < 0:
                return
        else:
            name = _NAME.match(html, at + 1)
            if name:
                yield name[0]
            end = _end_of_tag(html, name.end()) if name else at
        at = html.find("<", end + 1)


def _end_of_tag(html: str, at: int) -> int:
    while found := _QUOTED_OR_END.search(html, at):
        if not found[1]:
            return found.start()
        closing = html.find(found[1], found.end())
        if closing < 0:
            break
        at = closing + 1
    return len(html)
