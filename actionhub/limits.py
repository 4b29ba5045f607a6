"""Token buckets in the database, shared by every process: signing, login, mail."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Boolean, Float, String, bindparam, delete, text, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, mapped_column

from actionhub import clock
from actionhub.database import Model, UTCDateTime, db, insert_on
from actionhub.errors import ConfigurationError

_PERIODS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


class RateBucket(Model):
    """How much of a rate is left for one key, at `refilled_at`."""

    __tablename__ = "rate_buckets"

    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    tokens: Mapped[float] = mapped_column(Float)
    amount: Mapped[float] = mapped_column(Float)  # what a full bucket holds
    per_second: Mapped[float] = mapped_column(Float)  # how fast it fills
    refilled_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    granted: Mapped[bool] = mapped_column(Boolean)  # whether the last taker got one


@dataclass(frozen=True)
class Rate:
    """`amount` in `seconds`: a bucket of that size that refills evenly."""

    amount: int
    seconds: int


def read_rates(text: str, setting: str = "ACTIONHUB_SIGNING_LIMIT") -> tuple[Rate, ...]:
    """Read `30/minute;300/hour`; `off` is no rates. Raises ConfigurationError naming `setting`."""
    if text.strip().lower() == "off":
        return ()
    rates = []
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        match = re.fullmatch(r"(\d+)\s*/\s*(second|minute|hour|day)", part)
        if not match or int(match[1]) < 1:
            raise ConfigurationError(
                setting,
                f"{part!r} is not a rate",
                "Write rates like 30/minute;300/hour, or off",
            )
        rates.append(Rate(int(match[1]), _PERIODS[match[2]]))
    return tuple(rates)


def take(key: str, *rates: Rate) -> bool:
    """Take one token of each rate for `key`; False when one of them had none left.

    One statement for all rates, atomic on both databases; part of the caller's transaction.
    """
    if not rates:
        return True
    connection = db.session.connection()
    values: dict[str, Any] = {"moment": clock.now()}
    for number, rate in enumerate(rates):
        values[f"key_{number}"] = f"{key}:{rate.amount}/{rate.seconds}"
        values[f"tokens_{number}"] = rate.amount - 1.0
        values[f"amount_{number}"] = float(rate.amount)
        values[f"per_second_{number}"] = rate.amount / rate.seconds
    taken = connection.execute(_statement(connection.dialect.name, len(rates)), values)
    return all(taken.scalars())


@cache
def _statement(dialect: str, rates: int) -> Any:
    """Fill up, take one if there is one, and say so.

    Written as text: SQLAlchemy would compile an insert of several rows anew each time.
    """
    rows = ", ".join(
        f"(:key_{n}, :tokens_{n}, :amount_{n}, :per_second_{n}, :moment, true)"
        for n in range(rates)
    )
    if dialect == "postgresql":
        least, elapsed = "LEAST", "EXTRACT(EPOCH FROM excluded.refilled_at - b.refilled_at)"
    else:
        least = "MIN"
        elapsed = "(julianday(excluded.refilled_at) - julianday(b.refilled_at)) * 86400.0"
    level = f"{least}(excluded.amount, b.tokens + {elapsed} * excluded.per_second)"
    statement = text(  # no value is spelled into it: names and numbers of this module only
        "INSERT INTO rate_buckets AS b"  # noqa: S608
        f" (key, tokens, amount, per_second, refilled_at, granted) VALUES {rows}"
        " ON CONFLICT (key) DO UPDATE SET"
        f" tokens = CASE WHEN {level} >= 1.0 THEN {level} - 1.0 ELSE {level} END,"
        f" refilled_at = excluded.refilled_at, granted = {level} >= 1.0"
        " RETURNING granted"
    )
    return statement.bindparams(bindparam("moment", type_=UTCDateTime)).columns(granted=Boolean)


def take_up_to(connection: Connection, key: str, wanted: int, *rates: Rate) -> int:
    """Take up to `wanted` tokens of each rate for `key`; how many there were for all of them.

    What one rate granted beyond another is given back. Part of the caller's transaction.
    """
    if wanted < 1 or not rates:
        return wanted
    moment, granted = clock.now(), []
    for rate in rates:
        name = f"{key}:{rate.amount}/{rate.seconds}"
        level = _level(connection, name, rate, moment)
        granted.append((name, min(wanted, int(level))))
    least = min(number for _, number in granted)
    for name, _number in granted:
        connection.execute(
            update(RateBucket)
            .where(RateBucket.key == name)
            .values(tokens=RateBucket.tokens - least, granted=least > 0)
            .execution_options(synchronize_session=False)
        )
    return least


def _level(connection: Connection, name: str, rate: Rate, moment: datetime) -> float:
    """Fill a bucket up to now and hold its row; how much is in it."""
    full = {
        "key": name,
        "tokens": float(rate.amount),
        "amount": float(rate.amount),
        "per_second": rate.amount / rate.seconds,
        "refilled_at": moment,
        "granted": True,
    }
    made = insert_on(connection)(RateBucket).values(full)
    held = made.on_conflict_do_update(index_elements=["key"], set_={"granted": True})
    row = connection.execute(held.returning(RateBucket.tokens, RateBucket.refilled_at)).one()
    passed = max((moment - row.refilled_at).total_seconds(), 0.0)
    level = min(full["amount"], row.tokens + passed * full["per_second"])
    connection.execute(
        update(RateBucket)
        .where(RateBucket.key == name)
        .values(tokens=level, refilled_at=moment)
        .execution_options(synchronize_session=False)
    )
    return float(level)


def forget_full_buckets(older_than: timedelta = timedelta(days=2)) -> int:
    """Drop buckets that nobody touched for so long that they are full again; how many."""
    gone = db.session.execute(
        delete(RateBucket).where(RateBucket.refilled_at < clock.now() - older_than)
    )
    return int(getattr(gone, "rowcount", 0))
