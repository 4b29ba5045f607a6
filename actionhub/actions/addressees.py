"""Addressees: the persons and offices that an action's target resolves to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from actionhub.actions.models import Action, Target, TargetKind
from actionhub.actions.targets import chosen, rule_of
from actionhub.congress.models import Chamber
from actionhub.congress.sitting import District, Seat, sitting


@dataclass(frozen=True)
class Addressee:
    """A person or office that is addressed.

    `key` is theirs for good: a Bioguide id, as `S000033`, or `named:5` by the target's number.
    `state` and `district` (0 = at large) tell whose voice they hear: nobody's without a state
    means everybody's; a state without a district is all of the state's.
    """

    key: str
    name: str
    title: str = ""
    office: str = ""
    email: str | None = None
    postal_address: str = ""
    locale: str = "en"
    phone: str | None = None
    contact_form: str | None = None
    url: str | None = None
    party: str = ""
    chamber: Chamber | None = None
    state: str | None = None
    district: int | None = None
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def shown_name(self) -> str:
        """Title and name, as `Senator Tammy Duckworth`."""
        return f"{self.title} {self.name}".strip()

    def hears(self, state: str | None, district: int | None) -> bool:
        """Whether somebody who lives there is one of theirs; unknown places are nobody's."""
        if self.state is None:
            return True
        return self.state == state and self.district in {None, district}


def all_addressees(action: Action, on: date | None = None) -> tuple[Addressee, ...]:
    """Everyone whom an action addresses on a day (today), wherever supporters live.

    A committee's members are today's, if they sat in Congress on that day.
    """
    if rule_of(action).kind is TargetKind.NAMED:
        return tuple(_named(target) for target in action.targets[:1])
    return tuple(map(_seated, chosen(rule_of(action), sitting(on=on))))


def addressees_of(action: Action, place: District | None) -> tuple[Addressee, ...]:
    """Whom an action addresses for somebody of a district; without one, nobody in Congress."""
    if rule_of(action).kind is TargetKind.NAMED:
        return all_addressees(action)
    if place is None:
        return ()
    found = map(_seated, chosen(rule_of(action), sitting([place.state])))
    return tuple(one for one in found if one.hears(place.state, place.number))


def _named(target: Target) -> Addressee:
    return Addressee(key=f"named:{target.id}", name=target.name, office=target.office)


def _seated(seat: Seat) -> Addressee:
    return Addressee(
        key=seat.bioguide,
        name=seat.name,
        title=seat.title,
        office=seat.seat,
        postal_address=seat.office or "",
        phone=seat.phone,
        contact_form=seat.contact_form,
        url=seat.url,
        party=seat.party,
        chamber=seat.chamber,
        state=seat.state,
        district=seat.district,
    )
