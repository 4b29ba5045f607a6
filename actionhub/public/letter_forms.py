"""The form of a letter: a signing form that first asks where its writer lives."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, StringField, TextAreaField
from wtforms.validators import ValidationError

from actionhub.actions.models import Action
from actionhub.actions.targets import ANYWHERE, rule_of
from actionhub.congress.sitting import District
from actionhub.database import db
from actionhub.letters.showing import Sketch
from actionhub.letters.standing_in import needs_congress, stand_in, those_of
from actionhub.public.countries import HOME
from actionhub.public.forms import SigningForm
from actionhub.public.posts import clean
from actionhub.signatures import districts
from actionhub.signatures.districts import Question

LONGEST_TOWN = 100


class LetterForm(SigningForm):
    comment = TextAreaField(_l("How your letter begins"))
    town = StringField(_l("Town or city"))
    state = StringField(_l("Your state"))
    district = StringField(_l("Your district"))

    #: What is asked of where its writer lives, if anything is.
    asked: Question | None = None
    #: The district that was chosen, where one had to be.
    chosen: District | None = None

    def validate_town(self, field: Field) -> None:
        field.data = clean(field.data or "")
        if not field.data:
            raise ValidationError(_("Enter your town: offices answer the people they represent."))
        if len(field.data) > LONGEST_TOWN:
            raise ValidationError(_("Please keep it under %(most)s characters.", most=LONGEST_TOWN))

    def validate_zip(self, field: Field) -> None:
        if not (field.data or "").strip() and (self.country.data or HOME) == HOME:
            raise ValidationError(_("Enter your ZIP code: it tells who represents you."))
        super().validate_zip(field)

    def begin(self, letter: Sketch) -> None:
        """Let an empty form begin as the organisation's letter does."""
        self.comment.data = letter.opening

    def own_opening(self, letter: Sketch) -> str | None:
        """How the writer begins it; None if they left it as it was, or empty."""
        written = " ".join((self.comment.data or "").split())
        return None if written in {"", " ".join(letter.opening.split())} else self.comment.data

    def find_addressees(self, action_id: int) -> bool:
        """Find who gets the letter; False with a question or an error where that is not known."""
        action = db.session.get_one(Action, action_id)
        if rule_of(action).kind in ANYWHERE or stand_in(action):
            return True
        if needs_congress(action):
            return self._refuse(_("We cannot tell yet who represents you. Please come back soon."))
        if (self.country.data or HOME) != HOME:
            return self._refuse(_("This letter goes to the members of Congress of its writer."))
        place = self._place()
        if place is None:
            return False
        if not those_of(action, place):
            return self._refuse(
                _("Nobody whom this letter addresses sits for your district, so it cannot go.")
            )
        return True

    def _place(self) -> District | None:
        where = districts.located(self.zip.data, HOME)
        if where["us_district"] is not None:
            return District(where["us_state"], where["us_district"])
        state, _dash, _number = (self.district.data or "").partition("-")
        self.asked = districts.question(self.zip.data, HOME, self.state.data or state or None)
        options = self.asked.options if self.asked else ()
        for option in options:
            if option.value == self.district.data:
                self.chosen = option.district
                return option.district
        wanted, told = (
            (self.district, _("Choose your district: your letter goes to those who sit for it."))
            if options
            else (self.state, _("Your ZIP code does not tell your state. Choose it."))
        )
        wanted.errors = [*wanted.errors, told]
        return None

    def _refuse(self, told: str) -> bool:
        self.zip.errors = [*self.zip.errors, told]
        return False
