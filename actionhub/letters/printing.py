"""A letter on paper, for its writer to post."""

from __future__ import annotations

from babel.dates import format_date

from actionhub import clock, paper
from actionhub.config import REGIONS, settings
from actionhub.letters.showing import Shown
from actionhub.signatures.models import Signature


def print_letter(letter: Shown, signature: Signature) -> bytes:
    """The letter as a PDF, dated today."""
    locale = letter.composed.locale
    today = clock.now().astimezone(settings().timezone).date()
    addressee = letter.addressee
    place = " ".join(filter(None, (signature.us_state, signature.zip)))
    return paper.letter(
        paper.PrintedLetter(
            title=letter.composed.subject,
            locale=locale,
            sender=(signature.name or "", ", ".join(filter(None, (signature.town, place)))),
            day=format_date(today, "long", locale=REGIONS[locale]),
            recipient=(
                addressee.shown_name,
                *addressee.postal_address.split("\n"),
                "" if addressee.postal_address else addressee.office,
            ),
            text=letter.composed.text,
            made_at=clock.now(),
        )
    )
