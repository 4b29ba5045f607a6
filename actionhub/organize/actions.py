"""The actions: all of them, one with its pictures, its versions, and how its page will look."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from actionhub.actions.drafting import has_unpublished_words
from actionhub.actions.models import Action, ActionText
from actionhub.actions.outcomes import how_many
from actionhub.actions.publishing import problems_of
from actionhub.actions.showing import preview_action
from actionhub.actions.states import STATE_NAMES
from actionhub.config import LOCALES
from actionhub.database import db
from actionhub.followups.writing import of_action
from actionhub.insights.figures import figures_of
from actionhub.letters.showing import sketch_for
from actionhub.organize.access import needs
from actionhub.organize.blueprint import bp
from actionhub.organize.once import found
from actionhub.organize.pictures import pictures_of
from actionhub.organize.summaries import summaries, summary, tied_releases
from actionhub.organizers.models import Organizer, Role
from actionhub.signatures.versions import signed_earlier_words


@bp.get("/actions")
@needs(Role.VIEWER)
def actions() -> ResponseReturnValue:
    return render_template("organize/actions.html", found=summaries(), state_names=STATE_NAMES)


@bp.get("/actions/<int:action_id>")
@needs(Role.VIEWER)
def action(action_id: int) -> ResponseReturnValue:
    row = found(Action, action_id)
    return render_template(
        "organize/action.html",
        action=row,
        summary=summary(action_id),
        state_names=STATE_NAMES,
        target=row.targets[0] if row.targets else None,
        releases=tied_releases(action_id),
        unpublished=has_unpublished_words(row),
        earlier=signed_earlier_words(action_id),
        problems=problems_of(row),
        followups=of_action(action_id),
        recorded=how_many(action_id),
        pictures=pictures_of(figures_of(action_id)) if row.text_number else [],
    )


@bp.get("/actions/<int:action_id>/preview")
@needs(Role.VIEWER)
def action_preview(action_id: int) -> ResponseReturnValue:
    asked = request.args.get("locale", LOCALES[0])
    locale = asked if asked in LOCALES else LOCALES[0]
    view = preview_action(action_id, locale)
    return render_template(
        "organize/action_preview.html", action=view, asked=locale, letter=sketch_for(view)
    )


@bp.get("/actions/<int:action_id>/versions")
@needs(Role.VIEWER)
def versions(action_id: int) -> ResponseReturnValue:
    row = found(Action, action_id)
    query = select(ActionText).where(ActionText.action_id == action_id)
    texts = db.session.scalars(query.order_by(ActionText.number.desc(), ActionText.locale)).all()
    people = {text.published_by for text in texts if text.published_by}
    names = select(Organizer).where(Organizer.id.in_(people))
    return render_template(
        "organize/versions.html",
        action=row,
        summary=summary(action_id),
        published=[text for text in texts if text.number > 0],
        draft=[text for text in texts if text.number == 0],
        unpublished=has_unpublished_words(row),
        names={person.id: person.shown_name for person in db.session.scalars(names)},
    )
