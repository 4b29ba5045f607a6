"""Whom an action reaches by its rule: for a ZIP, and in all."""

from __future__ import annotations

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from actionhub.actions.models import Action, TargetKind
from actionhub.actions.targets import reach_in_all, reach_of_zip, rule_of
from actionhub.congress import loading, looking
from actionhub.congress.states import NAMES
from actionhub.congress.titles import TITLES
from actionhub.organize.access import needs
from actionhub.organize.blueprint import bp
from actionhub.organize.once import found
from actionhub.organize.summaries import summary
from actionhub.organizers.models import Role


@bp.get("/actions/<int:action_id>/reach")
@needs(Role.VIEWER)
def reach(action_id: int) -> ResponseReturnValue:
    row = found(Action, action_id)
    rule = rule_of(row)
    if rule.kind is TargetKind.NAMED:
        abort(404)
    if rule.kind is TargetKind.LIST:
        return redirect(url_for("organize.list_of_people", list_id=int(rule.detail or 0)))
    typed = request.args.get("zip", "").strip()[:20]
    code = looking.five_digits(typed)
    return render_template(
        "organize/reach.html",
        action=row,
        summary=summary(action_id),
        target=row.targets[0],
        can_look_up=loading.can_look_up(),
        typed=typed,
        found=reach_of_zip(rule, code) if code else None,
        all=reach_in_all(rule),
        states=NAMES,
        titles=TITLES,
    )
