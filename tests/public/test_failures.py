"""When something breaks: nobody loses what they typed, and nobody is told a lie."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from actionhub.app import create_app
from actionhub.errors import ActionHubError
from actionhub.extensions import db
from tests import databases
from tests.cast import a_release, an_open_action
from tests.settings import make_settings

TYPED = {
    "name": "Ana “Anita” Ruiz",
    "email": "ana@example.org",
    "zip": "20001",
    "comment": "Two\r\nlines & <more>",
    "wants_followups": "y",
}


@pytest.fixture
def stopped(database_kind: str, tmp_path: Path) -> Iterator[Flask]:
    """An app that was in use when its database went away: stopped, or its file gone."""
    running = databases.start(database_kind, tmp_path)
    app = create_app(make_settings(running.__enter__(), tmp_path))
    with app.app_context():
        db.create_all()
        release = a_release()
        an_open_action(slug="pro-act", release_ids=[release.id])
        db.session.commit()
        db.session.remove()
    assert app.test_client().get("/actions/pro-act").status_code == 200
    running.__exit__(None, None, None)
    if database_kind == "sqlite":
        with app.app_context():
            db.engine.dispose()
        for file in tmp_path.glob("test.db*"):
            file.unlink()
        (tmp_path / "test.db").mkdir()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize("path", ["/actions/pro-act", "/releases/a-union-for-everyone"])
def test_with_the_database_away_the_form_comes_back_as_typed(stopped: Flask, path: str) -> None:
    typed = TYPED | {"action": "pro-act"}
    answer = stopped.test_client().post(f"{path}?utm_source=x", data=typed)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Cache-Control"] == "no-store"
    assert "What you typed is kept" in answer.text
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', answer.text)
    assert {name: unescape(value) for name, value in hidden} == typed
    assert re.search(r'<form method="post" class="resend">', answer.text)  # to its own address


def test_with_the_database_away_a_page_asks_to_come_back(stopped: Flask) -> None:
    answer = stopped.test_client().get("/es/actions/pro-act")
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    assert '<html lang="es">' in answer.text
    assert "<form" not in answer.text


@pytest.fixture
def breaking(tmp_path: Path) -> Flask:
    """An app with addresses that fail in their own ways."""
    app = create_app(make_settings(f"sqlite:///{tmp_path}/x.db", tmp_path))

    def bug() -> str:
        raise ZeroDivisionError

    def clash() -> str:
        raise IntegrityError("", {}, Exception())

    def refusal() -> str:
        error = ActionHubError("the name is <taken>")
        error.status = 409
        raise error

    for name, view in {"bug": bug, "clash": clash, "refusal": refusal}.items():
        app.add_url_rule(f"/{name}", name, view, methods=["GET", "POST"])
        app.extensions["csrf"].exempt(view)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


@pytest.mark.parametrize("path", ["/bug", "/clash"])
def test_a_bug_says_whose_fault_it_is_and_keeps_what_was_typed(breaking: Flask, path: str) -> None:
    answer = breaking.test_client().post(path, data=TYPED)
    assert answer.status_code == 500
    assert "It is not your fault" in answer.text
    assert 'value="ana@example.org"' in answer.text


def test_a_refusal_of_the_domain_is_told_once_as_a_sentence(breaking: Flask) -> None:
    answer = breaking.test_client().get("/refusal")
    assert answer.status_code == 409
    assert "The name is &lt;taken&gt;." in answer.text


def test_over_https_the_browser_is_told_to_stay_there(tmp_path: Path) -> None:
    settings = make_settings(
        f"sqlite:///{tmp_path}/x.db", tmp_path, base_url="https://act.example.org"
    )
    headers = create_app(settings).test_client().get("/nowhere").headers
    assert headers["Strict-Transport-Security"].startswith("max-age=")
