"""An address service of our own, as an operator would plug one in."""

from __future__ import annotations

from typing import ClassVar

from actionhub.congress.geocoding import StreetAddress
from actionhub.congress.sitting import District
from actionhub.extensions import db


class MainStreet:
    """Knows Main Street, in Ohio's district 10; Broken Street breaks it."""

    name = "Atlas of Ohio"
    asked: ClassVar[list[StreetAddress]] = []
    in_transaction: ClassVar[list[bool]] = []

    def __init__(self, key: str, base: str) -> None:
        pass

    def district_of(self, where: StreetAddress) -> District | None:
        self.asked.append(where)
        self.in_transaction.append(db.session().in_transaction())
        if "Broken" in where.street:
            raise OSError("down")
        if "Far" in where.street:
            return District("OH", 77)
        return District("OH", 10) if "Main" in where.street else None
