"""Which network a posting came from: a keyed hash, never the address, its key soon dropped."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from datetime import date, datetime, timedelta

from sqlalchemy import Date, LargeBinary, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from actionhub import clock
from actionhub.database import Model, UTCDateTime, db


class NetworkKey(Model):
    """One day's key; once it is dropped, that day's hashes say nothing to anyone."""

    __tablename__ = "network_keys"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary(32))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


_known: dict[tuple[int, date], bytes] = {}


def network(remote_addr: str | None) -> str:
    """The /24 or /48 that an IP address belongs to; `unknown` for anything else."""
    try:
        address = ipaddress.ip_address(remote_addr or "")
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    prefix = 24 if address.version == 4 else 48
    return str(ipaddress.ip_network(f"{address}/{prefix}", strict=False))


def network_hash(remote_addr: str | None) -> str:
    """32 hex digits for the network under today's key."""
    digest = hmac.new(_key_of_today(), network(remote_addr).encode(), hashlib.sha256)
    return digest.hexdigest()[:32]


def drop_old_keys(days: int) -> int:
    """Drop the keys older than `days`; how many went."""
    forget_cached()
    limit = clock.now().date() - timedelta(days=days)
    gone = db.session.execute(delete(NetworkKey).where(NetworkKey.day < limit))
    return int(getattr(gone, "rowcount", 0))


def forget_cached() -> None:
    """Forget the key that this process remembers, as after a restore."""
    _known.clear()


def _key_of_today() -> bytes:
    today = clock.now().date()
    cached = _known.get((id(db.engine), today))
    if cached is not None:
        return cached
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert
    fresh = {"day": today, "key": secrets.token_bytes(32), "created_at": clock.now()}
    db.session.execute(insert(NetworkKey).values(fresh).on_conflict_do_nothing())
    key = db.session.execute(select(NetworkKey.key).where(NetworkKey.day == today)).scalar_one()
    # Kept only once another transaction has seen it committed: a rolled-back key must not linger.
    committed = key != fresh["key"]
    if committed:
        _known.clear()
        _known[(id(db.engine), today)] = key
    return bytes(key)
