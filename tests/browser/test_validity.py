"""Every page is valid HTML, as the Nu checker reads it; its warnings count too."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from tests import checkers
from tests.browser.places import EVERY, Place
from tests.browser.town import Town

pytestmark = pytest.mark.browser

#: Without the one that is a mail: mail programs want what HTML has long forbidden to pages.
PAGES = [place for place in EVERY if place.name != "desk-followup-email"]


@pytest.fixture(scope="package")
def kept(town: Town, tmp_path_factory: pytest.TempPathFactory) -> dict[Place, Path]:
    """Every page as it was sent, in files."""
    folder = tmp_path_factory.mktemp("pages")
    with (
        httpx.Client(base_url=town.address, follow_redirects=True) as street,
        httpx.Client(base_url=town.address, follow_redirects=True) as desk,
    ):
        entered = press(desk, desk.get(town.enter_path()), "main form button")
        assert entered.url.path.startswith("/organize"), entered.url
        pages = {}
        for place in PAGES:
            answer = fetch(desk if place.inside else street, town, place)
            assert answer.status_code == place.status, place.name
            pages[place] = folder / f"{place.name}.html"
            pages[place].write_bytes(answer.content)
    return pages


def fetch(web: httpx.Client, town: Town, place: Place) -> httpx.Response:
    answer = web.get(place.path_in(town))
    return press(web, answer, place.press) if place.press else answer


def press(web: httpx.Client, answer: httpx.Response, button: str) -> httpx.Response:
    """Send the form of that button as a browser would, with nothing typed."""
    form = LexborHTMLParser(answer.text).css_first(button)
    while form.tag != "form":
        assert form.parent
        form = form.parent
    where = form.attributes.get("action") or str(answer.url)
    fields = dict(named(field) for field in form.css("input[name]") if is_sent(field))
    headers = {"Origin": f"{answer.url.scheme}://{answer.url.netloc.decode()}"}
    return web.post(answer.url.join(where), data=fields, headers=headers)


def is_sent(field: LexborNode) -> bool:
    tickable = field.attributes.get("type") in {"checkbox", "radio"}
    return not tickable or "checked" in field.attributes


def named(field: LexborNode) -> tuple[str, str]:
    return field.attributes["name"] or "", field.attributes.get("value") or ""


def test_every_page_is_valid(kept: dict[Place, Path]) -> None:
    command = [*checkers.vnu_command(), "--format", "json", *map(str, kept.values())]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    told = json.loads(checked.stderr)["messages"]
    wrong = (f"{Path(one['url']).stem}: {one['message']}: {one.get('extract')}" for one in told)
    assert "\n".join(wrong) == ""
    assert checked.returncode == 0


def test_a_page_names_itself(kept: dict[Place, Path]) -> None:
    """Each has a title of its own, and one heading of the first level."""
    for place, path in kept.items():
        page = LexborHTMLParser(path.read_text())
        title = page.css_first("title")
        assert title, place.name
        assert title.text(strip=True), place.name
        assert len(page.css("h1")) == 1, place.name
