"""Confirming a signature by its mailed link: one button, and only its POST confirms."""

from __future__ import annotations

from datetime import timedelta

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import gettext as _

from actionhub import clock, links, tokens
from actionhub.actions.models import Action, ActionKind
from actionhub.actions.showing import ActionView, actions_by_id
from actionhub.config import settings
from actionhub.congress.geocoding import StreetAddress
from actionhub.congress.states import NAMES
from actionhub.database import db
from actionhub.errors import ActionHubError
from actionhub.letters import confirming as confirming_letters
from actionhub.letters import stopping
from actionhub.public import door, refusals
from actionhub.public.foretelling import empty_words, foretell, place_of
from actionhub.public.languages import current_locale
from actionhub.public.letters import cards_of
from actionhub.public.personal import nothing_here, personal, refuse_foreign, tell
from actionhub.public.posts import clean
from actionhub.public.sender_forms import SenderForm, may_ask, sender_form
from actionhub.public.sharing import share
from actionhub.public.streets import district_of
from actionhub.signatures import confirming, counts, districts, emails, streets
from actionhub.signatures.confirming import Confirmable
from actionhub.signatures.districts import NotTheirs, Question
from actionhub.signatures.models import NameDisplay, SignatureState
from actionhub.signatures.streets import NotLookedUp
from actionhub.supporters import subscribing

#: How long a confirming link may also withdraw and names its owner; later, /me does.
SHOWS_ITS_OWNER_FOR = timedelta(days=1)


@door.get("/confirm/<token>")
@personal
def confirm(token: str) -> ResponseReturnValue:
    """What the link is about, as it stands now. Changes nothing: mail scanners open links too."""
    return _show(token)


@door.post("/confirm/<token>")
@personal
def confirm_posting(token: str) -> ResponseReturnValue:
    """Confirm the posting that this link was mailed for; once or more often, the same answer."""
    refuse_foreign()
    try:
        sender = sender_form(confirming.look_up(token)) if may_ask() else None
        if sender and not sender.validate():
            return _show(token, sender=sender)
        confirming_letters.confirm(token, sender.sender if sender else None)
    except ActionHubError:
        db.session.rollback()
        return _show(token)
    db.session.commit()
    return redirect(url_for(".confirm", token=token), 303)


@door.get("/confirm/<token>/withdraw")
@personal
def ask_to_withdraw(token: str) -> ResponseReturnValue:
    """Ask once before a signature is taken back."""
    found = _own(token)
    if found is None:
        return _show(token)
    action = actions_by_id([found.action_id], current_locale())[found.action_id]
    return render_template(
        "public/withdraw.html", title=action.title, back=url_for(".confirm", token=token)
    )


@door.post("/confirm/<token>/withdraw")
@personal
def withdraw(token: str) -> ResponseReturnValue:
    """Take the signature back; the page then says so."""
    refuse_foreign()
    found = _own(token)
    if found is None:
        return _show(token)
    stopping.withdraw(found.signature_id)
    db.session.commit()
    return redirect(url_for(".confirm", token=token), 303)


@door.post("/confirm/<token>/district")
@personal
def choose_district(token: str) -> ResponseReturnValue:
    """Keep the district that the signature's owner chose; the page then names who sits for it."""
    refuse_foreign()
    found = _own(token)
    if found is None or _is_a_letter(found):
        return _show(token)
    try:
        districts.choose(found.signature_id, request.form.get("district", "")[:10])
    except NotTheirs as refusal:
        db.session.rollback()
        return _show(token, str(refusal))
    db.session.commit()
    return redirect(url_for(".confirm", token=token, _anchor="district"), 303)


@door.post("/confirm/<token>/street")
@personal
def find_district(token: str) -> ResponseReturnValue:
    """Keep the district of the street that the signature's owner typed; the street is not kept."""
    refuse_foreign()
    found = _own(token)
    street = clean(request.form.get("street", ""))
    if found is None or _is_a_letter(found) or found.us_district is not None:
        return _show(token)
    if not street:
        return _show(token, str(_("Enter your street and number.")))
    where = StreetAddress(street=street, zip=(found.zip or "")[:5])
    try:
        place = district_of(where)
    except NotLookedUp as refusal:
        db.session.rollback()
        return _show(token, str(refusal))
    if _own(token) is None:  # withdrawn while we asked
        return _show(token)
    districts.keep_found(found.signature_id, place)
    db.session.commit()
    return redirect(url_for(".confirm", token=token, _anchor="district"), 303)


def _own(token: str) -> Confirmable | None:
    """The confirmed signature that this link may still withdraw, if it may."""
    try:
        found = confirming.look_up(token)
    except ActionHubError:
        return None
    fresh = _is_fresh(token) and found.state is SignatureState.CONFIRMED
    return found if fresh else None


