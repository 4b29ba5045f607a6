"""What a source was understood to say, before any of it reaches the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urljoin, urlsplit

from actionhub.errors import ActionHubError
from actionhub.newsroom.models import ReleaseKind
from actionhub.newsroom.naming import identity_of
from actionhub.newsroom.sanitising import one_line

#: A source with more releases than this is refused.
MAX_ITEMS = 5_000
MAX_TITLE = 500
MAX_ADDRESS = 2_000


class UnreadableSource(ActionHubError):
    """The source cannot be read, in one clear line; nothing was changed."""

    status = 422

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(f"{one_line(source)[:300]} {one_line(problem)[:400]}")


@dataclass(frozen=True)
class Item:
    """One release as a source tells it; body sanitised, title and summary plain text."""

    identity: str
    title: str
    released_on: date
    kind: ReleaseKind
    body_html: str
    summary: str
    source_url: str | None
    locale: str = "en"


@dataclass(frozen=True)
class Reading:
    """All that one source says: its releases in its own order, and the rest."""

    items: tuple[Item, ...]
    introduction: tuple[str, ...] = ()
    not_understood: tuple[str, ...] = ()


@dataclass
class Collected:
    """A reading under way."""

    items: list[Item] = field(default_factory=list)
    introduction: list[str] = field(default_factory=list)
    not_understood: list[str] = field(default_factory=list)

    def finished(self) -> Reading:
        return Reading(tuple(self.items), tuple(self.introduction), tuple(self.not_understood))


def make_item(
    *,
    title: str,
    released_on: date,
    kind: ReleaseKind | None,
    body_html: str,
    summary: str,
    address: str | None = None,
    feed_id: str | None = None,
    home: str | None = None,
    locale: str = "en",
) -> Item:
    """An item with its identity; a title over 500 characters is cut at a word with "…"."""
    title = one_line(title)
    if len(title) > MAX_TITLE:
        title = title[: MAX_TITLE - 2].rsplit(" ", 1)[0] + " …"
    address = web_address(address)
    return Item(
        identity=identity_of(
            feed_id=feed_id, home=home, address=address, title=title, on=released_on
        ),
        title=title,
        released_on=released_on,
        kind=kind or ReleaseKind.PRESS_RELEASE,
        body_html=body_html,
        summary=one_line(summary),
        source_url=address,
        locale=locale,
    )


def web_address(address: str | None) -> str | None:
    """`address` if it is an http one, without a password, that we can keep."""
    address = one_line(address or "")
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    good = parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    return address if good and len(address) <= MAX_ADDRESS else None


def joined(base: str | None, link: str | None) -> str | None:
    """`link` as a whole http address, relative to `base`; None if that gives none."""
    try:
        return web_address(urljoin(base or "", (link or "").strip())) if link else None
    except ValueError:
        return None
