"""`actionhub migrate`: bring the database to this version's tables."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import click
from alembic import command
from alembic.runtime.migration import MigrationContext
from flask import current_app
from sqlalchemy import text

from actionhub import installation
from actionhub.cli import with_app
from actionhub.database import db

#: One number for all ActionHub installations: PostgreSQL's advisory lock around migrating.
MIGRATION_LOCK = 4_223_086_113


@click.command()
@with_app
def migrate() -> None:
    """Bring the database to this version's tables. Safe to run again, and from several places."""
    before, after = bring_to_head()
    if before == after:
        click.echo(f"The database is up to date ({after}).")
    else:
        click.echo(f"Migrated from {before or 'an empty database'} to {after}.")


def bring_to_head() -> tuple[str | None, str | None]:
    """Migrate the current app's database; the revisions before and after.

    1. On PostgreSQL wait for whoever migrates at this moment (an advisory lock of the session).
    2. Upgrade to head, on another connection. 3. Give the lock back. 4. Hold the address key to
    the one the database was filled under: ConfigurationError if it changed.
    """
    logging.getLogger("alembic").setLevel(logging.WARNING)
    db.session.rollback()  # no transaction of ours may hold a picture of the old tables
    before = revision()
    with _alone():
        command.upgrade(current_app.extensions["migrate"].migrate.get_config(), "head")
    installation.hold_address_key()
    db.session.commit()
    return before, revision()


@contextmanager
def _alone() -> Iterator[None]:
    if db.engine.dialect.name != "postgresql":
        yield  # SQLite has one writer anyway
        return
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SELECT pg_advisory_lock(:n)"), {"n": MIGRATION_LOCK})
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": MIGRATION_LOCK})


def revision() -> str | None:
    """The revision the database stands at; None for an empty one."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()
