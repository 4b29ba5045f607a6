"""What a phone on a bad line must load before it can read and sign: little."""

from __future__ import annotations

import gzip

import pytest
from playwright.sync_api import Browser, Response

from tests.browser.places import PUBLIC, Place, visit
from tests.browser.town import Town

pytestmark = pytest.mark.browser

MOST = 50_000
LIGHT = [place for place in PUBLIC if place.name in {"newsroom", "release", "action", "actions"}]


@pytest.mark.parametrize("place", LIGHT, ids=lambda place: place.name)
def test_a_page_weighs_little_and_asks_nobody_else(
    place: Place, town: Town, browser: Browser
) -> None:
    answers: list[Response] = []
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.on("response", lambda answer: answers.append(answer))
    visit(page, town, place)
    page.wait_for_load_state("networkidle")
    weights = {answer.url: weight(answer) for answer in answers}
    kinds = {answer.request.resource_type for answer in answers}
    context.close()
    assert {"document", "stylesheet", "font"} <= kinds, "what weighs was loaded"
    assert "script" not in kinds
    assert all(url.startswith(town.address) for url in weights), list(weights)
    assert sum(weights.values()) < MOST, weights


def weight(answer: Response) -> int:
    """Bytes on the wire under gzip, which every server in front of us does; fonts are packed."""
    body = answer.body()
    return len(body) if body[:4] == b"wOF2" else len(gzip.compress(body, 6))
