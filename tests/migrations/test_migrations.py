"""Migrations lead from nothing to exactly the models, on both databases, with one head."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text

from actionhub.app import create_app
from actionhub.extensions import db
from tests import databases
from tests.settings import make_settings

MIGRATIONS = Path(__file__).parents[2] / "actionhub" / "migrations"


@pytest.fixture
def empty_app(database_kind: str, tmp_path: Path) -> object:
    with databases.start(database_kind, tmp_path) as url:
        app = create_app(make_settings(url, tmp_path))
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory(str(MIGRATIONS)).get_heads()) == 1


def test_upgrading_from_empty_makes_exactly_the_models(empty_app: Flask) -> None:
    upgrade(directory=str(MIGRATIONS))
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "target_metadata": db.metadata}
        )
        assert compare_metadata(context, db.metadata) == []


def test_downgrading_leaves_nothing_behind(empty_app: Flask) -> None:
    upgrade(directory=str(MIGRATIONS))
    downgrade(directory=str(MIGRATIONS), revision="base")
    assert inspect(db.engine).get_table_names() == ["alembic_version"]


def test_no_letter_gets_the_number_of_one_whose_email_is_still_known(tmp_path: Path) -> None:
    """SQLite gave the numbers of erased letters again, before 0009."""
    with databases.start("sqlite", tmp_path) as url:
        app = create_app(make_settings(url, tmp_path))
        with app.app_context():
            upgrade(directory=str(MIGRATIONS), revision="0008")
            an_email("emails", "letter:7")
            an_email("email_archive", "letter:12")
            an_email("emails", "confirm:99:1")
            upgrade(directory=str(MIGRATIONS))
            with db.engine.connect() as connection:
                told = text("SELECT seq FROM sqlite_sequence WHERE name = 'letters'")
                assert connection.execute(told).scalar() == 12
            db.session.remove()
            db.engine.dispose()


def an_email(table: str, key: str) -> None:
    """A row of this key; what else it must hold is nothing, unchecked."""
    needed = [one["name"] for one in inspect(db.engine).get_columns(table) if not one["nullable"]]
    values = dict.fromkeys(needed, 0) | {"id": len(key), "key": key}
    names, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
    with db.engine.connect() as connection:
        raw = connection.connection.driver_connection
        raw.execute("PRAGMA foreign_keys = OFF")
        raw.execute("PRAGMA ignore_check_constraints = ON")
        raw.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)
        raw.execute("PRAGMA ignore_check_constraints = OFF")
        raw.execute("PRAGMA foreign_keys = ON")
        raw.commit()
