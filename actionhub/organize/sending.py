"""Sending a follow-up: a test, now or at a time, pause, resume, cancel."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.validators import Optional

from actionhub.config import LOCALES
from actionhub.database import db
from actionhub.followups import sending
from actionhub.followups.audience import audience_of
from actionhub.followups.models import FollowUp, FollowUpState
from actionhub.followups.writing import Incomplete
from actionhub.organize.access import audit, me, needs
from actionhub.organize.blueprint import bp
from actionhub.organize.choices import Choice
from actionhub.organize.followups import followup_page, words_of
from actionhub.organize.once import OnceForm, SeenForm, found, locked
from actionhub.organize.times import ZonedField
from actionhub.organizers.models import Role


class StartForm(SeenForm):
    when = RadioField(
        _l("When?"),
        choices=[Choice("now", _l("Now")), Choice("later", _l("At a time of my choosing"))],
        default="now",
    )
    starts_at = ZonedField(_l("Date and time"), [Optional()])

    def validate(self, extra_validators: Any = None) -> bool:
        fine = bool(super().validate(extra_validators))
        if self.when.data == "later" and not self.starts_at.data and not self.starts_at.errors:
            self.starts_at.errors = [_("Choose a date and a time, or send it now.")]
            return False
        return fine


class TestForm(OnceForm):
    """A test is mailed once for each time the button was shown."""

    __test__ = False
    locale = RadioField(choices=[Choice(locale) for locale in LOCALES], default=LOCALES[0])


@bp.post("/followups/<int:followup_id>/test")
@needs(Role.ORGANIZER)
def send_test(followup_id: int) -> ResponseReturnValue:
    row, form = found(FollowUp, followup_id), TestForm()
    locale = form.locale.data if form.locale.data in LOCALES else LOCALES[0]
    if form.is_first():
        sending.send_test(row, me(), locale)
        audit("test", "followup", followup_id)
        db.session.commit()
    flash(_("A test is on its way to %(address)s.", address=me().email))
    return redirect(url_for("organize.followup", followup_id=followup_id, locale=locale))


@bp.route("/followups/<int:followup_id>/send", methods=["GET", "POST"])
@needs(Role.ORGANIZER)
def start_followup(followup_id: int) -> ResponseReturnValue:
    form = StartForm()
    if not form.is_submitted():
        row = found(FollowUp, followup_id)
        form.show(words_of(row))
        return _page(form, row)
    row = locked(FollowUp, followup_id)
    if row.state in {FollowUpState.SENDING, FollowUpState.SENT}:
        # the second press of the button, or a colleague's: it is on its way already
        return redirect(url_for("organize.followup", followup_id=followup_id))
    changed = not form.is_current(words_of(row))
    if changed or not form.validate():
        form.show(words_of(row))
        return _page(form, row, changed), 409 if changed else 422
    later = form.starts_at.moment if form.when.data == "later" else None
    try:
        sending.start(row, me().id, later)
    except Incomplete as missing:
        db.session.rollback()
        form.starts_at.errors = list(missing.problems.values())
        return _page(form, found(FollowUp, followup_id)), 422
    audit("schedule" if later else "send", "followup", followup_id)
    db.session.commit()
    flash(_("Scheduled.") if later else _("It is going out. This page shows how far it has got."))
    return redirect(url_for("organize.followup", followup_id=followup_id))


@bp.post("/followups/<int:followup_id>/unschedule")
@needs(Role.ORGANIZER)
def unschedule_followup(followup_id: int) -> ResponseReturnValue:
    row = locked(FollowUp, followup_id)
    sending.unschedule(row)
    return _done(row, "unschedule", _("It is a draft again and will not go out by itself."))


@bp.post("/followups/<int:followup_id>/pause")
@needs(Role.ORGANIZER)
def pause_followup(followup_id: int) -> ResponseReturnValue:
    row = locked(FollowUp, followup_id)
    if row.state is not FollowUpState.PAUSED:
        sending.pause(row)
    return _done(row, "pause", _("Paused. Nothing more goes out until you resume it."))


@bp.post("/followups/<int:followup_id>/resume")
@needs(Role.ORGANIZER)
def resume_followup(followup_id: int) -> ResponseReturnValue:
    row = locked(FollowUp, followup_id)
    if row.state is not FollowUpState.SENDING:
        sending.resume(row)
    return _done(row, "resume", _("It goes on where it paused."))


@bp.post("/followups/<int:followup_id>/cancel")
@needs(Role.ORGANIZER)
def cancel_followup(followup_id: int) -> ResponseReturnValue:
    row = locked(FollowUp, followup_id)
    if row.state is not FollowUpState.CANCELLED:
        sending.cancel(row)
    return _done(row, "cancel", _("Cancelled. What had not gone out will not."))


def _page(form: StartForm, row: FollowUp, changed: bool = False) -> str:
    return render_template(
        "organize/send.html",
        form=form,
        changed=changed,
        audience=audience_of(row.action_id),
        **followup_page(row),
    )


def _done(row: FollowUp, verb: str, told: str) -> ResponseReturnValue:
    audit(verb, "followup", row.id)
    db.session.commit()
    flash(told)
    return redirect(url_for("organize.followup", followup_id=row.id))
