"""The overview: what needs somebody, how the actions grow, which releases have none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from actionhub import clock
from actionhub.actions.models import Action, ActionRelease, ActionState
from actionhub.actions.states import STATE_NAMES
from actionhub.congress import loading
from actionhub.database import db
from actionhub.followups.models import FollowUp, FollowUpState
from actionhub.followups.writing import paused_by_themselves, waiting_for_approval
from actionhub.newsroom.models import Feed, PressRelease
from actionhub.newsroom.refreshing import reading_failed
from actionhub.organize import mail_state, times
from actionhub.organize.access import may, needs
from actionhub.organize.blueprint import bp
from actionhub.organize.pictures import sparklines
from actionhub.organize.release_forms import KIND_NAMES
from actionhub.organize.summaries import ActionSummary, draft_words, summaries
from actionhub.organizers.models import Role
from actionhub.outbox import conditions

RELEASES = 5


@dataclass(frozen=True)
class Call:
    """One thing that needs somebody: what it is, of what, and where to see to it."""

    kind: str  # approve, look, mend, coming
    told: str
    about: str
    path: str
    at: datetime | None = None


@bp.get("/")
@needs(Role.VIEWER)
def home() -> ResponseReturnValue:
    found = summaries()
    live = [one for one in found if one.state is not ActionState.CLOSED]
    return render_template(
        "organize/home.html",
        calls=_mail() + _refused() + _approvals() + _quarantines(found) + _feeds() + _congress(),
        coming=_coming(found),
        actions=live,
        closed=len(found) - len(live),
        sparklines=sparklines([one.id for one in live]),
        state_names=STATE_NAMES,
        releases=_without_action(),
        kinds=KIND_NAMES,
    )


def _mail() -> list[Call]:
    """A mail server that is away, and mailings that paused themselves; not those of follow-ups."""
    paused = [one for one in conditions.paused() if one.template != "followup"]
    found = mail_state.needs_of([], conditions.relay(), paused, held=0)
    path = url_for("organize.mail")
    return [Call("mend", one.told, one.about, f"{path}#{one.place}") for one in found]


def _congress() -> list[Call]:
    """Data sets that tell of a day long ago: seats may have changed hands since."""
    old = loading.outdated(loading.loaded().values())
    if not old:
        return []
    about = _("as of %(day)s", day=times.show_day(old[0].as_of))
    return [Call("look", _("The data of Congress are old"), about, url_for("organize.congress"))]


def _refused() -> list[Call]:
    told = _("A follow-up paused by itself: “%(subject)s”")
    return _about_followups("mend", told, paused_by_themselves())


def _approvals() -> list[Call]:
    told = _("A follow-up waits for your approval: “%(subject)s”")
    return _about_followups("approve", told, waiting_for_approval())


def _about_followups(kind: str, told: str, rows: list[FollowUp]) -> list[Call]:
    titles = draft_words({row.action_id for row in rows})
    return [
        Call(
            kind,
            told % {"subject": row.subject},
            titles.get(row.action_id, ("", ""))[0],
            url_for("organize.followup", followup_id=row.id),
        )
        for row in rows
    ]


def _quarantines(found: list[ActionSummary]) -> list[Call]:
    if not may(Role.ORGANIZER):
        return []
    return [
        Call(
            "look",
            ngettext(
                "%(num)d signature is kept aside for a look",
                "%(num)d signatures are kept aside for a look",
                one.quarantined,
            ),
            one.title,
            url_for("organize.signatures", action_id=one.id, state="quarantined"),
        )
        for one in found
        if one.quarantined
    ]


def _feeds() -> list[Call]:
    """Feeds whose last reading failed: their result says so, in one line."""
    query = select(Feed).where(Feed.active.is_(True), Feed.result.is_not(None))
    return [
        Call(
            "mend",
            _("A feed could not be read"),
            feed.result or "",
            url_for("organize.feeds"),
            feed.read_at,
        )
        for feed in db.session.scalars(query.order_by(Feed.id))
        if reading_failed(feed)
    ]


def _coming(found: list[ActionSummary]) -> list[Call]:
    moment = clock.now()
    coming = [
        Call(
            "coming",
            _("Opens"),
            one.title,
            url_for("organize.action", action_id=one.id),
            one.opens_at,
        )
        for one in found
        if one.state is ActionState.SCHEDULED
    ]
    coming += [
        Call(
            "coming",
            _("Closes"),
            one.title,
            url_for("organize.action", action_id=one.id),
            one.closes_at,
        )
        for one in found
        if one.state is ActionState.OPEN and one.closes_at and one.closes_at > moment
    ]
    scheduled = select(FollowUp).where(FollowUp.state == FollowUpState.SCHEDULED)
    coming += [
        Call(
            "coming",
            _("Goes out"),
            row.subject,
            url_for("organize.followup", followup_id=row.id),
            row.starts_at,
        )
        for row in db.session.scalars(scheduled)
    ]
    return sorted(coming, key=lambda call: call.at or moment)


def _without_action() -> list[PressRelease]:
    """The latest releases beside which no action stands yet."""
    tied = (
        select(ActionRelease.release_id)
        .join(Action, Action.id == ActionRelease.action_id)
        .where(Action.state != ActionState.CLOSED)
    )
    query = (
        select(PressRelease)
        .where(PressRelease.visible.is_(True), PressRelease.id.not_in(tied))
        .order_by(PressRelease.released_on.desc(), PressRelease.id.desc())
        .limit(RELEASES)
    )
    return list(db.session.scalars(query))
