"""Fictional people who stand in for Congress on a machine where no data are loaded.

Only where mail lands in the local mailbox: nothing ever goes out to them.
"""

from __future__ import annotations

from actionhub.actions.addressees import Addressee, addressees_of
from actionhub.actions.models import Action, TargetKind
from actionhub.actions.targets import ANYWHERE, CHAMBERS, rule_of
from actionhub.config import settings
from actionhub.congress import loading
from actionhub.congress.models import Chamber
from actionhub.congress.sitting import District

_PEOPLE = (
    ("1", "Senator", "Fictional Senator One", Chamber.SENATE),
    ("2", "Senator", "Fictional Senator Two", Chamber.SENATE),
    ("3", "Representative", "Fictional Member", Chamber.HOUSE),
)


def needs_congress(action: Action) -> bool:
    """Whether nobody can be told whom an action addresses before data on Congress are loaded."""
    return rule_of(action).kind not in ANYWHERE and not loading.can_look_up()


def stand_in(action: Action) -> bool:
    """Whether fictional people stand in for those whom an action addresses."""
    return settings().mailbox and needs_congress(action)


def those_of(action: Action, place: District | None) -> tuple[Addressee, ...]:
    """Whom an action addresses for somebody of a district, or who stands in for them."""
    if not stand_in(action):
        return addressees_of(action, place)
    rule = rule_of(action).kind
    return tuple(
        Addressee(
            key=f"example:{number}",
            name=name,
            title=title,
            office="the State of Example",
            email=f"office{number}@example.org",
            postal_address="1 Example Square, Springfield",
            phone="202-555-0100",
            chamber=chamber,
        )
        for number, title, name, chamber in _PEOPLE
        if CHAMBERS.get(rule, chamber) is chamber
        or rule not in {TargetKind.SENATORS, TargetKind.HOUSE}
    )
