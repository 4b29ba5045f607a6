"""The newsroom and its releases, each with what a reader can do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from actionhub.actions.showing import actions_for_releases
from actionhub.actions.states import ActionClosed
from actionhub.newsroom.models import ReleaseKind
from actionhub.newsroom.reading import Cursor, ReleaseView, find_release, latest_releases
from actionhub.public import door
from actionhub.public.actions import closed_page, form_part
from actionhub.public.cards import Card, cards
from actionhub.public.forms import SigningForm
from actionhub.public.languages import current_locale
from actionhub.public.pages import kept
from actionhub.public.signing import Refused, post_signature

RELEASES_A_PAGE = 15

#: What each kind is called above a headline.
KINDS = {
    ReleaseKind.PRESS_RELEASE: _l("Press release"),
    ReleaseKind.STATEMENT: _l("Statement"),
    ReleaseKind.REPORT: _l("Report"),
}


@dataclass(frozen=True)
class Story:
    """A release as the newsroom lists it. One that `leads` shows its action as a poster."""

    release: ReleaseView
    cards: list[Card]
    leads: bool


@door.get("/")
@kept
def newsroom() -> str:
    """The latest releases; `?before=` goes on where a page ended."""
    before = read_cursor(request.args.get("before", ""))
    found = latest_releases(limit=RELEASES_A_PAGE + 1, before=before)
    shown = found[:RELEASES_A_PAGE]
    tied = actions_for_releases([release.id for release in shown], current_locale())
    views = {view.id: view for group in tied.values() for view in group if view.is_open}
    by_id = {card.action.id: card for card in cards(views.values())}
    stories = [
        Story(
            release,
            [by_id[view.id] for view in tied[release.id] if view.id in by_id],
            leads=before is None and position == 0,
        )
        for position, release in enumerate(shown)
    ]
    more = len(found) > len(shown)
    older = url_for(".newsroom", before=write_cursor(shown[-1].cursor)) if more else None
    return render_template(
        "public/newsroom.html", stories=stories, kinds=KINDS, older=older, first=before is None
    )


@door.get("/releases/<slug>")
@kept
def release(slug: str) -> ResponseReturnValue:
    """One release with its calls to action."""
    return render_template("public/release.html", **_release_page(slug))


@door.post("/releases/<slug>")
def sign_beside_release(slug: str) -> ResponseReturnValue:
    """Sign the action whose form stood beside the release: it posts to the release's address."""
    wanted = request.form.get("action", "")
    try:
        answer = post_signature(wanted, slug)
    except ActionClosed:
        return closed_page(wanted)
    if not isinstance(answer, Refused):
        return answer
    page = _release_page(slug, wanted, answer.form)
    return render_template(
        "public/release.html", **page | {"refused": True, "outdated": answer.outdated}
    ), 422


def _release_page(
    slug: str, wanted: str | None = None, form: SigningForm | None = None
) -> dict[str, object]:
    """The first open action (or the one posted to) with its form, the others as posters."""
    found = find_release(slug)
    tied = actions_for_releases([found.id], current_locale())[found.id]
    beside = cards(view for view in tied if view.is_open)
    beside.sort(key=lambda card: card.action.slug != wanted)
    card = beside[0] if beside else None
    part = form_part(card, form)
    return part | {"release": found, "kinds": KINDS, "others": beside[1:]}


def write_cursor(cursor: Cursor) -> str:
    """`2021-04-29.7`: a place in the newsroom, as an address holds it."""
    day, number = cursor
    return f"{day.isoformat()}.{number}"


def read_cursor(text: str) -> Cursor | None:
    """What write_cursor wrote; None for anything else, which is the first page."""
    day, _dot, number = text.partition(".")
    try:
        return date.fromisoformat(day), max(0, min(int(number), 2**62))
    except ValueError:
        return None
