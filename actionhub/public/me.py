"""Asking for the link to one's own page: the same answer to everybody."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, ValidationError

from actionhub.addresses import Address, BadAddress, read_address
from actionhub.database import db
from actionhub.networks import network_hash
from actionhub.privacy import asking
from actionhub.public import door, posts
from actionhub.public.languages import current_locale
from actionhub.public.pages import kept


class AskForm(FlaskForm):  # type: ignore[misc]
    """One field: the address to mail the link to."""

    class Meta:
        csrf = False  # no cookie rides along; Origin is checked

    email = EmailField(_l("Your email address"))
    address: Address

    def validate_email(self, field: EmailField) -> None:
        try:
            self.address = read_address(field.data or "")
        except BadAddress as bad:
            raise ValidationError(_("Write the whole address, like name@example.org.")) from bad


@door.get("/me")
@kept
def me() -> ResponseReturnValue:
    """The form that asks for a link."""
    return render_template("public/me_ask.html", form=AskForm(formdata=None))


@door.post("/me")
def ask_for_link() -> ResponseReturnValue:
    """Mail a link, if the address is known. The answer is the same if it is not."""
    posts.refuse_foreign()
    form = AskForm(request.form)  # and no JSON, no file where a text belongs
    if not form.validate():
        return render_template("public/me_ask.html", form=form), 422
    asking.ask_for_link(form.address, network_hash(request.remote_addr), current_locale())
    db.session.commit()
    return redirect(url_for(".asked"), 303)


@door.get("/me/asked")
@kept
def asked() -> ResponseReturnValue:
    """What everybody sees who asked."""
    return render_template("public/me_asked.html")
