"""What the newsroom's tests share: a web server of our own, and permission to read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from actionhub.newsroom import importing
from actionhub.newsroom.fetching import Limits
from tests.newsroom.servers import Newsroom, newsroom_server


@pytest.fixture
def newsroom() -> Iterator[Newsroom]:
    with newsroom_server() as server:
        yield server


@pytest.fixture
def loopback_allowed(app: Flask) -> Iterator[None]:
    """The setting that lets this installation read feeds from its own machine."""
    before = app.extensions["actionhub.settings"]
    app.extensions["actionhub.settings"] = replace(before, feed_networks=("127.0.0.0/8",))
    yield
    app.extensions["actionhub.settings"] = before


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> Limits:
    """Limits that a test reaches soon, towards this machine."""
    limits = Limits(max_bytes=100_000, seconds=1.0, networks=("127.0.0.0/8",))
    monkeypatch.setattr(importing, "limits", lambda: limits)
    return limits
