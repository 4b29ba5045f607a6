"""Lists of people to address: brought in as CSV, brought up to date, dropped."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import StringField
from wtforms.validators import Length

from actionhub.actions import lists
from actionhub.actions.listing import ListedRow, read_list
from actionhub.actions.models import TargetList
from actionhub.actions.tables import UnreadableList
from actionhub.database import db
from actionhub.errors import ActionHubError
from actionhub.organize.access import audit, me, needs
from actionhub.organize.blueprint import bp
from actionhub.organize.forms import Form
from actionhub.organize.once import OnceForm, found, locked
from actionhub.organizers.models import Role

#: Bytes of a file that is read.
MOST_BYTES = 5_000_000


class ListForm(Form):
    file = FileField(_l("The list, as a CSV file"))

    def raw(self) -> bytes:
        """The file's bytes. Raises UnreadableList."""
        if not self.file.data:
            raise UnreadableList([_("Choose a file.")])
        read: bytes = self.file.data.read(MOST_BYTES + 1)
        if len(read) > MOST_BYTES:
            raise UnreadableList([_("The file is too big for a list.")])
        return read

    def people(self) -> tuple[ListedRow, ...]:
        """Those whom the file names. Raises UnreadableList."""
        return read_list(self.raw())


class NewListForm(OnceForm, ListForm):
    name = StringField(_l("What the list is called"), [Length(max=lists.LONGEST_NAME)])


@bp.get("/lists")
@needs(Role.VIEWER)
def lists_of_people() -> ResponseReturnValue:
    return _all(NewListForm(formdata=None))


@bp.post("/lists/new")
@needs(Role.ORGANIZER)
def new_list() -> ResponseReturnValue:
    form = NewListForm()
    if not form.validate():
        return _all(form), 422
    if not form.is_first():
        return redirect(url_for("organize.lists_of_people"))
    try:
        made = lists.bring_in(form.name.data or "", form.people(), me().id)
    except ActionHubError as refused:
        db.session.rollback()
        form.form_errors.extend(str(refused).splitlines())
        return _all(form), refused.status
    audit("import", "list", made.id)
    db.session.commit()
    flash(_("The list is here. An action can address it now."))
    return redirect(url_for("organize.list_of_people", list_id=made.id))


@bp.get("/lists/<int:list_id>")
@needs(Role.VIEWER)
def list_of_people(list_id: int) -> ResponseReturnValue:
    return _one(found(TargetList, list_id), ListForm(formdata=None))


@bp.post("/lists/<int:list_id>/renew")
@needs(Role.ORGANIZER)
def renew_list(list_id: int) -> ResponseReturnValue:
    form, row = ListForm(), locked(TargetList, list_id)
    try:
        if not form.validate():
            return _one(row, form), 422
        changes = lists.renew(row, form.people())
    except ActionHubError as refused:
        db.session.rollback()
        form.form_errors.extend(str(refused).splitlines())
        return _one(found(TargetList, list_id), form), refused.status
    audit("import", "list", list_id)
    db.session.commit()
    flash(
        _(
            "Up to date: %(added)s came, %(removed)s went, %(changed)s are told of differently.",
            added=changes.added,
            removed=changes.removed,
            changed=changes.changed,
        )
    )
    return redirect(url_for("organize.list_of_people", list_id=list_id))


@bp.post("/lists/<int:list_id>/drop")
@needs(Role.ORGANIZER)
def drop_list(list_id: int) -> ResponseReturnValue:
    lists.drop(locked(TargetList, list_id))
    audit("remove", "list", list_id)
    db.session.commit()
    flash(_("The list is gone."))
    return redirect(url_for("organize.lists_of_people"))


def _all(form: NewListForm) -> str:
    return render_template("organize/lists.html", form=form, lists=lists.all_lists())


def _one(row: TargetList, form: ListForm) -> str:
    people = lists.people_of(row.id)
    summary = next(one for one in lists.all_lists() if one.id == row.id)
    fields = sorted({name for person in people for name in person.fields})
    return render_template(
        "organize/list.html", row=row, people=people, form=form, fields=fields, used=summary.actions
    )
