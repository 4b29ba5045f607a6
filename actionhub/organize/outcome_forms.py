"""The forms of what came of an action: who did what, and what is struck."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from wtforms import DateField, RadioField, StringField, TextAreaField, URLField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from actionhub.actions.addressees import Addressee
from actionhub.actions.outcome_models import OutcomeKind, VotePosition
from actionhub.actions.outcome_views import KINDS, POSITIONS, place_of, shown_name
from actionhub.actions.outcomes import LONGEST_ADDRESS, LONGEST_WORDS, BadOutcome, Deed
from actionhub.organize.choices import Choice
from actionhub.organize.forms import Form
from actionhub.organize.once import OnceForm, SeenForm

_OPTIONAL = [Optional(), Length(max=LONGEST_WORDS)]


class OutcomeForm(OnceForm):
    """What one addressee did. `who` is a name or a key, in brackets behind it or alone."""

    who = StringField(_l("Who"), [DataRequired(), Length(max=400)])
    kind = RadioField(
        _l("What they did"),
        [InputRequired()],
        choices=[Choice(kind.value, name) for kind, name in KINDS.items()],
    )
    position = RadioField(
        _l("How they voted"),
        [Optional()],
        choices=[Choice(position.value, name) for position, name in POSITIONS.items()],
    )
    happened_on = DateField(_l("When"), [InputRequired()])
    words = TextAreaField(_l("In a few words"), _OPTIONAL)
    words_es = TextAreaField(_l("The same in Spanish"), _OPTIONAL)
    source_url = URLField(_l("Where one can read it"), [Optional(), Length(max=LONGEST_ADDRESS)])

    def deed(self) -> Deed:
        """What was typed, once it is valid."""
        assert self.happened_on.data is not None  # the form is valid
        return Deed(
            kind=OutcomeKind(self.kind.data),
            happened_on=self.happened_on.data,
            position=VotePosition(self.position.data) if self.position.data else None,
            words=self.words.data or "",
            words_es=self.words_es.data or "",
            source_url=self.source_url.data,
        )

    def refuse(self, refused: BadOutcome) -> None:
        """Show each problem at its field."""
        for name, told in refused.problems.items():
            self[name].errors = [told]


class RollForm(SeenForm, OutcomeForm):
    """What several did, one a line; first it is shown whom the lines name, then recorded."""

    who = TextAreaField(_l("Who, one a line"), [DataRequired(), Length(max=100_000)])


class StrikeForm(Form):
    which = RadioField(
        _l("Which"),
        [InputRequired()],
        choices=[Choice("one", _l("Only this one")), Choice("all", _l("All of these"))],
        default="one",
    )


class ReportForm(OnceForm):
    """The button that drafts a follow-up."""


def offered(addressees: Iterable[Addressee]) -> list[str]:
    """Each as the field takes them: `Senator Cy Cedar, Ohio (C000003)`."""
    found = []
    for one in addressees:
        place = place_of(one.state, one.district, one.office)
        parts = [shown_name(one.title, one.name), place] if place else [one.name]
        found.append(f"{', '.join(parts)} ({one.key})")
    return found
