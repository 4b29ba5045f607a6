"""A letter's own page, for its writer: what it says, what became of it, and how to send it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from babel.dates import get_timezone_name
from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date, format_time, get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from actionhub import tokens
from actionhub.database import db
from actionhub.errors import NotFound
from actionhub.letters import telling
from actionhub.letters.models import ChannelName, LetterState
from actionhub.letters.printing import print_letter
from actionhub.letters.showing import Shown, find_letter, letters_of
from actionhub.letters.telling import NotAWay
from actionhub.public import door
from actionhub.public.personal import Notice, WayOn, nothing_here, personal, refuse_foreign, tell
from actionhub.tokens import BadToken, Purpose, StaleToken

#: How long a link opens its letter; a person's own page has fresh ones.
OPENS_FOR = timedelta(days=1)

#: What is still to do, by the way that a letter goes.
TO_DO = {
    ChannelName.FORM: _l(
        "Put it into the office’s own form: we know of no email address of theirs."
    ),
    ChannelName.PHONE: _l("Call the office: we know of no email address and no form of theirs."),
    ChannelName.PRINT: _l("Print and post it: we know of no email address of theirs."),
}
#: How it went, once its writer said so.
SENT_BY = {
    ChannelName.FORM: _l("You sent it by the office’s form on %(date)s, as you told us."),
    ChannelName.PHONE: _l("You called on %(date)s, as you told us."),
    ChannelName.PRINT: _l("You sent it on paper on %(date)s, as you told us."),
}

#: How one stands that we hand to Congress's own system.
BY_CWC = {
    LetterState.WAITING: _l("It waits to be handed to Congress’s own system. Not sent yet."),
    LetterState.QUEUED: _l("It is on its way to Congress’s own system. Not accepted yet."),
    LetterState.FAILED: _l("Congress’s own system did not take it. You can still send it so:"),
}


@dataclass(frozen=True)
class LetterCard:
    """A letter as its writer sees it in a list: to whom, how it stands, where it opens."""

    letter: Shown
    state: str
    address: str


def cards_of(signature_id: int) -> list[LetterCard]:
    """The letters of a signature, each with a fresh link."""
    return [
        LetterCard(
            letter,
            state_of(letter),
            url_for(".letter", token=tokens.sign(Purpose.LETTER, letter.id)),
        )
        for letter in letters_of(signature_id)
    ]


@door.get("/letters/<token>")
@personal
def letter(token: str) -> ResponseReturnValue:
    """One letter. Changes nothing."""
    return _show(token)


@door.post("/letters/<token>")
@personal
def say_sent(token: str) -> ResponseReturnValue:
    """Note that its writer sent it by a way of their own."""
    refuse_foreign()
    try:
        letter_id = _read(token)
        find_letter(letter_id)
        telling.say_sent(letter_id, request.form.get("way", "")[:20])
    except NotAWay as refusal:
        db.session.rollback()
        return _show(token, str(refusal))
    except (BadToken, StaleToken, NotFound):
        db.session.rollback()
        return _show(token)
    db.session.commit()
    return redirect(url_for(".letter", token=token), 303)


@door.get("/letters/<token>/letter.pdf")
@personal
def letter_on_paper(token: str) -> ResponseReturnValue:
    """The letter to print, for its writer."""
    try:
        found, signature = find_letter(_read(token))
    except (BadToken, StaleToken, NotFound):
        return _show(token)
    return Response(
        print_letter(found, signature),
        mimetype="application/pdf",
        headers={"Content-Disposition": 'attachment; filename="letter.pdf"'},
    )


def state_of(letter: Shown) -> str:
    """How a letter stands, in a sentence; it is sent only where its office accepted it."""
    if letter.state is LetterState.ACCEPTED and letter.ended_at:
        day = format_date(letter.ended_at, "long")
        if letter.channel is ChannelName.EMAIL:
            return str(_("The office’s mail server accepted it on %(date)s.", date=day))
        if letter.channel is ChannelName.CWC:
            return str(_("Congress’s own system accepted it for the office on %(date)s.", date=day))
        return str(SENT_BY[letter.channel] % {"date": day})
    if letter.state is LetterState.WAITING and letter.channel in TO_DO:
        return str(TO_DO[letter.channel])
    if letter.next_at is not None:
        return _goes_out(letter.next_at.astimezone(letter.addressee.zone))
    if letter.channel is ChannelName.CWC and letter.state in BY_CWC:
        return str(BY_CWC[letter.state])
    told = {
        LetterState.WAITING: _("It is in line: offices get so many an hour. Not sent yet."),
        LetterState.QUEUED: _("It is on its way to the office’s mail server. Not accepted yet."),
        LetterState.FAILED: _("The office’s mail server refused it. You can still send it so:"),
        LetterState.HELD: _("Its mail server did not say whether it came: one of us looks."),
        LetterState.CANCELLED: _("It was stopped before it went, with your signature."),
    }
    return str(told[letter.state])


def _goes_out(local: datetime) -> str:
    """When an office is mailed to, by its own clock."""
    return str(
        _(
            "It goes out in the office’s hours: %(day)s, from %(time)s on (%(zone)s).",
            day=format_date(local, "full", rebase=False),
            time=format_time(local, "short", rebase=False),
            zone=get_timezone_name(local, "short", locale=get_locale()),
        )
    )


def _read(token: str) -> int:
    return int(tokens.read(Purpose.LETTER, token, OPENS_FOR).values[0])


def _show(token: str, problem: str = "") -> ResponseReturnValue:
    try:
        found, signature = find_letter(_read(token))
    except StaleToken:
        return tell(_old_link())
    except (BadToken, NotFound):
        return tell(nothing_here())
    page = render_template(
        "public/letter.html",
        token=token,
        letter=found,
        state=state_of(found),
        signature=signature,
        problem=problem,
    )
    return (page, NotAWay.status) if problem else page


def _old_link() -> Notice:
    return Notice(
        410,
        _("That link has expired"),
        (_("It opened your letter for a day. Your own page has fresh links to all of them."),),
        (WayOn(_("Mail me a link to my page"), url_for(".me")),),
    )
