"""The form of a letter: a signing form that first asks where its writer lives."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, StringField, TextAreaField
from wtforms.validators import ValidationError

from actionhub.actions.models import Action
from actionhub.actions.targets import ANYWHERE, rule_of
from actionhub.congress.geocoding import StreetAddress
from actionhub.congress.sitting import District
from actionhub.database import db
from actionhub.letters.composing import filled
from actionhub.letters.showing import Sketch
from actionhub.letters.standing_in import needs_congress, stand_in, those_of
from actionhub.public.countries import HOME
from actionhub.public.forms import SigningForm
from actionhub.public.posts import clean
from actionhub.public.streets import district_of
from actionhub.signatures import districts, streets
from actionhub.signatures.districts import Question
from actionhub.signatures.models import DistrictFound
from actionhub.signatures.streets import NotLookedUp

LONGEST_TOWN = 100


class LetterForm(SigningForm):
    comment = TextAreaField(_l("How your letter begins"))
    town = StringField(_l("Town or city"))
    state = StringField(_l("Your state"))
    district = StringField(_l("Your district"))
    street = StringField(_l("Street and number"))

    #: What is asked of where its writer lives, if anything is.
    asked: Question | None = None
    #: The district that was chosen or that a street told, where one had to be, and by which.
    told: District | None = None
    told_by = DistrictFound.CHOICE

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
        """How the writer begins it; None if they left it as it was, or empty.

        What the form can fill of the placeholders is filled, the rest with each letter.
        """
        own = self.comment.data or ""
        if " ".join(own.split()) in {"", " ".join(letter.opening.split())}:
            return None
        told = {"name": self.name, "town": self.town, "zip": self.zip}
        return filled(own, {f"supporter.{name}": one.data or "" for name, one in told.items()})

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

    def ask_again(self) -> None:
        """Ask once more what was answered, where something else in the form was refused."""
        if self.district.data or self.state.data or self.street.data:
            state = self.state.data or (self.district.data or "").partition("-")[0]
            self.asked = districts.question(self.zip.data, HOME, state or None)

    @property
    def service(self) -> str:
        """Who tells a street's district, and so sees it; empty: nobody is asked."""
        return streets.service_name()

    def _place(self) -> District | None:
        where = districts.located(self.zip.data, HOME)
        if where["us_district"] is not None:
            return District(where["us_state"], where["us_district"])
        state, _dash, _number = (self.district.data or "").partition("-")
        self.asked = districts.question(self.zip.data, HOME, self.state.data or state or None)
        options = self.asked.options if self.asked else ()
        for option in options:
            if option.value == self.district.data:
                self.told = option.district
                return option.district
        if self.asked and (self.street.data or "").strip():
            return self._by_street()
        wanted, told = (
            (self.district, _("Choose your district: your letter goes to those who sit for it."))
            if options
            else (self.state, _("Your ZIP code does not tell your state. Choose it."))
        )
        wanted.errors = [*wanted.errors, told]
        return None

    def _by_street(self) -> District | None:
        where = StreetAddress(
            street=clean(self.street.data or ""),
            town=self.town.data or "",
            state=self.state.data or "",
            zip=(self.zip.data or "")[:5],
        )
        try:
            self.told = district_of(where)
        except NotLookedUp as problem:
            self.street.errors = [*self.street.errors, str(problem)]
            return None
        self.told_by = DistrictFound.ADDRESS
        return self.told

    def _refuse(self, told: str) -> bool:
        self.zip.errors = [*self.zip.errors, told]
        return False
