"""A person's own page, opened by its link: what I signed, and what I can do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any

from flask import Response, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from actionhub import clock, tokens
from actionhub.actions.models import ActionKind
from actionhub.database import db
from actionhub.errors import NotFound
from actionhub.letters import stopping
from actionhub.privacy import asking, erasing, showing, taking
from actionhub.public import door
from actionhub.public.confirming import who_sees
from actionhub.public.languages import current_locale
from actionhub.public.leaving import come_back, wording_of_return
from actionhub.public.letters import LetterCard, cards_of
from actionhub.public.personal import Notice, WayOn, nothing_here, personal, refuse_foreign, tell
from actionhub.signatures import emails
from actionhub.signatures.models import SignatureState
from actionhub.supporters import subscribing
from actionhub.tokens import BadToken, Purpose, StaleToken

#: How long a link opens the page; an older one only leaves, and mails a fresh one.
OPENS_FOR = timedelta(days=1)


@dataclass(frozen=True)
class Own:
    """Whose page it is, and the link that opened it."""

    token: str
    supporter_id: int


def opened(view: Callable[..., ResponseReturnValue]) -> Callable[..., Response]:
    """Tell a view whose link it is; an older or a broken link gets a page of its own."""

    @personal
    @wraps(view)
    def open_page(token: str, **rest: Any) -> ResponseReturnValue:
        if request.method == "POST":
            refuse_foreign()
        try:
            supporter_id = owner_of(token, OPENS_FOR)
        except StaleToken:
            return render_template("public/me_old.html", token=token), 410
        except (BadToken, NotFound):
            return tell(nothing_here())
        return view(Own(token, supporter_id), **rest)

    return open_page


def owner_of(token: str, max_age: timedelta | None) -> int:
    """Whose link it is. Raises BadToken, StaleToken, NotFound once they are erased."""
    return asking.known_supporter(int(tokens.read(Purpose.ME, token, max_age).values[0]))


@door.get("/me/<token>")
@opened
def my_page(own: Own) -> ResponseReturnValue:
    """What I signed and agreed to, and what I can do about it."""
    page = showing.what_i_signed(own.supporter_id, current_locale())
    return render_template(
        "public/me.html",
        token=own.token,
        page=page,
        cards=[_card(signed) for signed in page.signatures],
        wording=wording_of_return(),
    )


@door.get("/me/<token>/data")
@opened
def take_along(own: Own) -> ResponseReturnValue:
    """Everything we hold on me, as a JSON file."""
    response = jsonify(taking.export(own.supporter_id))
    name = f"my-data-{clock.now():%Y-%m-%d}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@door.get("/me/<token>/signatures/<int:signature_id>/withdraw")
@opened
def ask_to_withdraw_mine(own: Own, signature_id: int) -> ResponseReturnValue:
    """Ask once before one of my signatures is taken back."""
    mine = _mine(own.supporter_id, signature_id)
    back = url_for(".my_page", token=own.token)
    return render_template("public/withdraw.html", title=mine.title, back=back)


@door.post("/me/<token>/signatures/<int:signature_id>/withdraw")
@opened
def withdraw_mine(own: Own, signature_id: int) -> ResponseReturnValue:
    """Take one of my signatures back."""
    stopping.withdraw(_mine(own.supporter_id, signature_id).signature_id)
    db.session.commit()
    return redirect(url_for(".my_page", token=own.token), 303)


@door.post("/me/<token>/return")
@opened
def return_to_follow_ups(own: Own) -> ResponseReturnValue:
    """Become a member again, by the sentence beside the button."""
    come_back(own.supporter_id)
    db.session.commit()
    return redirect(url_for(".my_page", token=own.token), 303)


@door.get("/me/<token>/erase")
@opened
def ask_to_erase(own: Own) -> ResponseReturnValue:
    """Say exactly what erasing does, and ask once."""
    page = showing.what_i_signed(own.supporter_id)
    standing = [signed for signed in page.signatures if signed.can_withdraw]
    staying = sum(signed.delivered_at is not None for signed in standing)
    return render_template(
        "public/erase.html",
        token=own.token,
        page=page,
        staying=staying,
        leaving=len(standing) - staying,
    )


@door.post("/me/<token>/erase")
@opened
def erase_me(own: Own) -> ResponseReturnValue:
    """Erase everything; every link of mine opens nothing from here on."""
    erasing.erase(own.supporter_id)
    db.session.commit()
    return redirect(url_for(".erased"), 303)


@door.get("/me/erased")
def erased() -> ResponseReturnValue:
    """What stands after an erasure; it knows nobody."""
    return render_template("public/erased.html")


@door.post("/me/<token>/leave")
@personal
def leave_from_page(token: str) -> ResponseReturnValue:
    """Stop the follow-ups; a link of any age may."""
    refuse_foreign()
    try:
        subscribing.leave(owner_of(token, None))
    except (BadToken, NotFound):
        db.session.rollback()
        return tell(nothing_here())
    db.session.commit()
    try:
        owner_of(token, OPENS_FOR)
    except StaleToken:
        return tell(_left_by_an_old_link(token))
    return redirect(url_for(".my_page", token=token), 303)


@door.post("/me/<token>/fresh")
@personal
def mail_fresh_link(token: str) -> ResponseReturnValue:
    """Mail a fresh link in the place of an old one, to the address it belongs to."""
    refuse_foreign()
    try:
        asking.mail_fresh_link(owner_of(token, None), current_locale())
    except (BadToken, NotFound):
        return tell(nothing_here())
    db.session.commit()
    return redirect(url_for(".asked"), 303)


@dataclass(frozen=True)
class Card:
    """One signature as its owner sees it: what became of it, where it is from, who sees it."""

    signed: showing.Signed
    stands: bool
    state: str
    place: str
    shown: str
    is_letter: bool
    letters: list[LetterCard]


def _card(signed: showing.Signed) -> Card:
    writes = signed.action is not None and signed.action.kind is ActionKind.LETTER
    return Card(
        signed=signed,
        stands=signed.state is SignatureState.CONFIRMED,
        state=_state_of(signed, writes),
        place=emails.place_of(signed.zip, signed.country, current_locale()),
        shown=who_sees(signed.display),
        is_letter=writes,
        letters=cards_of(signed.signature_id) if writes else [],
    )


def _state_of(signed: showing.Signed, writes: bool) -> str:
    """What became of a signature, in a sentence."""
    if signed.superseded:
        return str(_("Your newer signature under the changed words took its place."))
    if signed.state is SignatureState.CONFIRMED and signed.delivered_at is not None:
        return str(_("Confirmed and delivered."))
    if signed.state is SignatureState.CONFIRMED and writes:
        return str(_("Confirmed: it counts. How each letter stands is told below."))
    told = {
        SignatureState.PENDING: _("Not confirmed yet: press the button our mail leads to."),
        SignatureState.CONFIRMED: _("Confirmed: it counts, and goes out with the next delivery."),
        SignatureState.WITHDRAWN: _("You withdrew it. It does not count."),
        SignatureState.QUARANTINED: _("One of us looks at it before it counts."),
        SignatureState.REMOVED: _("The organizers removed it. It does not count."),
    }
    return str(told[signed.state])


def _mine(supporter_id: int, signature_id: int) -> showing.Signed:
    """One of my own signatures. Raises NotFound for anybody else's."""
    for mine in showing.what_i_signed(supporter_id).signatures:
        if mine.signature_id == signature_id:
            return mine
    raise NotFound(_("There is nothing here."))


def _left_by_an_old_link(token: str) -> Notice:
    return Notice(
        200,
        _("You have left"),
        (
            _("You get no more follow-ups, from this moment on."),
            _("Your signatures stay and still count."),
        ),
        (WayOn(_("Mail me a fresh link"), url_for(".mail_fresh_link", token=token), posts=True),),
    )
