"""Before a letter is confirmed: to whom it goes, by which way, and which seats are empty."""

from __future__ import annotations

from dataclasses import dataclass

from actionhub.actions.addressees import Addressee
from actionhub.actions.models import Action
from actionhub.actions.targets import rule_of, vacant_in
from actionhub.congress.looking import Vacancy
from actionhub.congress.sitting import District
from actionhub.letters.channels import Channel, ways_to
from actionhub.letters.standing_in import stand_in, those_of


@dataclass(frozen=True)
class Foreseen:
    """An addressee, and the way by which a letter goes there if its writer tells what that asks."""

    addressee: Addressee
    way: Channel


def foresee(action: Action, place: District | None) -> tuple[Foreseen, ...]:
    """Whom somebody's letter goes to, as far as it is known where they live."""
    return tuple(Foreseen(one, ways_to(one, street=True)[0]) for one in those_of(action, place))


def empty_seats(action: Action, place: District | None) -> tuple[Vacancy, ...]:
    """The seats that an action addresses, of somebody's own, that nobody holds today."""
    if place is None or stand_in(action):
        return ()
    return vacant_in(rule_of(action), place)
