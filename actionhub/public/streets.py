"""Asking where a street lies, in the middle of a request and outside of its transaction."""

from __future__ import annotations

from flask import request

from actionhub.congress.geocoding import StreetAddress
from actionhub.congress.sitting import District
from actionhub.database import db
from actionhub.networks import network_hash
from actionhub.signatures import streets


def district_of(where: StreetAddress) -> District:
    """The district of an address. Raises NotLookedUp.

    Ends the transaction that is open, which has written nothing yet, before the network is used.
    """
    streets.refuse_to_ask(where, network_hash(request.remote_addr))
    db.session.commit()
    return streets.ask(where)
