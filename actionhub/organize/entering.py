"""Coming in and going out: login, the one-time link, forgotten and new passwords."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_security import current_user, logout_user
from wtforms import EmailField, HiddenField, PasswordField
from wtforms.validators import InputRequired, Length

from actionhub.database import db
from actionhub.organize import logins
from actionhub.organize.access import audit, me, needs, open_to_anyone
from actionhub.organize.blueprint import bp
from actionhub.organize.forms import Form
from actionhub.organizers.joining import find_by_email
from actionhub.organizers.links import look_up, use_link
from actionhub.organizers.mailing import mail_reset
from actionhub.organizers.models import Organizer, Role

WHOLE = Length(max=320)


class LoginForm(Form):
    email = EmailField(
        _l("Email"), [InputRequired(), WHOLE], render_kw={"autocomplete": "username"}
    )
    password = PasswordField(
        _l("Password"),
        [InputRequired(), WHOLE],
        render_kw={"autocomplete": "current-password"},
    )
    next = HiddenField()


class ForgotForm(Form):
    email = EmailField(
        _l("Email"), [InputRequired(), WHOLE], render_kw={"autocomplete": "username"}
    )


class NewPasswordForm(Form):
    password = PasswordField(
        _l("New password"),
        [InputRequired(), Length(max=128)],
        description=_l("At least %(length)d characters. A few words in a row are fine.")
        % {"length": logins.PASSWORD_LENGTH},
        render_kw={"autocomplete": "new-password"},
    )

    def fits(self, organizer: Organizer) -> bool:
        if not self.validate_on_submit():
            return False
        problems = logins.check_new_password(self.password.data or "", organizer)
        self.password.errors = problems
        return not problems


class ChangePasswordForm(NewPasswordForm):
    current = PasswordField(
        _l("Current password"), [WHOLE], render_kw={"autocomplete": "current-password"}
    )


@bp.route("/login", methods=["GET", "POST"])
@open_to_anyone
def login() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(logins.safe_next(request.args.get("next")) or url_for("organize.home"))
    form = LoginForm()
    if not form.is_submitted():
        form.next.data = logins.safe_next(request.args.get("next")) or ""
    status = 200
    if form.validate_on_submit():
        email, password = form.email.data or "", form.password.data or ""
        if not logins.may_try("login", email, logins.LOGIN_ADDRESS, logins.LOGIN_NETWORK):
            problem, status = _("Too many tries. Wait ten minutes and try again."), 429
        elif found := logins.check_password(email, password):
            organizer = db.session.get_one(Organizer, found)
            logins.log_in(organizer, "password")
            db.session.commit()
            return redirect(logins.safe_next(form.next.data) or url_for("organize.home"))
        else:
            problem, status = _("Address and password do not match. Try again."), 401
        form.form_errors.append(problem)
    elif form.is_submitted():
        status = 422
    return render_template("organize/login.html", form=form), status


@bp.post("/logout")
@open_to_anyone
def logout() -> ResponseReturnValue:
    logout_user()
    session.clear()
    return redirect(url_for("organize.login"))


@bp.route("/enter/<token>", methods=["GET", "POST"])
@open_to_anyone
def enter(token: str) -> ResponseReturnValue:
    if request.method == "GET":
        return render_template("organize/enter.html", organizer=look_up(token), form=Form())
    organizer = use_link(token)
    logins.log_in(organizer, "link")
    has_password = organizer.password is not None
    db.session.commit()
    return redirect(url_for("organize.home" if has_password else "organize.password"))


@bp.route("/forgot", methods=["GET", "POST"])
@open_to_anyone
def forgot() -> ResponseReturnValue:
    form = ForgotForm()
    if not form.validate_on_submit():
        status = 422 if form.is_submitted() else 200
        return render_template("organize/forgot.html", form=form), status
    email = form.email.data or ""
    if logins.may_try("reset", email, logins.RESET_ADDRESS, logins.RESET_NETWORK):
        organizer = find_by_email(email)
        if organizer is not None and organizer.active:
            token = logins.reset_token(organizer)
            mail_reset(organizer, url_for("organize.reset", token=token))
        db.session.commit()
    # The same words for a known, an unknown and a too often named address.
    return render_template("organize/forgot.html", form=None)


@bp.route("/reset/<token>", methods=["GET", "POST"])
@open_to_anyone
def reset(token: str) -> ResponseReturnValue:
    organizer = logins.organizer_of(token)
    if organizer is None:
        return render_template("organize/forgot.html", form=ForgotForm(), stale=True), 410
    form = NewPasswordForm()
    if not form.fits(organizer):
        status = 422 if form.is_submitted() else 200
        return render_template("organize/reset.html", form=form, organizer=organizer), status
    logins.set_password(organizer, form.password.data or "")
    logins.log_in(organizer, "reset")
    db.session.commit()
    flash(_("Your new password is set. Every other session of yours was ended."))
    return redirect(url_for("organize.home"))


@bp.route("/password", methods=["GET", "POST"])
@needs(Role.VIEWER)
def password() -> ResponseReturnValue:
    organizer = me()
    first = organizer.password is None
    form = ChangePasswordForm()
    if first:
        del form.current
    fits = form.fits(organizer)
    if fits and not first and not _current_is_right(form, organizer):
        fits = False
    if not fits:
        status = 422 if form.is_submitted() else 200
        return render_template("organize/password.html", form=form, first=first), status
    organizer = db.session.get_one(Organizer, organizer.id)
    audit("set_password", "organizer", organizer.id)
    logins.set_password(organizer, form.password.data or "")
    logins.log_in(organizer, "password")
    db.session.commit()
    flash(_("Your password is set. Every other session of yours was ended."))
    return redirect(url_for("organize.home"))


def _current_is_right(form: ChangePasswordForm, organizer: Organizer) -> bool:
    email, given = organizer.email, form.current.data or ""
    if not logins.may_try("login", email, logins.LOGIN_ADDRESS, logins.LOGIN_NETWORK):
        form.current.errors = [_("Too many tries. Wait ten minutes and try again.")]
    elif logins.check_password(email, given) is None:
        form.current.errors = [_("That is not your current password.")]
    return not form.current.errors
