"""Which House district a street address lies in, asked of an outside service: none by default.

An adapter is any class with a name and `district_of`; `ACTIONHUB_ADDRESS_LOOKUP` names one of
`ADAPTERS`, or one of an operator's own as `package.module:Class`. What is asked is logged nowhere.
"""

from __future__ import annotations

import importlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx
import structlog
from flask_babel import gettext as _

from actionhub import links
from actionhub.congress.sitting import District
from actionhub.congress.states import NAMES
from actionhub.errors import ActionHubError, ConfigurationError

log = structlog.get_logger(__name__)

SETTING = "ACTIONHUB_ADDRESS_LOOKUP"
#: Seconds for an answer, all in all.
PATIENCE = 4.0
#: The longest answer that is read; the Census Bureau's is some 20 KB.
LONGEST = 1 << 20
#: Asked at once by one process, so that a slow service cannot hold every thread of it.
AT_ONCE = 4
#: Seconds for which a service that failed is left alone.
REST = 30.0


class LookupUnavailable(ActionHubError):
    """The service did not answer; says nothing of the address."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            _("The address service does not answer now. Choose your district instead.")
        )


@dataclass(frozen=True)
class StreetAddress:
    """An address in the United States; everything but the street may be empty."""

    street: str = field(repr=False)
    town: str = ""
    state: str = ""
    zip: str = ""


class _NoSuchAddress(Exception):
    """The service can make nothing of the address."""


class AddressLookup(Protocol):
    """Whom to ask. Made with `key` and `base`, an address to ask instead of its own; both may be
    empty."""

    @property
    def name(self) -> str:
        """Who sees the street, as the form tells people."""
        ...

    def district_of(self, where: StreetAddress, /) -> District | None:
        """The district; None where none or several are found. Raises LookupUnavailable."""
        ...


@dataclass(frozen=True)
class CensusGeocoder:
    """The Census Bureau's geocoder: free, no key (Geocoding Services Web API, 07/2024)."""

    key: str = field(default="", repr=False)
    base: str = ""
    name: str = "U.S. Census Bureau"

    def district_of(self, where: StreetAddress) -> District | None:
        told = _ask(
            f"{self.base or 'https://geocoding.geo.census.gov'}/geocoder/geographies/address",
            {
                "street": where.street,
                "city": where.town,
                "state": where.state,
                "zip": where.zip,
                "benchmark": "Public_AR_Current",
                "vintage": "Current_Current",
                "layers": "all",
                "format": "json",
            },
        )
        return _the_only(
            District(match["addressComponents"]["state"], _number(area["GEOID"][2:]))
            for match in told["result"]["addressMatches"]
            for layer, areas in match["geographies"].items()
            if "Congressional Districts" in layer
            for area in areas
            if area["GEOID"][2:].isdigit()  # and no ZZ: water
        )


#: `ocd-division/country:us/state:oh/cd:9`, as the Open Civic Data identifiers are written.
_DIVISION = re.compile(
    r"ocd-division/country:us/(?:state|district|territory):([a-z]{2})(?:/cd:(\d+))?"
)


@dataclass(frozen=True)
class GoogleCivic:
    """Google's Civic Information API, `divisionsByAddress`: needs a key."""

    key: str = field(default="", repr=False)
    base: str = ""
    name: str = "Google"

    def district_of(self, where: StreetAddress) -> District | None:
        parts = (where.street, where.town, f"{where.state} {where.zip}".strip())
        told = _ask(
            f"{self.base or 'https://civicinfo.googleapis.com'}/civicinfo/v2/divisionsByAddress",
            {"address": ", ".join(filter(None, parts))},
            {"X-Goog-Api-Key": self.key},
        )
        read = [found for name in told["divisions"] if (found := _DIVISION.fullmatch(name))]
        # A state that is all one district is named alone; of others it is named beside theirs.
        numbered = [found for found in read if found[2]]
        return _the_only(
            District(found[1].upper(), int(found[2] or 0)) for found in numbered or read
        )


ADAPTERS: Mapping[str, Callable[..., AddressLookup]] = {
    "census": CensusGeocoder,
    "google": GoogleCivic,
}


def read_adapter(setting: str, key: str = "") -> AddressLookup | None:
    """The adapter that `census`, `census https://mirror.example` or `my.module:Class` names.

    None for nothing. Raises ConfigurationError.
    """
    name, _space, base = setting.strip().partition(" ")
    if not name:
        return None
    made = ADAPTERS.get(name) or _of_an_operator(name)
    if name == "google" and not key:
        raise ConfigurationError(
            f"{SETTING}_KEY", "it is not set", "Google answers only who shows a key"
        )
    if base and not links.goes_unread(base.strip()):
        raise ConfigurationError(
            SETTING, f"{base.strip()!r} is no https address", "Streets go over https alone"
        )
    return made(key=key, base=base.strip().rstrip("/"))


def _of_an_operator(name: str) -> Callable[..., AddressLookup]:
    module, _colon, attribute = name.partition(":")
    try:
        made: Callable[..., AddressLookup] = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError):
        known = ", ".join(ADAPTERS)
        raise ConfigurationError(
            SETTING, f"there is no {name!r}", f"Use {known} or package.module:Class"
        ) from None
    return made


@dataclass
class _Gate:
    """How many ask at once, and until when nobody does."""

    rests_until: float = 0.0
    places: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(AT_ONCE)
    )


_gate = _Gate()


def open_gate() -> None:
    """Ask again at once, after a rest (for tests)."""
    _gate.rests_until = 0.0


def find(adapter: AddressLookup, where: StreetAddress) -> District | None:
    """Ask an adapter; None where it finds none. Raises LookupUnavailable, at once while it rests.

    Takes up to `PATIENCE`: never inside a transaction.
    """
    if time.monotonic() < _gate.rests_until or not _gate.places.acquire(blocking=False):
        raise LookupUnavailable
    try:
        found = adapter.district_of(where)
    except _NoSuchAddress:
        found = None
    except Exception as problem:  # whatever it answers: this is somebody else's service
        _gate.rests_until = time.monotonic() + REST
        log.warning("address_lookup_failed", adapter=adapter.name, problem=type(problem).__name__)
        raise LookupUnavailable from None
    finally:
        _gate.places.release()
    return found if found is not None and found.state in NAMES else None


def _ask(url: str, asked: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Any:
    """The JSON that an address answers. Raises _NoSuchAddress; all else is a failure."""
    until = time.monotonic() + PATIENCE
    data = bytearray()
    with httpx.stream("GET", url, params=asked, headers=headers, timeout=PATIENCE) as answer:
        if answer.status_code in {400, 404}:  # of this address, not of the service
            raise _NoSuchAddress
        answer.raise_for_status()
        for piece in answer.iter_bytes():
            data += piece
            if len(data) > LONGEST or time.monotonic() > until:
                raise LookupUnavailable
    return json.loads(data)


def _number(digits: str) -> int:
    """A district's number; at large (00) and a delegate's (98) are 0."""
    return 0 if digits in {"00", "98"} else int(digits)


def _the_only(found: Iterable[District]) -> District | None:
    several = set(found)
    return several.pop() if len(several) == 1 else None
