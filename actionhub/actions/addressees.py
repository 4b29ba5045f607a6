"""Addressees: the persons and offices that an action's target resolves to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from actionhub.actions import contacts
from actionhub.actions.lists import people_of
from actionhub.actions.models import Action, ListedPerson, OfficeContact, Target, TargetKind
from actionhub.actions.targets import ANYWHERE, chosen, rule_of
from actionhub.config import settings
from actionhub.congress.models import Chamber
from actionhub.congress.sitting import District, Seat, sitting
from actionhub.database import db

#: Where each chamber's mail goes; the data set tells the building and the room.
POST_OFFICES = {Chamber.HOUSE: "Washington, DC 20515", Chamber.SENATE: "Washington, DC 20510"}
#: Where Congress works, and whose days its chambers count.
CAPITOL = ZoneInfo("America/New_York")


@dataclass(frozen=True)
class Addressee:
    """A person or office that is addressed.

    `key` is theirs for good: a Bioguide id, as `S000033`, or `named:5` by the target's number, or
    `listed:17` by their own on a list. `locale` is the language they read; empty: any.
    `state` and `district` (0 = at large) tell whose voice they hear: nobody's without a state
    means everybody's; a state without a district is all of the state's.
    """

    key: str
    name: str
    title: str = ""
    office: str = ""
    email: str | None = None
    postal_address: str = ""
    locale: str = ""
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

    @property
    def can_be_set(self) -> bool:
        """Whether organizers write down how they are reached; a list tells of its own people."""
        return not self.key.startswith("listed:")

    @property
    def zone(self) -> ZoneInfo:
        """The office's time zone: the Capitol's for Congress, ours for everybody else."""
        return CAPITOL if self.chamber else settings().timezone

    def as_json(self) -> dict[str, Any]:
        """To be kept beside what they got; `Addressee(**kept)` reads it back."""
        return asdict(self) | {"fields": dict(self.fields)}

    def hears(self, state: str | None, district: int | None) -> bool:
        """Whether somebody who lives there is one of theirs; unknown places are nobody's."""
        if self.state is None:
            return True
        return self.state == state and self.district in {None, district}


def all_addressees(action: Action, on: date | None = None) -> tuple[Addressee, ...]:
    """Everyone whom an action addresses on a day (today), wherever supporters live.

    A committee's members, and a list's people, are today's; members only who sat on that day.
    """
    rule = rule_of(action)
    if rule.kind in ANYWHERE:
        return _known(_anywhere(action))
    return _known(map(_seated, chosen(rule, sitting(on=on))))


def whom_to_deliver(action: Action) -> tuple[Addressee, ...]:
    """Who may get an action's signatures: all whom it addresses today and, where these are members
    of Congress, before them whom it names as a whole, as a committee: that hears everybody."""
    if rule_of(action).kind in ANYWHERE:
        return all_addressees(action)
    return (*_known(map(_named, action.targets)), *all_addressees(action))


def addressees_of(action: Action, place: District | None) -> tuple[Addressee, ...]:
    """Whom an action addresses for somebody of a district; without one, nobody in Congress."""
    rule = rule_of(action)
    if rule.kind in ANYWHERE:
        return _known(_anywhere(action))
    if place is None:
        return ()
    found = map(_seated, chosen(rule, sitting([place.state])))
    return _known(one for one in found if one.hears(place.state, place.number))


def current(addressee: Addressee) -> Addressee:
    """One who was resolved before, reached as is known by now: addresses get mended."""
    kind, _colon, number = addressee.key.partition(":")
    if kind == "example":
        return addressee
    if kind != "listed":  # an email address is known of a contact alone
        addressee = replace(addressee, email=None)
    elif person := db.session.get(ListedPerson, int(number)):
        addressee = replace(addressee, email=person.email, postal_address=person.postal_address)
    return _known((addressee,))[0]


def _anywhere(action: Action) -> Iterable[Addressee]:
    rule = rule_of(action)
    if rule.kind is TargetKind.LIST:
        return map(_listed, people_of(int(rule.detail or 0)))
    return (_named(target) for target in action.targets[:1])


def _known(found: Iterable[Addressee]) -> tuple[Addressee, ...]:
    """With what organizers found out about how to reach them."""
    several = tuple(found)
    known = contacts.of(one.key for one in several)
    return tuple(_reached(one, known.get(one.key)) for one in several)


def _reached(one: Addressee, contact: OfficeContact | None) -> Addressee:
    if contact is None:
        return one
    return replace(
        one,
        email=contact.email or one.email,
        postal_address=contact.postal_address or one.postal_address,
    )


def _named(target: Target) -> Addressee:
    return Addressee(key=f"named:{target.id}", name=target.name, office=target.office)


def _listed(person: ListedPerson) -> Addressee:
    return Addressee(
        key=f"listed:{person.id}",
        name=person.name,
        office=person.office,
        email=person.email,
        postal_address=person.postal_address,
        locale=person.locale,
        fields=person.fields,
    )


def _seated(seat: Seat) -> Addressee:
    return Addressee(
        key=seat.bioguide,
        name=seat.name,
        title=seat.title,
        office=seat.seat,
        postal_address=f"{seat.office}\n{POST_OFFICES[seat.chamber]}" if seat.office else "",
        phone=seat.phone,
        contact_form=seat.contact_form,
        url=seat.url,
        party=seat.party,
        chamber=seat.chamber,
        state=seat.state,
        district=seat.district,
    )
