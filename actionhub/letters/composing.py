"""One letter's words: the organisation's with its fields filled, and how its writer begins it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache

from flask_babel import force_locale
from flask_babel import gettext as _

from actionhub.actions.addressees import Addressee
from actionhub.actions.letter_words import LetterWords
from actionhub.actions.merging import merge
from actionhub.config import LOCALES, REGIONS
from actionhub.congress.sitting import District
from actionhub.congress.states import NAMES

#: So many words in a row are taken from what was offered.
RUN = 3


@dataclass(frozen=True)
class Writer:
    """Whose letter it is. `own` is how they begin it; None: as the organisation does."""

    name: str
    town: str
    zip: str
    place: District | None
    own: str | None = None

    @property
    def lives_in(self) -> str:
        """`Dayton, OH 45402`, as far as it is known."""
        state = self.place.state if self.place else ""
        return ", ".join(filter(None, (self.town, f"{state} {self.zip}".strip())))


@dataclass(frozen=True)
class Composed:
    """A letter as it goes. `own_words` of its `words` are its writer's, not the organisation's."""

    locale: str
    subject: str
    salutation: str
    opening: str
    body: str
    closing: str
    own_words: int
    words: int

    @property
    def text(self) -> str:
        """The whole of it, a blank line between its parts."""
        parts = (self.salutation, self.opening, self.body, self.closing)
        return "\n\n".join(part for part in parts if part)


def compose(
    words: LetterWords, addressee: Addressee, writer: Writer, locale: str, *, thanks: bool = False
) -> Composed:
    """The letter of a writer to an addressee, in the language of its words.

    `thanks`: for somebody who supports the cause already, where the words have a part for them.
    """
    with force_locale(REGIONS[locale]):
        values = values_of(addressee, writer)
        salutation = str(_("Dear %(name)s,", name=addressee.shown_name))
        sincerely = str(_("Sincerely,"))
    given = merge(words.opening, values)
    opening = filled(writer.own, values) if writer.own else given
    body = merge(words.thanks if thanks and words.thanks else words.body, values)
    closing = "\n".join(filter(None, (sincerely, writer.name, writer.lives_in)))
    return Composed(
        locale=locale,
        subject=" ".join(merge(words.subject, values).split()),
        salutation=salutation,
        opening=opening,
        body=body,
        closing=closing,
        own_words=own_words(opening, given) if writer.own else 0,
        words=len(opening.split()) + len(body.split()),
    )


def placeholders() -> dict[str, str]:
    """How each field stands in a letter that is nobody's yet, in the language of the page."""
    return {
        "representative.title": str(_("[title]")),
        "representative.name": str(_("[their name]")),
        "representative.office": str(_("[their office]")),
        "district": str(_("[your district]")),
        "supporter.name": str(_("[your name]")),
        "supporter.town": str(_("[your town]")),
        "supporter.zip": str(_("[your ZIP code]")),
    }


def placeholder(name: str) -> str:
    """How a list's own field stands there."""
    return f"[{name.replace('_', ' ')}]"


def filled(own: str, values: Mapping[str, str]) -> str:
    """How somebody begins their letter: of the placeholders left in it, those of `values` filled.

    Braces that they typed stay what they are: these alone are read, and only as they were offered.
    """
    for name, value in values.items():
        for stands in _offered().get(name) or {placeholder(name)}:
            own = own.replace(stands, value)
    return own


@cache
def _offered() -> dict[str, set[str]]:
    """How each field of every letter stands in any of our languages."""
    offered: dict[str, set[str]] = {}
    for locale in LOCALES:
        with force_locale(REGIONS[locale]):
            for name, stands in placeholders().items():
                offered.setdefault(name, set()).add(stands)
    return offered


def values_of(addressee: Addressee, writer: Writer) -> Mapping[str, str]:
    """What fills the merge fields. A list's own fields stand beside those of every letter."""
    return {
        **addressee.fields,
        "representative.title": addressee.title or addressee.office,
        "representative.name": addressee.name,
        "representative.office": addressee.office,
        "district": place_name(writer.place) or addressee.office,
        "supporter.name": writer.name,
        "supporter.town": writer.town,
        "supporter.zip": writer.zip,
    }


def place_name(place: District | None) -> str:
    """A district in words: `Ohio, district 9`; a state that is all one district by its name."""
    if place is None:
        return ""
    name = NAMES[place.state]
    return (
        str(_("%(state)s, district %(number)s", state=name, number=place.number))
        if (place.number)
        else name
    )


def own_words(written: str, given: str) -> int:
    """How many words of `written` do not stand in `given`, RUN or more of them in its order.

    Fewer in a row are nobody's: they are words of the language.
    """
    words, theirs = ([word.casefold() for word in text.split()] for text in (written, given))
    matching = SequenceMatcher(None, words, theirs, autojunk=False).get_matching_blocks()
    return len(words) - sum(block.size for block in matching if block.size >= RUN)
