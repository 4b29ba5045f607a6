"""A district by a street address, where the ZIP alone cannot tell; no street is kept."""

from __future__ import annotations

from flask_babel import gettext as _

from actionhub import limits
from actionhub.config import settings
from actionhub.congress import geocoding, looking
from actionhub.congress.geocoding import AddressLookup, StreetAddress
from actionhub.congress.sitting import District
from actionhub.errors import ActionHubError

#: Streets that one network may look up in ten minutes.
LOOKUPS = limits.Rate(10, 600)
LONGEST_STREET = 100


class NotLookedUp(ActionHubError):
    """No district was found by that street, for the reason it says."""

    status = 422


def service() -> AddressLookup | None:
    """Whom an operator set to be asked; None by default: nobody is."""
    chosen = settings()
    return geocoding.read_adapter(chosen.address_lookup, chosen.address_lookup_key)


def service_name() -> str:
    """Who sees a street, as people are told; empty: nobody is asked."""
    asked = service()
    return asked.name if asked else ""


def refuse_to_ask(where: StreetAddress, network_hash: str) -> None:
    """Raise NotLookedUp where this address, or one more of this network, is not asked about.

    The caller commits, and then asks outside of any transaction.
    """
    if len(where.street) > LONGEST_STREET:
        raise NotLookedUp(_("Please keep it under %(most)s characters.", most=LONGEST_STREET))
    if not limits.take(f"street:{network_hash}", LOOKUPS):
        raise NotLookedUp(_("That was often. Choose your district, or try again in ten minutes."))


def ask(where: StreetAddress) -> District:
    """The district of an address, one that our data know. Raises NotLookedUp.

    Goes over the network: in no transaction.
    """
    asked = service()
    if asked is None:
        raise NotLookedUp(_("Please choose one of the districts shown."))
    try:
        found = geocoding.find(asked, where)
    except geocoding.LookupUnavailable as problem:
        raise NotLookedUp(str(problem)) from None
    if found is None or not _fits(found, where.zip):
        raise NotLookedUp(
            _("No district was found for that address. Check it, or choose your district.")
        )
    return found


def _fits(found: District, zip_code: str) -> bool:
    """Whether our data know the district, and the ZIP beside the street may lie in it."""
    if found not in looking.districts_of(found.state):
        return False
    code = looking.five_digits(zip_code)
    place = looking.place_of(code) if code else None
    if place is None or not place.states:
        return True
    return found in place.districts if place.districts else found.state in place.states
