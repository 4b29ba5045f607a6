"""Who may log in, and as what."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from actionhub.addresses import BadAddress
from actionhub.database import db
from actionhub.organize.access import audit, needs
from actionhub.organize.blueprint import bp
from actionhub.organize.choices import Choice
from actionhub.organize.forms import Form
from actionhub.organize.once import locked
from actionhub.organize.pages import ROLE_NAMES
from actionhub.organizers import joining
from actionhub.organizers.mailing import mail_login_link
from actionhub.organizers.models import Organizer, Role

ROLES = [Choice(role.value, ROLE_NAMES[role]) for role in Role]


class JoinForm(Form):
    email = EmailField(_l("Email"), [InputRequired(), Length(max=320)])
    name = StringField(_l("Name"), [Length(max=120)])
    role = SelectField(_l("Role"), choices=ROLES, default=Role.ORGANIZER.value)


class RoleForm(Form):
    role = SelectField(_l("Role"), choices=ROLES)


@bp.route("/people", methods=["GET", "POST"])
@needs(Role.ADMIN)
def people() -> ResponseReturnValue:
    form = JoinForm()
    if not form.validate_on_submit():
        return _page(form), 422 if form.errors else 200
    try:
        known = joining.find_by_email(form.email.data or "")
        person = joining.add_organizer(form.email.data or "", form.role.data, form.name.data or "")
    except BadAddress as bad:
        form.email.errors = [str(bad)]
        return _page(form), 422
    if known is not None:
        form.email.errors = [_("They are here already. Change their role in the list.")]
        return _page(form), 422
    mail_login_link(person)
    audit("add", "organizer", person.id)
    db.session.commit()
    flash(_("Added. A login link that works once is on its way to them."))
    return redirect(url_for("organize.people"))


@bp.post("/people/<int:organizer_id>/role")
@needs(Role.ADMIN)
def change_role(organizer_id: int) -> ResponseReturnValue:
    person, form = locked(Organizer, organizer_id), RoleForm()
    if form.validate_on_submit() and person.role is not Role(form.role.data):
        joining.change_role(person, Role(form.role.data))
        audit("change_role", "organizer", organizer_id, ["role"])
        db.session.commit()
        flash(_("The role is changed. It counts from their next click on."))
    return redirect(url_for("organize.people"))


@bp.post("/people/<int:organizer_id>/deactivate")
@needs(Role.ADMIN)
def deactivate(organizer_id: int) -> ResponseReturnValue:
    person = locked(Organizer, organizer_id)
    if person.active:
        joining.deactivate(person)
        audit("deactivate", "organizer", organizer_id)
        db.session.commit()
        flash(_("Their login is shut, and they are logged out everywhere."))
    return redirect(url_for("organize.people"))


@bp.post("/people/<int:organizer_id>/reactivate")
@needs(Role.ADMIN)
def reactivate(organizer_id: int) -> ResponseReturnValue:
    person = locked(Organizer, organizer_id)
    if not person.active:
        joining.reactivate(person)
        audit("reactivate", "organizer", organizer_id)
        db.session.commit()
        flash(_("They may log in again."))
    return redirect(url_for("organize.people"))


@bp.post("/people/<int:organizer_id>/link")
@needs(Role.ADMIN)
def send_link(organizer_id: int) -> ResponseReturnValue:
    person = locked(Organizer, organizer_id)
    if person.active:
        mail_login_link(person)
        audit("send_link", "organizer", organizer_id)
        db.session.commit()
        flash(_("A login link that works once is on its way to them."))
    return redirect(url_for("organize.people"))


def _page(form: JoinForm) -> str:
    everybody = joining.everybody()
    return render_template("organize/people.html", form=form, everybody=everybody, roles=ROLES)
