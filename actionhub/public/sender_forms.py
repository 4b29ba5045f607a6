"""What Congress's own system asks of a letter's writer: asked with the confirmation, if at all."""

from __future__ import annotations

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # types lag behind
from wtforms.validators import ValidationError

from actionhub.actions.addressees import Addressee
from actionhub.actions.models import Action, ActionKind
from actionhub.database import db
from actionhub.letters.channels import ways_to
from actionhub.letters.cwc.agency import agency
from actionhub.letters.cwc.documents import Sender
from actionhub.letters.cwc.elements import PREFIXES
from actionhub.letters.standing_in import those_of
from actionhub.public.foretelling import place_of
from actionhub.public.forms import NAME_LENGTH
from actionhub.public.posts import clean
from actionhub.signatures.confirming import Confirmable
from actionhub.signatures.streets import LONGEST_STREET


class SenderForm(FlaskForm):  # type: ignore[misc]
    """No token: who has the mailed link is its owner. Left empty, nothing is asked."""

    class Meta:
        csrf = False

    prefix = SelectField(
        _l("Form of address"),
        choices=[
            SelectChoice("", _l("Choose")),
            *(SelectChoice(one, one) for one in PREFIXES),
        ],
        validate_choice=False,
    )
    first_name = StringField(_l("First name"))
    last_name = StringField(_l("Last name"))
    street = StringField(_l("Street and number"))

    #: Whose offices ask for it.
    offices: tuple[Addressee, ...] = ()

    def validate_prefix(self, field: Field) -> None:
        if self.is_empty:
            return
        if field.data not in PREFIXES:
            raise ValidationError(_("Choose one: their system takes no letter without."))

    def validate_first_name(self, field: Field) -> None:
        self._validate_name(field)

    def validate_last_name(self, field: Field) -> None:
        self._validate_name(field)

    def validate_street(self, field: Field) -> None:
        field.data = clean((field.data or "")[: 4 * LONGEST_STREET])
        if self.is_empty:
            return
        if len(field.data) < 3:
            raise ValidationError(_("Enter your street and number."))
        if len(field.data) > LONGEST_STREET:
            raise ValidationError(
                _("Please keep it under %(most)s characters.", most=LONGEST_STREET)
            )

    def _validate_name(self, field: Field) -> None:
        field.data = clean((field.data or "")[: 4 * NAME_LENGTH])
        if self.is_empty:
            return
        if not field.data:
            raise ValidationError(_("Their system asks for both names."))
        if len(field.data) > NAME_LENGTH:
            raise ValidationError(_("Please keep it under %(most)s characters.", most=NAME_LENGTH))

    @property
    def is_empty(self) -> bool:
        """Whether its owner leaves it: neither a form of address nor a street."""
        return not (self.prefix.data or "").strip() and not (self.street.data or "").strip()

    @property
    def sender(self) -> Sender | None:
        if self.is_empty:
            return None
        told = (self.prefix, self.first_name, self.last_name, self.street)
        return Sender(*(str(field.data or "") for field in told))


def may_ask() -> bool:
    """Whether any office of this installation asks for it; most have none."""
    return agency() is not None


def sender_form(found: Confirmable) -> SenderForm | None:
    """The form beside the confirming button, as posted or begun; None where nobody asks for it."""
    offices = _offices(found)
    if not offices:
        return None
    form = SenderForm(formdata=request.form if request.method == "POST" else None)
    form.offices = offices
    if request.method != "POST":
        first, _space, last = found.name.rpartition(" ")
        form.first_name.data, form.last_name.data = first or last, last if first else ""
    return form


def _offices(found: Confirmable) -> tuple[Addressee, ...]:
    action = db.session.get(Action, found.action_id)
    if action is None or action.kind is not ActionKind.LETTER or not found.can_confirm:
        return ()
    place = place_of(found)
    return tuple(
        one for one in those_of(action, place) if ways_to(one, street=True)[0].needs_street
    )
