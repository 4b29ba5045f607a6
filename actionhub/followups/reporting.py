"""The follow-up that tells signers what came of it; an organizer reads it, mends it, starts it."""

from __future__ import annotations

from flask_babel import format_date, get_locale, ngettext
from flask_babel import gettext as _

from actionhub import links
from actionhub.actions.outcome_views import Event, OutcomeView
from actionhub.actions.showing import ActionView, actions_by_id
from actionhub.config import LOCALES
from actionhub.errors import ActionHubError
from actionhub.followups.models import FollowUp
from actionhub.followups.phrases import plain, shortened
from actionhub.followups.writing import draft

#: How many are named before the rest is counted.
MOST_NAMES = 12


class Struck(ActionHubError):
    """It was struck, so there is nothing to tell."""

    status = 409

    def __init__(self) -> None:
        super().__init__(_("That was struck, so there is nothing to write about."))


def draft_report(event: Event, organizer_id: int | None = None) -> FollowUp:
    """Draft the news of what addressees did, for those who took the action. Raises Struck."""
    if not event.standing:
        raise Struck
    locale = _language()
    action = actions_by_id([event.first.action_id], locale)[event.first.action_id]
    return draft(
        action.id,
        subject=shortened(_subject(event, action)),
        body_markdown=_news(event, action, locale),
        organizer_id=organizer_id,
    )


def _language() -> str:
    """The language it is written in: the organizer's, if our pages speak it (not `en_US`)."""
    written = get_locale()
    return written.language if written and written.language in LOCALES else links.DEFAULT_LOCALE


def _subject(event: Event, action: ActionView) -> str:
    if len(event.standing) == 1:
        only = event.standing[0]
        return f"{only.shown_name} {only.deed[:1].lower()}{only.deed[1:]}"
    return str(_("What came of “%(action)s”", action=action.title))


def _news(event: Event, action: ActionView, locale: str) -> str:
    words, _language = event.first.words_in(locale)
    page = links.absolute(links.action_path(action.slug, locale))
    day = format_date(event.first.happened_on, "long")
    parts = [
        _(
            "You took action with us: “%(action)s”. There is news, and you should hear it first.",
            action=plain(action.title),
        ),
        _("On %(day)s:", day=day),
        "\n".join(f"- {_line(deed, found)}" for deed, found in Event(event.standing).by_deed()),
        f"> {plain(words)}" if words else "",
        _("[Read it where it stands](%(address)s)", address=f"<{event.first.source_url}>")
        if event.first.source_url
        else "",
        _("[See everything that came of it](%(address)s)", address=f"{page}#outcomes"),
        _("Thank you for standing with us. It is because of you that there is news to tell."),
    ]
    return "\n\n".join(part for part in parts if part)


def _line(deed: str, found: tuple[OutcomeView, ...]) -> str:
    named = [
        f"{plain(one.shown_name)} ({plain(one.place)})" if one.place else plain(one.shown_name)
        for one in found[:MOST_NAMES]
    ]
    left = len(found) - len(named)
    if left:
        named.append(ngettext("%(num)d other", "%(num)d others", left))
    return f"**{deed}:** {', '.join(named)}"
