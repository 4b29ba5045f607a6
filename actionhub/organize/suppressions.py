"""Addresses that must not be mailed: how many and why, looking one up, lifting what stops it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from wtforms import Field, StringField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from actionhub.addresses import BadAddress, read_address
from actionhub.database import db
from actionhub.followups.audience import masked
from actionhub.organize.access import audit, me, needs
from actionhub.organize.blueprint import bp
from actionhub.organize.forms import Form
from actionhub.organize.once import locked
from actionhub.organizers.joining import everybody
from actionhub.organizers.models import Role
from actionhub.outbox.models import Scope, Suppression
from actionhub.outbox.suppressions import is_their_wish, lift_by_hand
from actionhub.supporters.models import Supporter

PAGE = 50

SCOPE_NAMES = {
    Scope.ALL: _l("mail"),
    Scope.FOLLOWUPS: _l("follow-ups"),
    Scope.SIGNING: _l("confirmations and receipts"),
    Scope.STAFF: _l("organizers’ mail"),
}
#: The same, where nothing stands before it.
COLUMNS = SCOPE_NAMES | {Scope.ALL: _l("all mail")}
#: Why each was written, in words.
REASONS = {
    "bounced": _l("mail to it came back"),
    "complained": _l("they complained"),
    "left": _l("they left"),
    "erased": _l("they had themselves erased"),
}


class LookUpForm(Form):
    address = StringField(_l("Email address"), [InputRequired(), Length(max=320)])


class LiftForm(Form):
    because = StringField(
        _l("Why may it be mailed again?"),
        [DataRequired(_l("Say why, in a few words.")), Length(max=200)],
    )

    def validate_because(self, field: Field) -> None:
        """It is kept for as long as the row is, so it names no address."""
        if re.search(r"\S@\S", field.data or ""):
            raise ValidationError(_("Leave the address out: only the reason is kept."))


@dataclass(frozen=True)
class Line:
    """One suppression as it is shown. `address` is masked, and empty where nobody has it now."""

    id: int
    scope: Scope
    reason: str
    created_at: datetime
    address: str
    their_wish: bool
    lifted_at: datetime | None
    lifted_by: int | None
    lifted_because: str | None


@dataclass(frozen=True)
class Filter:
    """Which ones are listed: those that stop mail or those that were lifted; by reason, scope."""

    reason: str | None
    scope: Scope | None
    lifted: bool

    def conditions(self) -> list[ColumnElement[bool]]:
        lifted = Suppression.lifted_at
        found: list[ColumnElement[bool]] = [
            lifted.is_not(None) if self.lifted else lifted.is_(None)
        ]
        if self.reason:
            found.append(Suppression.reason == self.reason)
        if self.scope:
            found.append(Suppression.scope == self.scope)
        return found


@bp.get("/mail/suppressions")
@needs(Role.VIEWER)
def stopped_addresses() -> ResponseReturnValue:
    wanted = _wanted()
    lines = _listed(wanted, request.args.get("before", type=int))
    return _page(wanted=wanted, lines=lines)


@bp.post("/mail/suppressions")
@needs(Role.ORGANIZER)
def look_up_address() -> ResponseReturnValue:
    """By POST, though it changes nothing: the address must stand in no address bar and no log."""
    form = LookUpForm()
    if form.validate_on_submit():
        try:
            address_hash = read_address(form.address.data or "").hash
            of_it = Suppression.address_hash == address_hash, Suppression.lifted_at.is_(None)
            return _page(look_up=form, found=_lines(select(Suppression).where(*of_it)))
        except BadAddress as bad:
            form.address.errors = [str(bad)]
    return _page(look_up=form), 422


@bp.post("/mail/suppressions/<int:suppression_id>/lift")
@needs(Role.ORGANIZER)
def lift_suppression(suppression_id: int) -> ResponseReturnValue:
    row, form = locked(Suppression, suppression_id), LiftForm()
    if not form.validate_on_submit():
        only_it = _lines(select(Suppression).where(Suppression.id == suppression_id))
        return _page(lift=form, found=only_it), 422
    if lift_by_hand(suppression_id, me().id, (form.because.data or "").strip()):
        audit("lift", "suppression", suppression_id, [row.scope.value, "lifted_because"])
        db.session.commit()
        flash(_("Lifted. The address may be mailed again."))
    return redirect(url_for("organize.stopped_addresses"))


def _page(
    *,
    wanted: Filter | None = None,
    lines: list[Line] | None = None,
    look_up: LookUpForm | None = None,
    lift: LiftForm | None = None,
    found: list[Line] | None = None,
) -> str:
    """The page; with `found`, what was looked up stands in the place of the list."""
    counts = _counts()
    older = lines[PAGE - 1].id if lines is not None and len(lines) > PAGE else None
    return render_template(
        "organize/suppressions.html",
        wanted=wanted,
        lines=(lines or [])[:PAGE],
        older=older,
        counts=counts,
        columns={
            scope: name
            for scope, name in COLUMNS.items()
            if any(scope in by_scope for by_scope in counts.values())
        },
        headings=COLUMNS,
        form=look_up or LookUpForm(formdata=None),
        lift_form=lift or LiftForm(formdata=None),
        refused=lift is not None,
        found=found,
        scopes=SCOPE_NAMES,
        reasons=REASONS,
        names={person.id: person.shown_name for person in everybody()},
    )


def _wanted() -> Filter:
    reason, scope = request.args.get("reason", ""), request.args.get("scope", "")
    return Filter(
        reason=reason if reason in REASONS else None,
        scope=Scope(scope) if scope in list(Scope) else None,
        lifted=request.args.get("lifted") == "1",
    )


def _counts() -> dict[str, dict[Scope, int]]:
    """How many stop mail, by reason and scope; reasons and scopes without any are left out."""
    counted = (
        select(Suppression.reason, Suppression.scope, func.count())
        .where(Suppression.lifted_at.is_(None))
        .group_by(Suppression.reason, Suppression.scope)
    )
    found: dict[str, dict[Scope, int]] = {}
    for reason, scope, number in db.session.execute(counted):
        found.setdefault(reason, {})[scope] = number
    return found


def _listed(wanted: Filter, before: int | None) -> list[Line]:
    """A page and one more, newest first, going on below the row with id `before`."""
    query = select(Suppression).where(*wanted.conditions())
    last = db.session.get(Suppression, before) if before is not None else None
    if last is not None:
        at, same = Suppression.created_at, Suppression.created_at == last.created_at
        query = query.where(or_(at < last.created_at, and_(same, Suppression.id < last.id)))
    return _lines(query.order_by(Suppression.created_at.desc(), Suppression.id.desc()))


def _lines(query: Select[Suppression]) -> list[Line]:
    rows = list(db.session.scalars(query.limit(PAGE + 1)))
    known = select(Supporter.address_hash, Supporter.address).where(
        Supporter.address_hash.in_([row.address_hash for row in rows])
    )
    addresses = {hashed: masked(address or "") for hashed, address in db.session.execute(known)}
    return [
        Line(
            id=row.id,
            scope=row.scope,
            reason=row.reason,
            created_at=row.created_at,
            address=addresses.get(row.address_hash, ""),
            their_wish=is_their_wish(row.reason, row.scope),
            lifted_at=row.lifted_at,
            lifted_by=row.lifted_by,
            lifted_because=row.lifted_because,
        )
        for row in rows
    ]
