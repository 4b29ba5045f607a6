"""Publishing an action, closing it, opening it again."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from actionhub import clock
from actionhub.actions import publishing
from actionhub.actions.drafting import has_unpublished_words
from actionhub.actions.models import Action, ActionState
from actionhub.actions.showing import preview_action
from actionhub.actions.states import NotReady
from actionhub.database import db
from actionhub.letters.showing import sketch_for
from actionhub.organize.access import audit, me, needs
from actionhub.organize.action_forms import PublishForm, ReopenForm
from actionhub.organize.blueprint import bp
from actionhub.organize.once import found, locked
from actionhub.organize.summaries import summary
from actionhub.organizers.models import Role


@bp.route("/actions/<int:action_id>/publish", methods=["GET", "POST"])
@needs(Role.ORGANIZER)
def publish(action_id: int) -> ResponseReturnValue:
    form = PublishForm()
    if not form.is_submitted():
        row = found(Action, action_id)
        form.show(row.updated_at)
        return _page(form, row)
    row = locked(Action, action_id)
    if row.state is ActionState.OPEN and not has_unpublished_words(row):
        # the second press of the button, or a colleague's: it is done already
        return redirect(url_for("organize.action", action_id=action_id))
    if not form.is_current(row.updated_at):
        form.show(row.updated_at)
        return _page(form, row, changed=True), 409
    if not form.validate():
        return _page(form, row), 422
    try:
        publishing.publish(row, me().id, material=form.material.data == "yes")
    except NotReady as missing:
        db.session.rollback()
        return _page(form, found(Action, action_id)), missing.status
    scheduled = row.state is ActionState.SCHEDULED
    audit("schedule" if scheduled else "publish", "action", action_id)
    db.session.commit()
    if scheduled:
        flash(_("Scheduled. It opens by itself at the time you set."))
    else:
        flash(_("Published. It takes signatures from now on."))
    return redirect(url_for("organize.action", action_id=action_id))


@bp.post("/actions/<int:action_id>/unschedule")
@needs(Role.ORGANIZER)
def unschedule(action_id: int) -> ResponseReturnValue:
    row = locked(Action, action_id)
    publishing.unschedule(row)
    audit("unschedule", "action", action_id)
    db.session.commit()
    flash(_("It is a draft again and will not open by itself."))
    return redirect(url_for("organize.action", action_id=action_id))


@bp.post("/actions/<int:action_id>/close")
@needs(Role.ORGANIZER)
def close(action_id: int) -> ResponseReturnValue:
    row = locked(Action, action_id)
    if row.state is not ActionState.CLOSED:
        publishing.close(row)
        audit("close", "action", action_id)
        db.session.commit()
        flash(_("Closed. Its page stays, and takes no more signatures."))
    return redirect(url_for("organize.action", action_id=action_id))


@bp.route("/actions/<int:action_id>/reopen", methods=["GET", "POST"])
@needs(Role.ORGANIZER)
def reopen(action_id: int) -> ResponseReturnValue:
    found(Action, action_id)
    form = ReopenForm()
    if not form.validate_on_submit():
        page = render_template("organize/reopen.html", form=form, summary=summary(action_id))
        return page, 422 if form.errors else 200
    row = locked(Action, action_id)
    try:
        publishing.reopen(row, form.closes_at.moment)
    except NotReady as missing:
        db.session.rollback()
        form.closes_at.errors = list(missing.problems.values())
        page = render_template("organize/reopen.html", form=form, summary=summary(action_id))
        return page, missing.status
    audit("reopen", "action", action_id)
    db.session.commit()
    flash(_("Open again."))
    return redirect(url_for("organize.action", action_id=action_id))


def _page(form: PublishForm, row: Action, changed: bool = False) -> str:
    ahead = row.opens_at is not None and row.opens_at > clock.now()
    view = preview_action(row.id, "en")
    return render_template(
        "organize/publish.html",
        form=form,
        action=row,
        summary=summary(row.id),
        view=view,
        letter=sketch_for(view),
        problems=publishing.problems_of(row),
        ahead=ahead,
        changed=changed,
        unpublished=has_unpublished_words(row),
    )
