"""The session lives under /organize: public pages set no cookie and vary on none."""

from __future__ import annotations

import pytest
from flask import Flask

from actionhub.extensions import db
from tests.cast import a_release, an_open_action
from tests.organize.people import Desk

PUBLIC = ["/", "/es/", "/actions", "/actions/pro-act", "/releases/a-union-for-everyone", "/privacy"]


@pytest.mark.parametrize("path", PUBLIC)
def test_a_public_page_sets_no_cookie_and_varies_on_none(app: Flask, sam: Desk, path: str) -> None:
    an_open_action(slug="pro-act", release_ids=[a_release().id])
    db.session.commit()
    for client in (app.test_client(), sam.client):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")


def test_a_browser_sends_the_cookie_to_the_workspace_only(sam: Desk) -> None:
    cookie = sam.client.get_cookie("actionhub_organize", path="/organize")
    assert cookie is not None
    assert (cookie.path, cookie.http_only, cookie.same_site) == ("/organize", True, "Lax")


def test_even_a_stolen_path_reads_no_session_elsewhere(app: Flask, sam: Desk) -> None:
    cookie = sam.client.get_cookie("actionhub_organize", path="/organize")
    assert cookie is not None
    header = {"Cookie": f"actionhub_organize={cookie.value}"}
    answer = app.test_client().get("/actions", headers=header)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


def test_the_workspace_is_stored_by_nobody(sam: Desk) -> None:
    headers = sam.see("/organize/").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_a_form_posted_over_https_is_taken_with_its_referer_and_only_then(sam: Desk) -> None:
    page = sam.client.get("/organize/", base_url="https://localhost")
    assert page.headers["Referrer-Policy"] == "same-origin", "or browsers would send none"
    address = "/organize/preview"
    data = {"csrf_token": sam.token, "text": "**so**"}
    refused = sam.client.post(address, data=data, base_url="https://localhost")
    assert refused.status_code == 400
    taken = sam.client.post(
        address,
        data=data,
        base_url="https://localhost",
        headers={"Referer": "https://localhost/organize/actions/new"},
    )
    assert taken.status_code == 200
    assert "<strong>so</strong>" in taken.text
