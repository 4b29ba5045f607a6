"""What an operator's monitoring sees: alive, ready, and figures that are nobody else's business."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from actionhub.cli.migrate import bring_to_head
from tests.cli.test_backup import inside
from tests.settings import make_settings


def test_alive_asks_nothing_of_the_database(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


@pytest.mark.parametrize(
    "visit",
    [
        {"environ_overrides": {"REMOTE_ADDR": "203.0.113.7"}},
        {"headers": {"X-Forwarded-For": "203.0.113.7"}},
    ],
    ids=["from afar", "through a proxy"],
)
def test_figures_are_for_this_machine(client: FlaskClient, visit: dict[str, object]) -> None:
    assert client.get("/metrics", **visit).status_code == 404


def test_figures_are_for_who_shows_the_token(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = replace(app.extensions["actionhub.settings"], metrics_token="t0ken")
    monkeypatch.setitem(app.extensions, "actionhub.settings", found)
    far = {"REMOTE_ADDR": "203.0.113.7"}
    shown = {"Authorization": "Bearer t0ken"}
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers=shown, environ_overrides=far).status_code == 200
    wrong = {"Authorization": "Bearer other"}
    assert client.get("/metrics", headers=wrong).status_code == 404


def test_ready_once_migrated(tmp_path: Path) -> None:
    settings = make_settings(f"sqlite:///{tmp_path / 'x.db'}", tmp_path)
    with inside(settings) as app:
        assert app.test_client().get("/readyz").status_code == 503
        bring_to_head()
        answer = app.test_client().get("/readyz")
        assert answer.status_code == 200
        assert answer.get_json()["database"] == "ok"


def test_a_database_that_is_away_is_not_ready(tmp_path: Path) -> None:
    url = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"
    with inside(make_settings(url, tmp_path)) as app:
        answer = app.test_client().get("/readyz")
        assert answer.status_code == 503
        assert answer.get_json()["database"] == "OperationalError"
        assert app.test_client().get("/healthz").status_code == 200
