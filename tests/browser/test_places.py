"""The list of pages is whole: each GET route of the URL map is on it."""

from __future__ import annotations

from flask import Flask
from werkzeug.exceptions import NotFound

from tests.browser.places import EVERY
from tests.browser.town import Town

#: What answers GET with something that is no page.
NO_PAGES = {"public.count", "public_es.count", "public.take_along", "public_es.take_along"}
NO_PAGES |= {"static", "health.alive", "health.ready", "health.metrics"}
#: Files: lists and letters to take along, what machines verify.
NO_PAGES |= {"organize.delivery_list", "organize.delivery_volume", "organize.offices"}
NO_PAGES |= {
    f"{door}.{name}"
    for door in ("public", "public_es")
    for name in (
        "letter_on_paper",
        "office_list",
        "office_volume",
        "delivery_manifest",
        "delivery_signature",
        "delivery_key",
    )
}
#: Parts of a message's page, as its sender made them.
NO_PAGES |= {"mailbox.html", "mailbox.source"}


def test_every_page_is_visited(town: Town) -> None:
    visited = {found for place in EVERY if (found := endpoint(town.app, place.path_in(town)))}
    walked = {
        rule.endpoint
        for rule in town.app.url_map.iter_rules()
        if rule.methods and "GET" in rule.methods and not rule.rule.startswith("/es")
    }
    assert len(walked) > 50, "the walk found the pages"
    assert walked - NO_PAGES - visited == set()


def test_every_spanish_page_is_the_english_one(town: Town) -> None:
    """Both doors have the same views, so that what is checked in one holds in the other."""
    views = town.app.view_functions
    spanish = {name for name in views if name.startswith("public_es.")}
    assert spanish
    assert spanish == {f"public_es.{n[7:]}" for n in views if n.startswith("public.")}
    for name in spanish:
        assert views[name] is views[name.replace("public_es.", "public.")]


def endpoint(app: Flask, path: str) -> str:
    """Which view answers GET at a path; empty where none does."""
    try:
        found: str = app.url_map.bind("localhost").match(path.partition("?")[0])[0]
    except NotFound:
        return ""
    return found
