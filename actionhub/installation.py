"""What this database knows of its installation: above all, which address key it was filled under.

Suppressions outlive addresses as keyed hashes. Under another key none of them would be found, and
people who left would be mailed: so a changed key is refused, not worked with.
"""

from __future__ import annotations

import hashlib
import hmac

from sqlalchemy import String, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from actionhub.config import settings
from actionhub.database import Model, db
from actionhub.errors import ConfigurationError

ADDRESS_KEY = "address_key"


class InstallationFact(Model):
    """One thing that must stay as it was when the database was made."""

    __tablename__ = "installation_facts"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))


def fingerprint() -> str:
    """16 hex digits that tell one address key from another and give neither away."""
    key = settings().address_key.encode()
    return hmac.new(key, b"actionhub address key", hashlib.sha256).hexdigest()[:16]


def known_fingerprint() -> str | None:
    """The fingerprint this database was filled under; None before the first `hold`."""
    return db.session.scalar(
        select(InstallationFact.value).where(InstallationFact.name == ADDRESS_KEY)
    )


def hold_address_key() -> None:
    """Keep the key's fingerprint if none is kept yet. Raises ConfigurationError if it changed."""
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert
    fresh = {"name": ADDRESS_KEY, "value": fingerprint()}
    db.session.execute(insert(InstallationFact).values(fresh).on_conflict_do_nothing())
    if known_fingerprint() != fingerprint():
        raise ConfigurationError(
            "ACTIONHUB_ADDRESS_KEY",
            "it is not the key this database was filled under, so no suppression would be found "
            "and people who left would be mailed",
            "Set it to the key used before (by default the oldest key of ACTIONHUB_SECRET_KEY)",
        )
