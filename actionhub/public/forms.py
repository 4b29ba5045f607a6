"""The signing form: the fewest fields, each with its own plain error."""

from __future__ import annotations

import re
import unicodedata

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, Field, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # types lag behind
from wtforms.validators import ValidationError

from actionhub.addresses import Address, BadAddress, read_address
from actionhub.links import names_a_site
from actionhub.public.countries import HOME, codes
from actionhub.public.posts import clean, clean_lines
from actionhub.signatures.models import NameDisplay

NAME_LENGTH = 200
COMMENT_LENGTH = 1000
EMAIL_LENGTH = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets
#: Marks that may stand on one letter; more than Vietnamese, Hebrew or Thai ever stack.
MARKS_ON_A_LETTER = 4

_ZIP = re.compile(r"([0-9]{5})(?:[- ]?([0-9]{4}))?")


class SigningForm(FlaskForm):  # type: ignore[misc]
    """No token: the page is one for everybody, and no cookie gives it any power."""

    class Meta:
        csrf = False

        def get_translations(self, _form: object) -> None:
            """None: every message below is ours, and loading WTForms' own costs 0.3 ms a post."""

    name = StringField(_l("Your name"))
    email = EmailField(_l("Email"))
    zip = StringField(_l("ZIP code"))
    country = StringField(_l("Country"), default=HOME)
    comment = TextAreaField(_l("Why do you sign?"))
    display = RadioField(
        _l("Who may see your name?"),
        choices=[
            SelectChoice(NameDisplay.PUBLIC.value, _l("Everyone: it may stand on this page")),
            SelectChoice(NameDisplay.TARGET.value, _l("Only those we deliver it to")),
            SelectChoice(NameDisplay.PROTECTED.value, _l("Nobody: count me, withhold my name")),
        ],
        default=NameDisplay.TARGET.value,
        validate_choice=False,
    )
    wants_followups = BooleanField()
    topic = StringField(_l("Leave this empty"))  # the trap: people never see it

    #: What `email` says, once it was validated.
    address: Address

    def validate_name(self, field: Field) -> None:
        field.data = read_name(field.data or "")

    def validate_email(self, field: Field) -> None:
        typed = (field.data or "").strip()
        if not typed:
            raise ValidationError(_("Enter your email: we send one message to confirm."))
        if len(typed) > EMAIL_LENGTH:
            raise ValidationError(_("That email address is too long."))
        try:
            self.address = read_address(typed)
        except BadAddress:
            raise ValidationError(
                _("That does not look like an email address. It should be like ana@example.org.")
            ) from None

    def validate_country(self, field: Field) -> None:
        field.data = (field.data or HOME).strip().upper()
        if field.data not in codes():
            raise ValidationError(_("Choose your country from the list."))

    def validate_zip(self, field: Field) -> None:
        field.data = _with_latin_digits(clean(field.data or ""))
        if (self.country.data or HOME).strip().upper() != HOME:
            return
        if not field.data:
            raise ValidationError(
                _("Enter your ZIP code, or choose your country if you live elsewhere.")
            )
        found = _ZIP.fullmatch(field.data)
        if not found or found[1] < "00501":
            raise ValidationError(_("A ZIP code has five digits, like 20001."))
        field.data = "-".join(part for part in found.groups() if part)

    def validate_comment(self, field: Field) -> None:
        field.data = clean_lines(field.data or "")
        if len(field.data) > COMMENT_LENGTH:
            raise ValidationError(
                _("Please keep it under %(most)s characters.", most=COMMENT_LENGTH)
            )
        _refuse_links(field.data)

    def validate_display(self, field: Field) -> None:
        field.data = field.data or NameDisplay.TARGET.value
        if field.data not in set(NameDisplay):
            raise ValidationError(_("Choose who may see your name."))

    @property
    def trapped(self) -> bool:
        """Whether the field that people never see was filled in."""
        return bool(self.topic.data)

    @property
    def zip_code(self) -> str | None:
        return self.zip.data or None if self.country.data == HOME else None

    def unfolded(self) -> dict[str, bool]:
        """Which of the folded-away parts must stand open, so that no answer or error hides."""
        more = self.comment.errors or self.comment.data or self.display.errors
        return {
            "abroad": bool(self.country.errors or self.country.data != HOME),
            "more": bool(more or self.display.data != NameDisplay.TARGET.value),
        }


def read_name(typed: str) -> str:
    """A name in any script, on one line. Raises ValidationError."""
    if len(typed) > 4 * NAME_LENGTH:  # before any work that grows with its length
        raise ValidationError(
            _("Please keep your name under %(most)s characters.", most=NAME_LENGTH)
        )
    name = unicodedata.normalize("NFC", clean(typed))
    if not name:
        raise ValidationError(_("Enter your name, as you want it to stand."))
    if len(name) > NAME_LENGTH:
        raise ValidationError(
            _("Please keep your name under %(most)s characters.", most=NAME_LENGTH)
        )
    if not any(letter.isalpha() for letter in name):
        raise ValidationError(_("A name needs at least one letter."))
    _refuse_links(name)
    marks = 0
    for letter in name:
        marks = marks + 1 if unicodedata.category(letter) in {"Mn", "Me"} else 0
        if marks > MARKS_ON_A_LETTER:
            raise ValidationError(_("That name has too many marks on one letter to be printed."))
    return name


def _with_latin_digits(text: str) -> str:
    """Digits of any script, as Arabic keyboards type them, as 0 to 9."""
    return "".join(str(unicodedata.decimal(letter, letter)) for letter in text)


def _refuse_links(text: str) -> None:
    if names_a_site(text):
        raise ValidationError(_("Please leave web addresses out: mail filters would stop us both."))
