"""The ground every test stands on: a real database of each kind, a real app, a real SMTP sink."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from actionhub import logs, networks
from actionhub.actions.posting import forget_targets
from actionhub.app import create_app
from actionhub.extensions import db
from actionhub.outbox import known
from tests import databases
from tests.mail import smtp_sink
from tests.settings import make_settings

__all__ = ["smtp_sink"]

#: The one reason to skip that CI accepts: data that stands beside the project, not in it.
NOT_OURS = "no real data at"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=["sqlite", "postgresql", "both"],
        default="both",
        help="run the tests on one database only",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_kind" in metafunc.fixturenames:
        wish = metafunc.config.getoption("--database")
        kinds = ["sqlite", "postgresql"] if wish == "both" else [wish]
        metafunc.parametrize("database_kind", kinds, scope="session")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """On CI nothing is skipped: a skip there is a failure, with its reason."""
    report: pytest.TestReport = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        if NOT_OURS not in str(reason):
            report.outcome = "failed"
            report.longrepr = f"on CI nothing is skipped: {reason}"
    return report


@pytest.fixture(autouse=True)
def logging_untouched() -> Iterator[None]:
    """An app that is not under test may have sent the logs of this process to stderr: not here.

    Else a warning stands in the output of a command that another test runs.
    """
    _forget_logging()
    yield
    _forget_logging()


def _forget_logging() -> None:
    root = logging.getLogger()
    for handler in root.handlers[:]:
        if isinstance(handler, logs.Stderr):
            root.removeHandler(handler)
            root.setLevel(logging.WARNING)


@pytest.fixture(scope="session")
def database_url(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an empty database of this kind, gone with the session."""
    with databases.start(database_kind, tmp_path_factory.mktemp("database")) as url:
        yield url


@pytest.fixture(scope="session")
def shared_app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    app = create_app(make_settings(database_url, tmp_path_factory.mktemp("data")))
    with app.app_context():
        db.create_all()
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def app(shared_app: Flask) -> Iterator[Flask]:
    """An app on an empty database, with its context pushed."""
    with shared_app.app_context():
        yield shared_app
        db.session.rollback()
        db.session.remove()
        databases.empty(db.engine)
        forget_targets()
        known.forget()
        networks.forget_cached()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real data beside the project; skipped with its reason where it is not there."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}")
    return folder
