"""An action's signatures: those kept aside for a look, and finding one by name."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import func, select
from wtforms import RadioField
from wtforms.validators import InputRequired

from actionhub.actions.models import Action
from actionhub.database import db
from actionhub.letters import stopping
from actionhub.organize.access import audit, needs
from actionhub.organize.blueprint import bp
from actionhub.organize.choices import Choice, TickList
from actionhub.organize.forms import Form
from actionhub.organize.once import found
from actionhub.organize.summaries import summary
from actionhub.organizers.models import Role
from actionhub.signatures import quarantine
from actionhub.signatures.models import NameDisplay, Signature, SignatureState

PAGE = 100

STATES = {
    SignatureState.QUARANTINED: _l("Kept aside"),
    SignatureState.CONFIRMED: _l("Confirmed"),
    SignatureState.PENDING: _l("Not confirmed yet"),
    SignatureState.WITHDRAWN: _l("Withdrawn"),
    SignatureState.REMOVED: _l("Removed"),
}
REASONS = {
    "limit": _l("many from one network at once"),
    "honeypot": _l("filled in the field that people do not see"),
    "address": _l("many names on one address"),
    "organizer": _l("removed by an organizer"),
    "erased": _l("erased at their wish"),
    "superseded": _l("signed again under newer words"),
}
DISPLAYS = {
    NameDisplay.PUBLIC: _l("name shown"),
    NameDisplay.TARGET: _l("name to the target only"),
    NameDisplay.PROTECTED: _l("name protected"),
}


class SortForm(Form):
    """What to do with the ticked ones."""

    ids = TickList(_l("Signatures"))
    verb = RadioField(choices=[Choice("release"), Choice("remove")], validators=[InputRequired()])


@bp.get("/actions/<int:action_id>/signatures")
@needs(Role.ORGANIZER)
def signatures(action_id: int) -> ResponseReturnValue:
    found(Action, action_id)
    numbers = _numbers(action_id)
    default = next(iter(state for state in STATES if numbers[state]), SignatureState.CONFIRMED)
    wish = request.args.get("state", "")
    state = SignatureState(wish) if wish in list(SignatureState) else default
    search = request.args.get("q", "").strip()
    rows = _rows(action_id, state, search, request.args.get("after", type=int))
    return render_template(
        "organize/signatures.html",
        summary=summary(action_id),
        form=SortForm(formdata=None),
        rows=rows[:PAGE],
        older=rows[PAGE - 1].id if len(rows) > PAGE else None,
        state=state,
        search=search,
        numbers=numbers,
        states=STATES,
        reasons=REASONS,
        displays=DISPLAYS,
    )


@bp.post("/actions/<int:action_id>/signatures")
@needs(Role.ORGANIZER)
def sort_signatures(action_id: int) -> ResponseReturnValue:
    form = SortForm()
    own = select(Signature.id).where(
        Signature.action_id == action_id,
        Signature.id.in_(request.form.getlist("ids", type=int)[: 10 * PAGE]),
    )
    form.ids.offer((row_id, "") for row_id in db.session.scalars(own))
    back = redirect(url_for("organize.signatures", action_id=action_id, state=_state_shown()))
    if not form.validate_on_submit() or not form.ids.data:
        flash(_("Tick the signatures first."))
        return back
    release = form.verb.data == "release"
    done = (quarantine.release if release else stopping.remove)(form.ids.data)
    for signature_id in form.ids.data:
        audit("release" if release else "remove", "signature", signature_id)
    db.session.commit()
    flash(
        ngettext(
            "%(num)d signature goes on: its owner is asked to confirm.",
            "%(num)d signatures go on: their owners are asked to confirm.",
            done,
        )
        if release
        else ngettext("%(num)d signature is removed.", "%(num)d signatures are removed.", done)
    )
    return back


def _state_shown() -> str | None:
    asked = request.form.get("state", "")
    return asked if asked in list(SignatureState) else None


def _numbers(action_id: int) -> dict[SignatureState, int]:
    counted = (
        select(Signature.state, func.count())
        .where(Signature.action_id == action_id)
        .group_by(Signature.state)
    )
    found = {state: count for state, count in db.session.execute(counted)}  # noqa: C416
    return dict.fromkeys(STATES, 0) | found


def _rows(action_id: int, state: SignatureState, search: str, after: int | None) -> list[Signature]:
    query = select(Signature).where(Signature.action_id == action_id, Signature.state == state)
    if search:
        query = query.where(Signature.name.icontains(search, autoescape=True))
    if after is not None:
        query = query.where(Signature.id < after)
    return list(db.session.scalars(query.order_by(Signature.id.desc()).limit(PAGE + 1)))
