"""Every page at phone and desk width, by day and by night: WCAG 2.2 AA, and no sideways scroll."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests import checkers
from tests.browser.places import EVERY, Place, visit
from tests.browser.town import Town

pytestmark = pytest.mark.browser

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RULES = [*WCAG, "best-practice"]
#: What other colours, at a width that was looked at already, can change.
COLOURS = ["color-contrast", "link-in-text-block"]
NARROW = 320
#: Width, colours, and whether every rule is asked: each width and each set of colours once.
LOOKS = [(NARROW, "light", True), (NARROW, "dark", False), (1280, "dark", True)]
LOOKS += [(1280, "light", False)]
#: Of a page in another language: its colours are those of the page that was looked at in English.
OTHER_WORDS = [(NARROW, "light", True)]

#: Runs axe and tells each violation with where it stands, as `rule: html`.
ASK = """async ([rules, tags]) => {
  const only = tags.length ? {type: "tag", values: tags} : {type: "rule", values: rules};
  const asked = {runOnly: only, resultTypes: ["violations"], iframes: false};
  const found = await axe.run(document, asked);
  return found.violations.flatMap(
    (one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 160)} ${node.failureSummary}`)
  );
}"""
#: What stands out to the right of a window, as its tags and classes.
TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5)
    .map((one) => `${one.tagName}.${one.className}`)"""


@pytest.fixture(scope="package")
def axe() -> str:
    return checkers.axe_script().read_text()


@pytest.fixture(scope="package")
def street(browser: Browser) -> Any:
    """Where nobody is logged in."""
    with browser.new_context() as context:
        yield context


@pytest.mark.parametrize("place", EVERY, ids=lambda place: place.name)
def test_a_page_is_open_to_everyone(
    place: Place, town: Town, street: BrowserContext, desk: BrowserContext, axe: str
) -> None:
    page = (desk if place.inside else street).new_page()
    page.emulate_media(reduced_motion="reduce", color_scheme="light")
    page.set_viewport_size({"width": NARROW, "height": 700})
    try:
        answer = visit(page, town, place)
        a_mail = "sandbox" in answer.headers["content-security-policy"]
        if a_mail:
            show_outside_the_sandbox(page, answer.text())
        # into the page's own world, which no content policy of the page keeps out
        page.evaluate(axe)
        looks = OTHER_WORDS if place.name.endswith("-es") else LOOKS
        assert look(page, looks, WCAG if a_mail else RULES) == []
        assert page.context.cookies() == [] or place.inside or "/organize" in page.url
    finally:
        page.close()


def show_outside_the_sandbox(page: Page, html: str) -> None:
    """In a mail's sandbox no script runs, axe neither: show the same mail on an empty page."""
    page.goto("about:blank")
    page.set_content(html)


def look(page: Page, looks: list[tuple[int, str, bool]], rules: list[str]) -> list[str]:
    """What is wrong with the page, in each of its looks."""
    wrong = []
    for width, colours, wholly in looks:
        page.set_viewport_size({"width": width, "height": 700})
        page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
        found = page.evaluate(ASK, [COLOURS, rules if wholly else []])
        found += [f"too wide: {one}" for one in page.evaluate(TOO_WIDE)]
        wrong += [f"{width} {colours}: {one}" for one in found]
    return wrong
