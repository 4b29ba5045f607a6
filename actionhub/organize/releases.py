"""Press releases: the list, writing one by hand, editing one, and bringing some in."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from actionhub.database import db
from actionhub.newsroom import editing
from actionhub.newsroom.importing import ImportReport, UnreadableSource, import_source
from actionhub.newsroom.models import PressRelease
from actionhub.newsroom.sanitising import sanitise
from actionhub.organize.access import audit, needs
from actionhub.organize.blueprint import bp
from actionhub.organize.once import found, locked
from actionhub.organize.release_forms import (
    KIND_NAMES,
    ImportForm,
    NewReleaseForm,
    ReleaseForm,
)
from actionhub.organize.summaries import titles_by_release
from actionhub.organizers.models import Role

PAGE = 50
UPLOADED = "uploaded"


@bp.get("/releases")
@needs(Role.VIEWER)
def releases() -> ResponseReturnValue:
    search = request.args.get("q", "").strip()
    page = max(1, request.args.get("page", 1, type=int))
    query = (
        select(PressRelease)
        .where(PressRelease.title.icontains(search, autoescape=True))
        .order_by(PressRelease.released_on.desc(), PressRelease.id.desc())
        .offset((page - 1) * PAGE)
        .limit(PAGE + 1)
    )
    rows = list(db.session.scalars(query))
    return render_template(
        "organize/releases.html",
        rows=rows[:PAGE],
        more=len(rows) > PAGE,
        page=page,
        search=search,
        tied=titles_by_release([row.id for row in rows]),
        kinds=KIND_NAMES,
    )


@bp.route("/releases/new", methods=["GET", "POST"])
@needs(Role.ORGANIZER)
def new_release() -> ResponseReturnValue:
    form = NewReleaseForm()
    if not form.validate_on_submit():
        return _page(form, None), 422 if form.errors else 200
    if not form.is_first():
        return redirect(url_for("organize.releases"))
    try:
        row = editing.write_release(**form.values())
    except editing.BadRelease as bad:
        return _refused(form, None, bad)
    audit("write", "release", row.id)
    db.session.commit()
    flash(_("The release is in the newsroom."))
    return redirect(url_for("organize.release", release_id=row.id))


@bp.get("/releases/<int:release_id>")
@needs(Role.VIEWER)
def release(release_id: int) -> ResponseReturnValue:
    row, form = found(PressRelease, release_id), ReleaseForm(formdata=None)
    form.fill(row)
    form.show(row.updated_at)
    return _page(form, row)


@bp.post("/releases/<int:release_id>")
@needs(Role.ORGANIZER)
def edit_release(release_id: int) -> ResponseReturnValue:
    row, form = locked(PressRelease, release_id), ReleaseForm()
    if not form.validate():
        return _page(form, row), 422
    if not form.is_current(row.updated_at):
        theirs = form.differences(row)
        form.show(row.updated_at)
        return _page(form, row, theirs), 409
    changes = form.changes(row)
    try:
        changed = editing.edit_release(row, **changes)
    except editing.BadRelease as bad:
        return _refused(form, release_id, bad)
    if changed:
        audit("edit", "release", release_id, changed)
        db.session.commit()
    flash(_("Saved."))
    return redirect(url_for("organize.release", release_id=release_id))


@bp.post("/releases/<int:release_id>/take")
@needs(Role.ORGANIZER)
def take_theirs(release_id: int) -> ResponseReturnValue:
    row = locked(PressRelease, release_id)
    name = request.form.get("field", "")
    if name in row.upstream:
        editing.accept_upstream(row, name)
        audit("take_upstream", "release", release_id, [name])
        db.session.commit()
        flash(_("Taken. The source's wording stands now."))
    return redirect(url_for("organize.release", release_id=release_id))


@bp.route("/releases/import", methods=["GET", "POST"])
@needs(Role.ORGANIZER)
def import_releases() -> ResponseReturnValue:
    form, report = ImportForm(), None
    if form.validate_on_submit():
        db.session.commit()  # no transaction stays open across the far network
        try:
            report = _import(form)
        except UnreadableSource as unreadable:
            db.session.rollback()
            form.form_errors.append(_as_named(str(unreadable), form))
        else:
            audit("import", "release", None)
            db.session.commit()
    status = 422 if form.errors else 200
    return render_template("organize/import.html", form=form, report=report), status


def _refused(form: ReleaseForm, release_id: int | None, bad: editing.BadRelease) -> tuple[str, int]:
    """The form as typed, with the domain's reason beside its field; nothing is changed."""
    db.session.rollback()
    row = found(PressRelease, release_id) if release_id else None
    form[bad.field].errors = [str(bad)]
    return _page(form, row), 422


def _import(form: ImportForm) -> ImportReport:
    if form.file.data:
        with tempfile.TemporaryDirectory() as folder:
            name = Path(form.file.data.filename or "").suffix[:10]
            path = Path(folder) / f"{UPLOADED}{name if name.isascii() else ''}"
            form.file.data.save(path)
            return import_source(str(path))
    return import_source(form.address.data or "")


def _as_named(told: str, form: ImportForm) -> str:
    """A refusal that names the file as the organizer knows it, not where we kept it."""
    name = (form.file.data.filename if form.file.data else None) or _("The file")
    return re.sub(rf"\S*/{UPLOADED}\S*", lambda _match: name, told)


def _page(form: ReleaseForm, row: PressRelease | None, theirs: dict[str, str] | None = None) -> str:
    told = row.upstream if row else {}
    return render_template(
        "organize/release.html",
        form=form,
        release=row,
        theirs=theirs,
        upstream={name: told[name] for name in editing.FIELDS if name in told},
        shown=_shown(form, row),
        tied=titles_by_release([row.id]).get(row.id, []) if row else [],
        kinds=KIND_NAMES,
    )


def _shown(form: ReleaseForm, row: PressRelease | None) -> str:
    """The text as it will look."""
    return sanitise(str(form.values()["body_html"])) if form.is_submitted() or row else ""
