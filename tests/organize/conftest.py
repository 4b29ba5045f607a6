"""Desks for the tests of the workspace."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from actionhub.organizers.models import Role
from tests.organize.people import Desk


class FreshClient(FlaskClient):
    """Begins each request with an empty `g`, as a server does.

    The test's own app context is still pushed, and Flask lets a request share it: who is logged
    in and the form's token, both kept in `g`, would go from one browser to the next.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        for name in list(g):
            g.pop(name)
        return super().open(*args, **kwargs)


@pytest.fixture(autouse=True)
def _fresh_clients(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "test_client_class", FreshClient)


@pytest.fixture
def sam(app: Flask) -> Desk:
    """An organizer."""
    return Desk(app, Role.ORGANIZER)


@pytest.fixture
def ines(app: Flask) -> Desk:
    """An admin."""
    return Desk(app, Role.ADMIN)


@pytest.fixture
def vera(app: Flask) -> Desk:
    """A viewer."""
    return Desk(app, Role.VIEWER)
