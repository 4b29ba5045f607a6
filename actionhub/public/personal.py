"""What the pages behind a person's own links share: their headers, and saying honestly no."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec

from flask import Response, make_response, render_template, request, url_for
from flask_babel import gettext as _

from actionhub.public import posts

P = ParamSpec("P")

#: A token page stays with the one who holds the link: not in a cache, an index or a Referer.
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


@dataclass(frozen=True)
class WayOn:
    """Where to go from here. `posts` makes it a button that posts instead of a link."""

    label: Any
    address: str
    posts: bool = False


@dataclass(frozen=True)
class Notice:
    """A page that says what is so and the way on; `paragraphs` are plain sentences."""

    status: int
    title: Any
    paragraphs: tuple[Any, ...]
    ways_on: tuple[WayOn, ...] = ()


def personal(view: Callable[P, Any]) -> Callable[P, Response]:
    """Give a view's answer the headers of a token page."""

    @wraps(view)
    def answer(*args: P.args, **kwargs: P.kwargs) -> Response:
        response: Response = make_response(view(*args, **kwargs))
        response.headers.update(HEADERS)
        return response

    return answer


def refuse_foreign() -> None:
    """Raise posts.ForeignPost where the browser says that another site's page posted this.

    A page sent with `Referrer-Policy: no-referrer`, as these are, posts `Origin: null` (Fetch, the
    Origin header): without Fetch Metadata beside it, that is our own page in an older browser.
    """
    older = request.headers.get("Origin") == "null" and "Sec-Fetch-Site" not in request.headers
    if not older:
        posts.refuse_foreign()


def tell(notice: Notice) -> tuple[str, int]:
    """Show a notice, with its status."""
    return render_template("public/notice.html", notice=notice), notice.status


def nothing_here() -> Notice:
    """For a link that is broken, or whose owner had everything erased: the same page for both."""
    return Notice(
        404,
        _("This link opens nothing"),
        (
            _("It may have been cut short on its way: copy the whole address from the mail."),
            _("Or what it was about is erased. Then nothing of it is left here."),
        ),
        (
            WayOn(_("Mail me a fresh link"), url_for(".me")),
            WayOn(_("To the newsroom"), url_for(".newsroom")),
        ),
    )
