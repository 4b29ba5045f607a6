"""Writing an action: a new draft, its words in each language, its goal, target and times."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from actionhub.actions import texts
from actionhub.actions.drafting import draft_action, drop_text, edit_draft, write_text
from actionhub.actions.models import Action, ActionKind
from actionhub.actions.wording import render_markdown
from actionhub.database import db
from actionhub.errors import ActionHubError
from actionhub.newsroom.models import PressRelease
from actionhub.organize.access import audit, me, needs
from actionhub.organize.action_forms import ActionForm, NewActionForm
from actionhub.organize.blueprint import bp
from actionhub.organize.once import found, locked
from actionhub.organize.summaries import summary
from actionhub.organizers.models import Role


@bp.post("/preview")
@needs(Role.ORGANIZER)
def preview() -> ResponseReturnValue:
    """The fragment that stands beside a Markdown field while it is written."""
    return render_markdown(request.form.get("text", "")[:100_000])


@bp.route("/actions/new", methods=["GET", "POST"])
@needs(Role.ORGANIZER)
def new_action() -> ResponseReturnValue:
    form = NewActionForm()
    form.releases.offer(_choices())
    form.target_rule.offer()
    if not form.is_submitted():
        form.releases.data = request.args.getlist("release", type=int)
    if "preview" in request.form or not form.validate_on_submit():
        status = 422 if form.errors else 200
        return _page(form, None), status
    if not form.is_first():
        return redirect(url_for("organize.actions"))
    try:
        row = draft_action(
            **form.words(),
            **form.frame(),
            kind=ActionKind(form.kind.data),
            release_ids=form.releases.data or (),
            organizer_id=me().id,
        )
        _write_spanish(form, row)
    except ActionHubError as refused:
        db.session.rollback()
        form.form_errors.append(str(refused))
        return _page(form, None), refused.status
    audit("draft", "action", row.id)
    db.session.commit()
    flash(_("The draft is saved. Nobody sees it before you publish."))
    return redirect(url_for("organize.action", action_id=row.id))


@bp.route("/actions/<int:action_id>/edit", methods=["GET", "POST"])
@needs(Role.ORGANIZER)
def edit_action(action_id: int) -> ResponseReturnValue:
    form = ActionForm()
    if not form.is_submitted():
        row = found(Action, action_id)
        form.settle(row)
        form.fill(row, texts.versions(action_id, texts.DRAFT))
        form.show(row.updated_at)
        return _page(form, row)
    row = locked(Action, action_id)
    form.settle(row)
    if "preview" in request.form or not form.validate():
        return _page(form, row), 422 if form.errors else 200
    if not form.is_current(row.updated_at):
        theirs = form.differences(row, texts.versions(action_id, texts.DRAFT))
        form.show(row.updated_at)
        return _page(form, row, theirs), 409
    changed = form.changed(row, texts.versions(action_id, texts.DRAFT))
    try:
        edit_draft(row, **form.words(), **form.frame(row))
        _write_spanish(form, row)
    except ActionHubError as refused:
        db.session.rollback()
        form.form_errors.append(str(refused))
        return _page(form, found(Action, action_id)), refused.status
    audit("edit", "action", action_id, changed)
    db.session.commit()
    flash(_("Saved."))
    return redirect(url_for("organize.action", action_id=action_id))


def _write_spanish(form: ActionForm, row: Action) -> None:
    title, ask, body = form.spanish()
    if title or ask or body:
        write_text(row, "es", title, ask, body, form.letter("es_"))
    elif "es" in texts.versions(row.id, texts.DRAFT):
        drop_text(row, "es")


def _choices() -> list[tuple[int, PressRelease]]:
    """The releases to tick: the latest, those that match the search, and the ticked ones."""
    latest = select(PressRelease).order_by(PressRelease.released_on.desc(), PressRelease.id.desc())
    wanted = request.args.getlist("release", type=int) + request.form.getlist("releases", type=int)
    search = request.values.get("q", "").strip()
    listed = latest.where(PressRelease.title.icontains(search, autoescape=True))
    rows = list(db.session.scalars(latest.where(PressRelease.id.in_(wanted))))
    rows += [row for row in db.session.scalars(listed.limit(12)) if row not in rows]
    return [(row.id, row) for row in rows]


def _page(form: ActionForm, row: Action | None, theirs: dict[str, str] | None = None) -> str:
    return render_template(
        "organize/action_edit.html",
        form=form,
        action=row,
        summary=summary(row.id) if row else None,
        theirs=theirs,
        shown=render_markdown(form.body.data or ""),
        shown_es=render_markdown(form.es_body.data or ""),
    )
