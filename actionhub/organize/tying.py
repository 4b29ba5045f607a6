"""Which releases an action answers: tie them, untie them."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from actionhub.actions.models import Action, ActionState
from actionhub.actions.tying import tie, tied_to, untie
from actionhub.database import db
from actionhub.followups.announcing import announce
from actionhub.newsroom.models import PressRelease
from actionhub.organize.access import audit, needs
from actionhub.organize.blueprint import bp
from actionhub.organize.choices import TickList
from actionhub.organize.forms import Form
from actionhub.organize.once import found
from actionhub.organize.summaries import summary
from actionhub.organizers.models import Role


class TieForm(Form):
    releases = TickList(_l("Releases"))


@bp.route("/actions/<int:action_id>/releases", methods=["GET", "POST"])
@needs(Role.ORGANIZER)
def tie_releases(action_id: int) -> ResponseReturnValue:
    action = found(Action, action_id)
    search = request.values.get("q", "").strip()
    form = TieForm()
    form.releases.offer((row.id, row) for row in _untied(action_id, search))
    if not form.validate_on_submit() or not form.releases.data:
        page = render_template(
            "organize/tie.html", form=form, summary=summary(action_id), search=search
        )
        return page, 422 if form.errors else 200
    drafted = 0
    for release_id in form.releases.data:
        if tie(action_id, release_id):
            audit("tie", "action", action_id, [f"release {release_id}"])
            if action.state is ActionState.OPEN and announce(action_id, release_id) is not None:
                drafted += 1
    db.session.commit()
    if drafted:
        flash(_("Tied. A follow-up that tells members of it waits for your approval."))
    else:
        flash(_("Tied. The call to action stands beside the text now."))
    return redirect(url_for("organize.action", action_id=action_id))


@bp.post("/actions/<int:action_id>/untie/<int:release_id>")
@needs(Role.ORGANIZER)
def untie_release(action_id: int, release_id: int) -> ResponseReturnValue:
    found(Action, action_id)
    if untie(action_id, release_id):
        audit("untie", "action", action_id, [f"release {release_id}"])
        db.session.commit()
        flash(_("Untied. The release stays; the call to action left its page."))
    return redirect(url_for("organize.action", action_id=action_id))


def _untied(action_id: int, search: str) -> list[PressRelease]:
    query = (
        select(PressRelease)
        .where(PressRelease.id.not_in(tied_to(action_id)))
        .where(PressRelease.title.icontains(search, autoescape=True))
        .order_by(PressRelease.released_on.desc(), PressRelease.id.desc())
        .limit(50)
    )
    return list(db.session.scalars(query))
