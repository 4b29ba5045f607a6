"""Token buckets in the database, shared by every process: signing, login, mail."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Float, String, bindparam, case, delete, func
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
    connection = db.session.connection()
    taken = connection.execute(
        _statement(connection.dialect.name),
        {
            "key": key,
            "tokens": rate.amount - 1.0,
            "refilled_at": clock.now(),
            "granted": True,
            "amount": float(rate.amount),
            "per_second": rate.amount / rate.seconds,
        },
    )
    return bool(taken.scalar_one())


@cache
def _statement(dialect: str) -> Any:
    """Fill up, take one if there is one, and say so; built once, for signing waits for it."""
    moment, amount = bindparam("refilled_at", type_=UTCDateTime), bindparam("amount", type_=Float)
    elapsed: ColumnElement[Any]
    if dialect == "postgresql":
        elapsed = func.extract("epoch", moment - RateBucket.refilled_at)
    else:
        elapsed = (func.julianday(moment) - func.julianday(RateBucket.refilled_at)) * 86400.0
    refilled = RateBucket.tokens + elapsed * bindparam("per_second", type_=Float)
    level = case((refilled > amount, amount), else_=refilled)
    columns = ("key", "tokens", "refilled_at", "granted")
    insert = (postgresql if dialect == "postgresql" else sqlite).insert
    return (
        insert(RateBucket)
        .values({name: bindparam(name) for name in columns})
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


def forget_full_buckets(older_than: timedelta = timedelta(days=2)) -> int:
    """Drop buckets that nobody touched for so long that they are full again; how many."""
    gone = db.session.execute(
        delete(RateBucket).where(RateBucket.refilled_at < clock.now() - older_than)
    )
    return int(getattr(gone, "rowcount", 0))
