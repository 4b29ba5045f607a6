"""What a letter's writer is told before they confirm: by which way it goes, which seat is empty."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from actionhub.actions.models import Action
from actionhub.actions.targets import needs_senators
from actionhub.congress.models import Chamber
from actionhub.congress.sitting import District
from actionhub.congress.states import DELEGATED, NAMES
from actionhub.database import db
from actionhub.letters.composing import place_name
from actionhub.letters.foreseeing import Foreseen, empty_seats, foresee
from actionhub.letters.models import ChannelName
from actionhub.signatures import districts
from actionhub.signatures.confirming import Confirmable

HOW = {
    ChannelName.EMAIL: _l("We mail it for you, in the office’s hours."),
    ChannelName.CWC: _l("We hand it to Congress’s own system, if you fill in what that asks."),
    ChannelName.FORM: _l("You put it into the office’s own form: we have it ready to copy."),
    ChannelName.PHONE: _l("You call: we have the number and the words ready."),
    ChannelName.PRINT: _l("You print and post it: we have it ready as a PDF."),
}


@dataclass(frozen=True)
class Foretold:
    """`going`: each addressee, and how. `empty`: a sentence a seat that nobody holds."""

    going: list[tuple[Foreseen, str]]
    empty: list[str]

    @property
    def we_send(self) -> bool:
        """Whether any of the letters is ours to send."""
        return any(one.way.ours for one, _how in self.going)


def foretell(found: Confirmable) -> Foretold:
    """What becomes of the letter of a posting, once it is confirmed."""
    action, place = db.session.get_one(Action, found.action_id), place_of(found)
    going = [(one, str(HOW[one.way.name])) for one in foresee(action, place)]
    return Foretold(going, empty_words(action, place))


def empty_words(action: Action, place: District | None) -> list[str]:
    """Which of somebody's own seats nobody holds, in sentences."""
    told = [
        _("One of the two seats of %(state)s in the Senate is vacant.", state=NAMES[one.state])
        if one.chamber is Chamber.SENATE
        else _("The seat of %(place)s in the House is vacant.", place=place_name(place))
        for one in empty_seats(action, place)
    ]
    if place is not None and place.state in DELEGATED and needs_senators(action):
        told.append(_("%(state)s has no senators.", state=NAMES[place.state]))
    return [str(one) for one in told]


def place_of(found: Confirmable) -> District | None:
    """Where somebody lives: as it is known, or as their confirmation will find it by the ZIP."""
    state, number = found.us_state, found.us_district
    if number is None:
        where = districts.located(found.zip, found.country)
        state, number = where["us_state"], where["us_district"]
    return District(state, number) if state is not None and number is not None else None
