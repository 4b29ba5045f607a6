"""The privacy page tells the very rules that the clean-up obeys."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask
from flask.testing import FlaskClient
from markupsafe import escape

from actionhub.config import Retention, settings
from actionhub.privacy.retention import rules


def test_every_rule_stands_there_with_its_days(client: FlaskClient) -> None:
    page = client.get("/privacy").text
    for rule in rules():
        assert str(escape(rule.what)) in page
        assert str(escape(rule.why)) in page
        if rule.days is not None:
            assert f"{rule.days} days" in page


def test_a_changed_setting_changes_the_page(app: Flask, client: FlaskClient) -> None:
    before = settings()
    shorter = Retention(pending_signature_days=11, network_key_days=3)
    app.extensions["actionhub.settings"] = replace(before, retention=shorter)
    try:
        page = client.get("/privacy").text
    finally:
        app.extensions["actionhub.settings"] = before
    assert "11 days" in page
    assert "3 days" in page
    assert "thrown away after 3 days" in page


def test_it_leads_to_ones_own_page_in_either_language(client: FlaskClient) -> None:
    assert 'href="/me"' in client.get("/privacy").text
    spanish = client.get("/es/privacy").text
    assert '<html lang="es"' in spanish
    assert 'href="/es/me"' in spanish
