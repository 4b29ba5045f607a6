"""Token buckets in the database, shared by every process: signing, login, mail."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Float, String, case, delete, func, literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from actionhub import clock
from actionhub.database import Model, UTCDateTime, db
from actionhub.errors import ConfigurationError

_PERIODS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


class RateBucket(Model):
    """How much of a rate is left for one key, at `refilled_at`."""

    __tablename__ = "rate_buckets"

    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    tokens: Mapped[float] = mapped_column(Float)
    refilled_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    granted: Mapped[bool] = mapped_column(Boolean)  # whether the last taker got one


@dataclass(frozen=True)
class Rate:
    """`amount` in `seconds`: a bucket of that size that refills evenly."""

    amount: int
    seconds: int


def read_rates(text: str) -> tuple[Rate, ...]:
    """Read `30/minute;300/hour`; `off` is no rates. Raises ConfigurationError."""
    if text.strip().lower() == "off":
        return ()
    rates = []
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        match = re.fullmatch(r"(\d+)\s*/\s*(second|minute|hour|day)", part)
        if not match or int(match[1]) < 1:
            raise ConfigurationError(
                "ACTIONHUB_SIGNING_LIMIT",
                f"{part!r} is not a rate",
                "Write rates like 30/minute;300/hour, or off",
            )
        rates.append(Rate(int(match[1]), _PERIODS[match[2]]))
    return tuple(rates)


def take(key: str, *rates: Rate) -> bool:
    """Take one token of each rate for `key`; False when one of them had none left.

    One statement a rate, atomic on both databases; part of the caller's transaction.
    """
    taken = [_take(f"{key}:{rate.amount}/{rate.seconds}", rate) for rate in rates]
    return all(taken)


def _take(key: str, rate: Rate) -> bool:
    moment = clock.now()
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert
    elapsed: ColumnElement[Any]
    if db.engine.dialect.name == "postgresql":
        elapsed = func.extract("epoch", literal(moment, UTCDateTime) - RateBucket.refilled_at)
    else:
        julian = func.julianday
        elapsed = (julian(literal(moment, UTCDateTime)) - julian(RateBucket.refilled_at)) * 86400.0
    refilled = RateBucket.tokens + elapsed * (rate.amount / rate.seconds)
    level = case((refilled > rate.amount, float(rate.amount)), else_=refilled)
    values = {"key": key, "tokens": rate.amount - 1.0, "refilled_at": moment, "granted": True}
    statement = (
        insert(RateBucket)
        .values(values)
        .on_conflict_do_update(
            index_elements=[RateBucket.key],
            set_={
                "tokens": case((level >= 1.0, level - 1.0), else_=level),
                "refilled_at": moment,
                "granted": level >= 1.0,
            },
        )
        .returning(RateBucket.granted)
    )
    return bool(db.session.execute(statement).scalar_one())


def forget_full_buckets(older_than: timedelta = timedelta(days=2)) -> int:
    """Drop buckets that nobody touched for so long that they are full again; how many."""
    gone = db.session.execute(
        delete(RateBucket).where(RateBucket.refilled_at < clock.now() - older_than)
    )
    return int(getattr(gone, "rowcount", 0))