def _is_fresh(token: str) -> bool:
    signed_at = tokens.read(tokens.Purpose.CONFIRM, token).signed_at
    return clock.now() - signed_at <= SHOWS_ITS_OWNER_FOR


def _show(token: str, problem: str = "", sender: SenderForm | None = None) -> ResponseReturnValue:
    try:
        found = confirming.look_up(token)
    except ActionHubError:
        return tell(nothing_here())
    action = actions_by_id([found.action_id], current_locale())[found.action_id]
    if found.state is SignatureState.CONFIRMED:
        page = _thank(token, found, action, problem)
        return page if not problem else (page, 422)
    if found.can_confirm:
        page = render_template(
            "public/confirm.html",
            token=token,
            posting=found,
            action=action,
            place=emails.place_of(found.zip, found.country, current_locale()),
            shown=who_sees(found.display),
            foretold=foretell(found) if action.kind is ActionKind.LETTER else None,
            pending_days=settings().retention.pending_signature_days,
            sender=sender or (sender_form(found) if may_ask() else None),
            street_days=settings().retention.letter_street_days,
        )
        return page if sender is None else (page, 422)
    return tell(refusals.why_not(found, action))


def _thank(token: str, found: Confirmable, action: ActionView, problem: str) -> str:
    """The moment: the number, what happens next and when, one thing to do now."""
    number, fresh = confirming.number_of(found.signature_id), _is_fresh(token)
    confirmed = max(number, counts.counts_of(action.id).confirmed)
    path = links.action_path(action.slug, current_locale())
    asked = _question(found, action) if fresh else None
    said = _("I signed “%(title)s”. Will you?", title=action.title)
    return render_template(
        "public/confirmed.html",
        token=token,
        posting=found,
        action=action,
        number=number,
        confirmed=confirmed,
        goal=counts.goal_for(action.goal, confirmed),
        letters=cards_of(found.signature_id) if fresh else [],
        empty=_empty_seats(found, action) if fresh else [],
        member=districts.member_of(found.us_state, found.us_district) if asked else None,
        steps=_next_steps(found, action, fresh=fresh),
        share=share(path, said),
        fresh=fresh,
        asked=asked,
        states=NAMES,
        service=streets.service_name(),
        street=request.form.get("street", "")[:100],
        problem=problem,
    )


def _empty_seats(found: Confirmable, action: ActionView) -> list[str]:
    if action.kind is not ActionKind.LETTER:
        return []
    return empty_words(db.session.get_one(Action, action.id), place_of(found))


def _question(found: Confirmable, action: ActionView) -> Question | None:
    """Where they live, if that is not known; a letter asked before it was taken."""
    if action.kind is ActionKind.LETTER:
        return None
    return districts.question(found.zip, found.country, request.args.get("state"))


def _is_a_letter(found: Confirmable) -> bool:
    """Whether its district is settled: a letter asked before it was taken."""
    return db.session.get_one(Action, found.action_id).kind is ActionKind.LETTER


def _next_steps(found: Confirmable, action: ActionView, *, fresh: bool) -> list[tuple[str, str]]:
    """What happens and when, as (when, what)."""
    if subscribing.is_member(found.supporter_id):
        news = _("We write to you, as you asked. One click in any mail ends it.")
    else:
        news = _(
            "You get no mail, as you did not ask for it. What came of this stands on its page."
        )
    later = [(_("When there is news"), news)]
    if action.kind is not ActionKind.LETTER:
        later.insert(0, (_("With the next delivery"), _delivery(found, action)))
    if not fresh:
        return later
    receipt = _("A receipt is on its way to your mailbox, with the link to your own page.")
    return [(_("Now"), receipt), *later]


def _delivery(found: Confirmable, action: ActionView) -> str:
    if found.display is NameDisplay.PROTECTED:
        goes = _(
            "Your signature goes to %(target)s, counted, with your name withheld.",
            target=action.target_name,
        )
    else:
        goes = _("Your signature goes to %(target)s, with your name.", target=action.target_name)
    if action.closes_at is None or not action.is_open:
        return str(goes)
    day = format_date(action.closes_at.astimezone(settings().timezone), "long")
    return " ".join((goes, _("Signing closes on %(date)s.", date=day)))


def who_sees(display: NameDisplay) -> str:
    """Who sees the name, in a sentence."""
    told = {
        NameDisplay.PUBLIC: _("Everybody: it may stand on the action’s page."),
        NameDisplay.TARGET: _("Only those we deliver it to."),
        NameDisplay.PROTECTED: _("Nobody: you are counted, and your name is withheld."),
    }
    return str(told[display])
