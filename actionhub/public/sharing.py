"""What stands in a share block: the address, what to say, plain links and a QR code."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import segno
from markupsafe import Markup

from actionhub import links
from actionhub.links import ShareLink


@dataclass(frozen=True)
class Share:
    """`url` is the bare address; the copied, printed and linked ones name their channel."""

    url: str
    copy_url: str
    links: tuple[ShareLink, ...]
    qr: Markup


def share(path: str, text: str) -> Share:
    """The share block for the page at `path` (of this site), with one sentence to say."""
    url = links.absolute(path)
    return Share(
        url=url,
        copy_url=links.with_source(url, "link"),
        links=links.share_links(url, text),
        qr=qr_code(links.with_source(url, "qr")),
    )


@lru_cache(maxsize=256)
def qr_code(url: str) -> Markup:
    """A QR code as inline SVG; presentation attributes only, so the strict CSP lets it be.

    Black on its own white in either mode, with the quiet zone of ISO/IEC 18004: cameras want it.
    """
    svg = segno.make(url, micro=False, error="m").svg_inline(
        border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None
    )
    return Markup(svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1))  # noqa: S704
