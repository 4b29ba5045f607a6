"""Leaving the follow-ups by one's own link, by page or in one click from the mail program."""

from __future__ import annotations

from datetime import timedelta

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from actionhub import clock, tokens
from actionhub.database import db
from actionhub.errors import NotFound
from actionhub.privacy import asking
from actionhub.public import door
from actionhub.public.languages import current_locale
from actionhub.public.personal import Notice, WayOn, nothing_here, personal, refuse_foreign, tell
from actionhub.supporters import consent, subscribing
from actionhub.tokens import BadToken, Purpose

#: How long a link may bring somebody back; leaving has no end.
COMING_BACK = timedelta(days=30)


@door.get("/unsubscribe/<token>")
@personal
def unsubscribe(token: str) -> ResponseReturnValue:
    """Ask once. Changes nothing: mail scanners open links too."""
    try:
        supporter_id = supporter_of(token)
    except (BadToken, NotFound):
        return tell(nothing_here())
    if subscribing.is_member(supporter_id):
        return render_template("public/unsubscribe.html", token=token)
    return _left(token)


@door.post("/unsubscribe/<token>")
@personal
def leave(token: str) -> ResponseReturnValue:
    """Leave, from the page or as one click from a mail program (RFC 8058, section 3.1).

    The link is the proof: no cookie, no login, no Origin to check, no redirect. Leaving twice, or
    after an erasure, is leaving.
    """
    try:
        subscribing.leave(supporter_of(token))
    except NotFound:
        db.session.rollback()
        return tell(erased(200))
    except BadToken:
        return tell(nothing_here())
    db.session.commit()
    return _left(token)


@door.post("/unsubscribe/<token>/stay")
@personal
def stay(token: str) -> ResponseReturnValue:
    """Come back by the same link: somebody pressed the wrong button, or changed their mind."""
    refuse_foreign()
    try:
        supporter_id = supporter_of(token, COMING_BACK)
        come_back(supporter_id)
    except tokens.StaleToken:
        return tell(too_old_to_come_back())
    except (BadToken, NotFound):
        db.session.rollback()
        return tell(nothing_here())
    db.session.commit()
    return render_template("public/stayed.html", token=token)


def supporter_of(token: str, max_age: timedelta | None = None) -> int:
    """Whose link it is. Raises BadToken, NotFound once they are erased, StaleToken by age."""
    values = tokens.read(Purpose.UNSUBSCRIBE, token, max_age).values
    return asking.known_supporter(int(values[0]))


def come_back(supporter_id: int) -> None:
    """Make somebody a member again, by the very sentence that stands beside the button."""
    wording = consent.wording_id(current_locale(), wording_of_return())
    subscribing.subscribe(supporter_id, wording, clock.now())


def wording_of_return() -> str:
    """The sentence beside the button that brings somebody back."""
    return str(_("Write to me again when there is news on the actions I signed."))


def _left(token: str) -> ResponseReturnValue:
    return render_template("public/unsubscribed.html", token=token, wording=wording_of_return())


def erased(status: int) -> Notice:
    """For a link whose owner had everything erased."""
    return Notice(
        status,
        _("There is nothing left to stop"),
        (_("What this link was about is erased, and we write to you no more."),),
    )


def too_old_to_come_back() -> Notice:
    """For an old mail's link: it still lets one leave, but no longer brings one back."""
    return Notice(
        410,
        _("This link is too old to bring you back"),
        (
            _("Nothing changed: you still get no follow-ups."),
            _("Ask for a fresh link to your own page, and come back from there."),
        ),
        (WayOn(_("Mail me a fresh link"), url_for(".me")),),
    )
