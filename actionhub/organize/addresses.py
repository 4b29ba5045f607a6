"""Addresses that must not be mailed: look one up, and lift what stops it, with a reason."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from actionhub.addresses import BadAddress, read_address
from actionhub.database import db
from actionhub.errors import ActionHubError
from actionhub.organize.access import audit, needs
from actionhub.organize.blueprint import bp
from actionhub.organize.choices import Choice
from actionhub.organize.forms import Form
from actionhub.organize.once import locked
from actionhub.organizers.models import Role
from actionhub.outbox.models import Scope, Suppression
from actionhub.outbox.suppressions import lift

SCOPE_NAMES = {
    Scope.ALL: _l("mail"),
    Scope.FOLLOWUPS: _l("follow-ups"),
    Scope.SIGNING: _l("confirmations and receipts"),
    Scope.STAFF: _l("organizers’ mail"),
}
#: Why each was written, in words. What people asked for themselves is not lifted by hand.
REASONS = {
    "left": _l("they left"),
    "complained": _l("they complained"),
    "erased": _l("they had themselves erased"),
    "bounced": _l("the address does not exist"),
}
THEIR_WISH = frozenset({"left", "complained", "erased"})


class NotOurs(ActionHubError):
    """Somebody asked not to be mailed: only they can take that back."""

    status = 409


class LookUpForm(Form):
    address = StringField(_l("Email address"), [InputRequired(), Length(max=320)])


class LiftForm(Form):
    reason = SelectField(
        _l("Why may it be mailed again?"),
        choices=[
            Choice("works_again", _l("The mailbox works again")),
            Choice("mistake", _l("It was stopped by mistake")),
            Choice("asked", _l("Its owner asked us to")),
        ],
    )


@bp.route("/mail/addresses", methods=["GET", "POST"])
@needs(Role.ORGANIZER)
def stopped_addresses() -> ResponseReturnValue:
    """A POST looks an address up: it must stand in no address bar and no log."""
    form, found, asked = LookUpForm(), None, False
    if form.validate_on_submit():
        try:
            found, asked = _of(read_address(form.address.data or "").hash), True
        except BadAddress as bad:
            form.address.errors = [str(bad)]
    elif request.method == "GET":
        form.address.errors = []
    page = render_template(
        "organize/addresses.html",
        form=form,
        lift_form=LiftForm(formdata=None),
        found=found,
        asked=asked,
        latest=_latest(),
        scopes=SCOPE_NAMES,
        reasons=REASONS,
        their_wish=THEIR_WISH,
    )
    return page, 422 if form.errors else 200


@bp.post("/mail/addresses/<int:suppression_id>/lift")
@needs(Role.ADMIN)
def lift_suppression(suppression_id: int) -> ResponseReturnValue:
    row, form = locked(Suppression, suppression_id), LiftForm()
    if row.reason in THEIR_WISH:
        raise NotOurs(_("They asked for this themselves. Only they can subscribe again."))
    if not form.validate():
        flash(_("Choose why the address may be mailed again."))
    elif row.lifted_at is None:
        lift(row.address_hash, row.scope)
        audit("lift", "suppression", suppression_id, [form.reason.data or ""])
        db.session.commit()
        flash(_("Lifted. The address may be mailed again."))
    return redirect(url_for("organize.stopped_addresses"))


def _of(address_hash: str) -> list[Suppression]:
    query = select(Suppression).where(
        Suppression.address_hash == address_hash, Suppression.lifted_at.is_(None)
    )
    return list(db.session.scalars(query.order_by(Suppression.scope)))


def _latest() -> list[Suppression]:
    query = select(Suppression).where(Suppression.lifted_at.is_(None))
    return list(db.session.scalars(query.order_by(Suppression.id.desc()).limit(50)))
