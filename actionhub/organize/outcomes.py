"""What came of an action: the record, adding to it, striking what was wrong, writing about it."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from actionhub.actions.addressees import Addressee, all_addressees
from actionhub.actions.models import Action
from actionhub.actions.outcome_models import Outcome
from actionhub.actions.outcome_views import (
    KINDS,
    event_of,
    events_of,
    place_of,
    shown_name,
    view_of,
)
from actionhub.actions.outcomes import (
    BadOutcome,
    NotPublished,
    addressees_on,
    its_like,
    record,
    strike,
)
from actionhub.actions.rolls import read_roll
from actionhub.database import db
from actionhub.followups.reporting import draft_report
from actionhub.organize.access import audit, me, needs
from actionhub.organize.blueprint import bp
from actionhub.organize.once import found, locked
from actionhub.organize.outcome_forms import (
    OutcomeForm,
    ReportForm,
    RollForm,
    StrikeForm,
    offered,
)
from actionhub.organize.summaries import summary
from actionhub.organizers.joining import everybody
from actionhub.organizers.models import Role

#: Addressees named at once; more unfold.
FEW = 8
#: Ids that an audit event names one by one.
NAMED_IDS = 5


@bp.get("/actions/<int:action_id>/outcomes")
@needs(Role.VIEWER)
def outcomes(action_id: int) -> ResponseReturnValue:
    row = _published(action_id)
    return render_template(
        "organize/outcomes.html",
        action=row,
        summary=summary(action_id),
        events=events_of(action_id),
        kinds=KINDS,
        few=FEW,
        names={person.id: person.shown_name for person in everybody()},
    )


@bp.route("/actions/<int:action_id>/outcomes/new", methods=["GET", "POST"])
@needs(Role.ORGANIZER)
def record_outcome(action_id: int) -> ResponseReturnValue:
    row, form = _published(action_id), OutcomeForm()
    addressed = all_addressees(row)
    if len(addressed) == 1:
        form.who.data = addressed[0].key
    if not form.validate_on_submit():
        return _page(form, row, addressed), 422 if form.errors else 200
    row = locked(Action, action_id)
    roll = read_roll(form.who.data or "", addressees_on(row, form.happened_on.data))
    if len(roll.keys) != 1:
        form.who.errors = list(roll.problems)
        return _page(form, row, addressed), 422
    return _recorded(form, row, roll.keys, addressed)


@bp.route("/actions/<int:action_id>/outcomes/many", methods=["GET", "POST"])
@needs(Role.ORGANIZER)
def record_roll(action_id: int) -> ResponseReturnValue:
    """First shows whom the lines name; the same lines sent again are recorded."""
    row, form = _published(action_id), RollForm()
    if not form.validate_on_submit():
        return _page(form, row), 422 if form.errors else 200
    row = locked(Action, action_id)
    known = addressees_on(row, form.happened_on.data)
    roll = read_roll(form.who.data or "", known)
    named = tuple(known[key] for key in roll.keys)
    if roll.problems or not named:
        form.who.errors = list(roll.problems)
        return _page(form, row, named=named), 422
    if not form.is_current("\n".join(roll.keys)):
        form.show("\n".join(roll.keys))
        return _page(form, row, named=named)
    return _recorded(form, row, roll.keys, named=named)


@bp.route("/outcomes/<int:outcome_id>/strike", methods=["GET", "POST"])
@needs(Role.ORGANIZER)
def strike_outcome(outcome_id: int) -> ResponseReturnValue:
    row, form = found(Outcome, outcome_id), StrikeForm()
    back = url_for("organize.outcomes", action_id=row.action_id)
    if not form.validate_on_submit():
        page = render_template(
            "organize/outcome_strike.html",
            form=form,
            outcome=view_of(row),
            like=[view_of(one) for one in its_like(row)],
            summary=summary(row.action_id),
            back=back,
        )
        return page, 422 if form.errors else 200
    locked(Action, row.action_id)
    struck = strike(row, me().id, with_its_like=form.which.data == "all")
    if struck:
        audit("strike", "action", row.action_id, _pointers(struck))
        db.session.commit()
        flash(
            ngettext(
                "%(num)d struck: it left the public page, and stays in this list.",
                "%(num)d struck: they left the public page, and stay in this list.",
                len(struck),
            )
        )
    return redirect(back)


@bp.post("/outcomes/<int:outcome_id>/followup")
@needs(Role.ORGANIZER)
def report_outcome(outcome_id: int) -> ResponseReturnValue:
    """Draft a follow-up that tells of it; an organizer reads it, mends it, sends it."""
    row, form = found(Outcome, outcome_id), ReportForm()
    if not form.validate_on_submit() or not form.is_first():
        return redirect(url_for("organize.action", action_id=row.action_id))
    follow_up = draft_report(event_of(row), me().id)
    audit("draft", "followup", follow_up.id)
    db.session.commit()
    flash(_("A draft is written and nothing is sent. Read it, put it in your words, then send it."))
    return redirect(url_for("organize.edit_followup", followup_id=follow_up.id))


def _recorded(
    form: OutcomeForm,
    row: Action,
    keys: tuple[str, ...],
    addressed: tuple[Addressee, ...] = (),
    named: tuple[Addressee, ...] = (),
) -> ResponseReturnValue:
    if not form.is_first():
        return redirect(url_for("organize.outcomes", action_id=row.id))
    try:
        made = record(row, keys, form.deed(), me().id)
    except BadOutcome as refused:
        db.session.rollback()
        form.refuse(refused)
        return _page(form, found(Action, row.id), addressed, named), refused.status
    if made:
        audit("record", "action", row.id, [made[0].kind.value, *_pointers(made)])
    db.session.commit()
    _tell(len(made), len(keys) - len(made))
    return redirect(url_for("organize.outcomes", action_id=row.id))


def _tell(made: int, stood: int) -> None:
    if made:
        flash(
            ngettext(
                "%(num)d recorded. The action’s page shows it now.",
                "%(num)d recorded. The action’s page shows them now.",
                made,
            )
        )
    if stood:
        flash(
            ngettext(
                "%(num)d stood there already, so nothing was added for it.",
                "%(num)d stood there already, so nothing was added for them.",
                stood,
            )
        )


def _pointers(rows: list[Outcome]) -> list[str]:
    """What an audit event tells of outcomes: the ids of a few, the number of many."""
    first = [f"outcome {row.id}" for row in rows[:NAMED_IDS]]
    return first if len(rows) <= NAMED_IDS else [*first, f"{len(rows)} outcomes"]


def _published(action_id: int) -> Action:
    """The action, which was published. Raises NotFound, NotPublished."""
    row = found(Action, action_id)
    if row.text_number == 0:
        raise NotPublished
    return row


def _page(
    form: OutcomeForm,
    row: Action,
    addressed: tuple[Addressee, ...] = (),
    named: tuple[Addressee, ...] = (),
) -> str:
    return render_template(
        "organize/outcome_record.html",
        form=form,
        action=row,
        summary=summary(row.id),
        many=isinstance(form, RollForm),
        only=addressed[0] if len(addressed) == 1 else None,
        offered=offered(addressed),
        named=[
            (shown_name(one.title, one.name), place_of(one.state, one.district, one.office))
            for one in named
        ],
    )
