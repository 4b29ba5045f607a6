"""The words of a letter: a part of an action's text, and what keeps them from being published."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass

from flask_babel import gettext as _

from actionhub.actions import merging
from actionhub.actions.lists import people_of
from actionhub.actions.models import Action, ActionText, TargetKind
from actionhub.errors import ActionHubError
from actionhub.links import names_a_site

LONGEST_SUBJECT = 200
LONGEST_OPENING = 700  # room is left for what its writer adds
LONGEST_LETTER = 10_000


class LetterTooLong(ActionHubError):
    """A letter's words do not fit."""

    status = 422


@dataclass(frozen=True)
class LetterWords:
    """A letter's words in one language, plain text with merge fields (`merging`).

    `opening` is how it begins where its writer does not begin it themselves; `body` the ask;
    `thanks` what it says instead to somebody who supports the cause already, or nothing.
    """

    subject: str = ""
    opening: str = ""
    body: str = ""
    thanks: str = ""

    def tidied(self) -> LetterWords:
        """As it is kept. Raises LetterTooLong."""
        words = LetterWords(
            " ".join(self.subject.split()),
            *(one.replace("\r\n", "\n").strip() for one in (self.opening, self.body, self.thanks)),
        )
        if len(words.subject) > LONGEST_SUBJECT:
            raise LetterTooLong(
                _("Keep the subject within %(most)s characters.", most=LONGEST_SUBJECT)
            )
        if len(words.opening) > LONGEST_OPENING:
            raise LetterTooLong(
                _("Keep the opening within %(most)s characters.", most=LONGEST_OPENING)
            )
        if max(len(words.body), len(words.thanks)) > LONGEST_LETTER:
            raise LetterTooLong(
                _("Keep the letter within %(most)s characters.", most=LONGEST_LETTER)
            )
        return words


def letter_of(text: ActionText) -> LetterWords:
    """The letter in a version of an action's words."""
    return LetterWords(
        text.letter_subject, text.letter_opening, text.letter_body, text.letter_thanks
    )


def keep_letter(text: ActionText, words: LetterWords) -> None:
    """Put a letter's words into a draft. Raises LetterTooLong."""
    for name, value in asdict(words.tidied()).items():
        setattr(text, f"letter_{name}", value)


def fields_of(action: Action) -> tuple[str, ...]:
    """The merge fields that an action's letter may hold: everybody's, and its list's own."""
    target = action.targets[0] if action.targets else None
    if target is None or target.kind is TargetKind.NAMED:  # who has no title but their name
        return tuple(name for name in merging.FIELDS if name != merging.TITLE)
    if target.kind is not TargetKind.LIST:
        return merging.FIELDS
    own = {name for person in people_of(int(target.detail or 0)) for name in person.fields}
    return (*merging.FIELDS, *sorted(own))


def problems_of_letter(text: ActionText, known: Collection[str]) -> dict[str, str]:
    """What keeps a letter from being published: a sentence for each of its parts."""
    words, problems = letter_of(text), {}
    if not words.subject:
        problems["letter_subject"] = _("Give the letter a subject.")
    if names_a_site(words.opening):  # as in what people write themselves: no form would take it
        problems["letter_opening"] = _(
            "Leave web addresses out of the opening: it is people’s own."
        )
    if not words.body:
        problems["letter_body"] = _("Write the letter.")
    for name, value in asdict(words).items():
        if unknown := merging.unknown_fields(value, known):
            problems[f"letter_{name}"] = _(
                "The letter has no field “%(name)s”. It may hold: %(known)s.",
                name=unknown[0],
                known=", ".join(known),
            )
        elif merging.is_broken(value):
            problems[f"letter_{name}"] = _(
                "Braces are left open: write fields like {{ representative.name }}."
            )
    return problems
