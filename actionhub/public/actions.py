"""The pages of actions: all open ones, one with its form, its thanks, its count."""

from __future__ import annotations

from flask import Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from actionhub import links
from actionhub.actions.models import ActionKind
from actionhub.actions.outcome_views import outcomes_of
from actionhub.actions.showing import find_action, open_actions
from actionhub.actions.states import ActionClosed
from actionhub.congress.states import NAMES as STATE_NAMES
from actionhub.letters.showing import sketch
from actionhub.public import door
from actionhub.public.cards import Card, cards
from actionhub.public.countries import countries
from actionhub.public.forms import SigningForm
from actionhub.public.languages import current_locale
from actionhub.public.letter_forms import LetterForm
from actionhub.public.pages import kept
from actionhub.public.sharing import share
from actionhub.public.signing import Refused, consent_wording, form_for, post_signature
from actionhub.signatures.counts import counts_of
from actionhub.signatures.listing import public_names

#: What stands before the one whom an action addresses.
ADDRESSED = {
    ActionKind.PETITION: _l("Petition to"),
    ActionKind.LETTER: _l("Letter to"),
}
#: Names shown under an action.
NAMES = 24
#: Addressees whose record shows at once; the rest unfolds.
RECORDS = 8


@door.get("/actions")
@kept
def actions() -> str:
    """The open actions, the newest first."""
    return render_template("public/actions.html", cards=cards(open_actions(current_locale())))


@door.get("/actions/<slug>")
@kept
def action(slug: str) -> ResponseReturnValue:
    """One action with its form."""
    return render_template("public/action.html", **_action_page(slug))


@door.post("/actions/<slug>")
def sign_action(slug: str) -> ResponseReturnValue:
    """Sign it: 303 to its thanks, 422 with the form as typed, 410 when it is closed."""
    try:
        answer = post_signature(slug, request.args.get("release"))
    except ActionClosed:
        return closed_page(slug)
    if not isinstance(answer, Refused):
        return answer
    page = _action_page(slug, answer.form)
    return render_template(
        "public/action.html", **page | {"refused": True, "outdated": answer.outdated}
    ), 422


@door.get("/actions/<slug>/thanks")
@kept
def thanks(slug: str) -> str:
    """The same page for a first and a repeated signature."""
    view = find_action(slug, current_locale())
    block = share(links.action_path(slug, current_locale()), view.ask)
    return render_template("public/thanks.html", card=cards([view])[0], share=block)


@door.get("/actions/<slug>/count.json")
@kept
def count(slug: str) -> Response:
    """`confirmed`, `pending`, `goal`, and `as_of` (ISO 8601, UTC)."""
    counts = counts_of(find_action(slug, current_locale()).id)
    return jsonify(
        confirmed=counts.confirmed,
        pending=counts.pending,
        goal=counts.goal,
        as_of=counts.as_of_at.isoformat(),
    )


def closed_page(slug: str) -> ResponseReturnValue:
    """What a form posted too late gets: nothing was stored, and where to go on."""
    view = find_action(slug, current_locale())
    return render_template("public/too_late.html", card=cards([view])[0]), ActionClosed.status


def form_part(card: Card | None, form: SigningForm | None) -> dict[str, object]:
    """What `_sign.html` needs beside the card: the form as posted, or a new one."""
    kind = card.action.kind if card else ActionKind.PETITION
    letter = sketch(card.action.text_id) if card and kind is ActionKind.LETTER else None
    if form is None:
        form = form_for(kind)
        if letter and isinstance(form, LetterForm):
            form.begin(letter)
    return {
        "card": card,
        "form": form,
        "letter": letter,
        "states": STATE_NAMES,
        "open": form.unfolded(),
        "consent": consent_wording(),
        "countries": countries(current_locale()),
    }


def _action_page(slug: str, form: SigningForm | None = None) -> dict[str, object]:
    view = find_action(slug, current_locale())
    (card,) = cards([view])
    names = public_names(view.id, NAMES)
    return form_part(card, form) | {
        "names": names,
        "addressed": ADDRESSED[view.kind],
        "records": outcomes_of(view.id),
        "records_shown": RECORDS,
    }
