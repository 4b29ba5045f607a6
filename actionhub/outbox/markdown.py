"""An organizer's Markdown as a letter: sanitised HTML, and text that reads as well."""

from __future__ import annotations

from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

_PARSER = MarkdownIt("commonmark", {"html": False})
#: No images: a picture in mail is a tracker, or does not show.
_TAGS = {"p", "br", "em", "strong", "a", "ul", "ol", "li", "blockquote", "h2", "h3", "hr", "code"}


def to_html(text: str) -> Markup:
    """Sanitised HTML of a Markdown text: paragraphs, lists, links, emphasis, headings, quotes."""
    rendered = _PARSER.render(text).replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    cleaned = nh3.clean(
        rendered,
        tags=_TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    return Markup(cleaned)  # noqa: S704 (sanitised above)


def to_text(text: str) -> str:
    """Plain text of a Markdown text: addresses beside their words, lists with dashes or numbers."""
    writer = _Writer()
    for token in _PARSER.parse(text):
        writer.take(token)
    return "\n".join(writer.lines).strip()


class _Writer:
    """Writes block tokens as lines, each with the beginning that its lists and quotes give it."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._starts: list[str] = []  # what each open block puts before a line
        self._numbers: list[int | None] = []  # of open lists: the next number, None for dashes
        self._bullet = ""

    def take(self, token: Token) -> None:
        kind = token.type
        if kind == "inline":
            self._write(_inline(token.children or []))
        elif kind in ("fence", "code_block"):
            self._write(token.content.rstrip("\n"))
            self._gap()
        elif kind == "hr":
            self._write("* * *")
            self._gap()
        elif kind in ("paragraph_close", "heading_close"):
            if not token.hidden:
                self._gap()
        else:
            self._open_or_close(token)

    def _open_or_close(self, token: Token) -> None:
        kind = token.type
        if kind == "blockquote_open":
            self._starts.append("> ")
        elif kind in ("bullet_list_open", "ordered_list_open"):
            start = int(token.attrGet("start") or 1) if kind == "ordered_list_open" else None
            self._numbers.append(start)
        elif kind == "list_item_open":
            number = self._numbers[-1]
            self._bullet = "- " if number is None else f"{number}. "
            if number is not None:
                self._numbers[-1] = number + 1
            self._starts.append(" " * len(self._bullet))
        elif kind == "blockquote_close":
            self._starts.pop()
            while self.lines and self.lines[-1].strip() and not self.lines[-1].strip("> "):
                self.lines.pop()
            self._gap()
        elif kind == "list_item_close":
            self._starts.pop()
        elif kind in ("bullet_list_close", "ordered_list_close"):
            self._numbers.pop()
            self._gap()

    def _write(self, text: str) -> None:
        start = "".join(self._starts)
        for line in text.split("\n"):
            if self._bullet:
                self.lines.append("".join(self._starts[:-1]) + self._bullet + line)
                self._bullet = ""
            else:
                self.lines.append(start + line)

    def _gap(self) -> None:
        quote = "".join(s for s in self._starts if s.startswith(">")).rstrip()
        if self.lines and self.lines[-1] != quote:
            self.lines.append(quote)


def _inline(tokens: list[Token]) -> str:
    written: list[str] = []
    links: list[tuple[str, int]] = []
    for token in tokens:
        if token.type in ("text", "code_inline"):
            written.append(token.content)
        elif token.type == "softbreak":
            written.append(" ")
        elif token.type == "hardbreak":
            written.append("\n")
        elif token.type == "image":
            written.append(token.content)
        elif token.type == "link_open":
            links.append((str(token.attrGet("href") or ""), len(written)))
        elif token.type == "link_close":
            address, start = links.pop()
            if urlsplit(address).scheme not in ("http", "https", "mailto"):
                continue
            bare = address.removeprefix("mailto:")
            if "".join(written[start:]).strip() != bare:
                written.append(f" ({bare})")
    return "".join(written)
