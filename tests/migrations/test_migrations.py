"""Migrations lead from nothing to exactly the models, on both databases, with one head."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect

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
