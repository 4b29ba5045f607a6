"""The part of an action's form that is a letter's words, in each language."""

from __future__ import annotations

from dataclasses import asdict

from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField
from wtforms.validators import Length

from actionhub.actions.letter_words import (
    LONGEST_LETTER,
    LONGEST_OPENING,
    LONGEST_SUBJECT,
    LetterWords,
    letter_of,
)
from actionhub.actions.models import ActionText
from actionhub.organize.forms import Form

PARTS = ("subject", "opening", "body", "thanks")


class LetterFields(Form):
    letter_subject = StringField(_l("The letter’s subject"), [Length(max=LONGEST_SUBJECT)])
    letter_opening = TextAreaField(_l("How it begins"), [Length(max=LONGEST_OPENING)])
    letter_body = TextAreaField(_l("What it asks"), [Length(max=LONGEST_LETTER)])
    letter_thanks = TextAreaField(
        _l("What it says instead to those who cosponsor"), [Length(max=LONGEST_LETTER)]
    )
    es_letter_subject = StringField(
        _l("The letter’s subject in Spanish"), [Length(max=LONGEST_SUBJECT)]
    )
    es_letter_opening = TextAreaField(
        _l("How it begins, in Spanish"), [Length(max=LONGEST_OPENING)]
    )
    es_letter_body = TextAreaField(_l("What it asks, in Spanish"), [Length(max=LONGEST_LETTER)])
    es_letter_thanks = TextAreaField(
        _l("What it says to those who cosponsor, in Spanish"), [Length(max=LONGEST_LETTER)]
    )

    def letter(self, prefix: str = "") -> LetterWords | None:
        """The letter's words in English, or in Spanish by `es_`; None where it is no letter."""
        if "letter_body" not in self:
            return None
        return LetterWords(**{part: self[f"{prefix}letter_{part}"].data or "" for part in PARTS})

    def leave_out_letter(self) -> None:
        """For an action that is none."""
        for prefix in ("", "es_"):
            for part in PARTS:
                del self[f"{prefix}letter_{part}"]


def stored_letter(text: ActionText | None, prefix: str) -> dict[str, str]:
    """What is stored of a letter, by the form's names."""
    words = letter_of(text) if text else LetterWords()
    return {f"{prefix}letter_{part}": value for part, value in asdict(words).items()}
