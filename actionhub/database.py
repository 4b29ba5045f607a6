"""The rules every table and transaction keeps: types, naming, how a transaction begins."""

from __future__ import annotations

import sqlite3
import time
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from flask import has_request_context, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, Dialect, Engine, Enum, Integer, MetaData, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import ConnectionPoolEntry, Pool, PoolProxiedConnection
from sqlalchemy.types import TypeDecorator

from actionhub.errors import ConfigurationError

#: One naming rule for constraints, so that migrations can name them on both databases.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

#: Methods that change nothing: their SQLite transactions begin deferred, all others immediate.
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

#: How long a statement waits for SQLite's one writer, in seconds.
SQLITE_BUSY_SECONDS = 30.0


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base)

if TYPE_CHECKING:

    class Model(Base):
        __abstract__ = True

else:
    Model = db.Model


class UTCDateTime(TypeDecorator[datetime]):
    """Aware UTC in, aware UTC out, also on SQLite, which drops zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: times are aware UTC here")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


#: 64-bit keys; SQLite numbers rows only in an INTEGER PRIMARY KEY.
Id = BigInteger().with_variant(Integer(), "sqlite")


def text_enum(kind: type[StrEnum]) -> Enum:
    """A state column: text with a CHECK of the enum's values, named for the enum."""
    return Enum(
        kind,
        name=kind.__name__.lower(),
        native_enum=False,
        create_constraint=True,
        length=24,
        values_callable=lambda members: [member.value for member in members],
    )


def database_url(text: str) -> URL:
    """Read a database address, choosing psycopg (3) for any spelling of PostgreSQL.

    Raises ConfigurationError for another database, or what is no address.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as bad:
        raise _not_ours("it is not an address") from bad
    if url.drivername in {"postgres", "postgresql"}:
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in {"sqlite", "sqlite+pysqlite", "postgresql+psycopg"}:
        raise _not_ours(f"{url.drivername!r} is not a database we run on")
    return url


def _not_ours(problem: str) -> ConfigurationError:
    mend = "Write postgresql://user:password@host/name or sqlite:////absolute/path"
    return ConfigurationError("ACTIONHUB_DATABASE_URL", problem, mend)


def engine_options(url: URL, pool_size: int = 8) -> dict[str, Any]:
    """Options for `create_engine`; the pool holds one connection a thread of the server."""
    options: dict[str, Any] = {"pool_size": pool_size, "max_overflow": 4, "pool_timeout": 10}
    options["hide_parameters"] = True  # an error in a log must not tell names and addresses
    if url.get_backend_name() == "sqlite":
        options["connect_args"] = {"timeout": SQLITE_BUSY_SECONDS, "check_same_thread": False}
    return options


def insert_on(connection: Connection) -> Any:
    """The `insert` that knows ON CONFLICT on that connection's database."""
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert


#: A pooled connection that rested longer is asked whether it still lives; a busy one never is.
REST_SECONDS = 5.0


@event.listens_for(Pool, "checkin")
def _note_rest(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["rests_since"] = time.monotonic()


@event.listens_for(Pool, "checkout")
def _ask_after_a_rest(
    connection: Any, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection
) -> None:
    """Let the pool replace a connection that died while it rested, as after a restart."""
    rested = time.monotonic() - record.info.get("rests_since", time.monotonic())
    if rested < REST_SECONDS or isinstance(connection, sqlite3.Connection):
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except Exception as gone:
        raise DisconnectionError("the database went away meanwhile") from gone


@event.listens_for(Engine, "connect")
def _prepare_sqlite(dbapi_connection: Any, _record: Any) -> None:
    if not isinstance(dbapi_connection, sqlite3.Connection):
        return
    dbapi_connection.isolation_level = None  # we say BEGIN ourselves, below
    cursor = dbapi_connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    # A read that turns into a write fails at once on SQLite, whatever the timeout: so the
    # kind of transaction is chosen here, before its first statement.
    if connection.dialect.name != "sqlite":
        return
    deferred = connection.get_execution_options().get("sqlite_deferred", False) or (
        has_request_context() and request.method in SAFE_METHODS
    )
    connection.exec_driver_sql("BEGIN" if deferred else "BEGIN IMMEDIATE")
