"""`actionhub migrate`: bring the database to this version's tables."""

from __future__ import annotations

import logging

import click
from alembic import command
from alembic.runtime.migration import MigrationContext
from flask import current_app
from sqlalchemy import text

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
    2. Upgrade to head, on another connection. 3. Give the lock back.
    """
    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = current_app.extensions["migrate"].migrate.get_config()
    if db.engine.dialect.name != "postgresql":
        before = revision()
        command.upgrade(config, "head")
        return before, revision()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SELECT pg_advisory_lock(:n)"), {"n": MIGRATION_LOCK})
        try:
            before = revision()
            command.upgrade(config, "head")
            return before, revision()
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": MIGRATION_LOCK})


def revision() -> str | None:
    """The revision the database stands at; None for an empty one."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()
