"""How organizers' Markdown becomes safe HTML."""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt

from actionhub.newsroom.sanitising import sanitise


def render_markdown(text: str) -> str:
    """CommonMark as sanitised HTML: tags typed by hand stay text, images become their alt text,
    headings begin at h2."""
    return sanitise(_parser().render(text))


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False})
