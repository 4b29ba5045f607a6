"""How organizers' Markdown becomes safe HTML."""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt

from actionhub.newsroom.sanitising import sanitise

#: A page has one headline of its own: a text's headings begin one below it.
_DEEPEST_HEADING = 6


def render_markdown(text: str) -> str:
    """CommonMark (spec 0.31) as sanitised HTML: no raw HTML, no images, headings from h2 down."""
    tokens = _parser().parse(text)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1:]) + 1, _DEEPEST_HEADING)}"
    return sanitise(_parser().renderer.render(tokens, _parser().options, {}))


@cache
def _parser() -> MarkdownIt:
    # Images are off: a picture on somebody else's server tells them who read the page.
    return MarkdownIt("commonmark", {"html": False}).disable(["image", "html_block", "html_inline"])
