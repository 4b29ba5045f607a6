"""`python -m tests.browser.pictures FOLDER [NAME...]`: each page as a phone and a desk show it.

Two of them are the pictures of the README; `--readme` takes only those, into docs/images.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, BrowserContext

from tests import checkers
from tests.browser.places import EVERY, Place, log_in, visit
from tests.browser.town import Town, town

#: Name of the picture of the README, the place, and the height of the window.
README = [("release", "release", 940), ("workspace", "desk-action", 860)]
IMAGES = Path(__file__).parents[2] / "docs" / "images"
SIZES = [(360, 740), (1280, 860)]
SIGNERS = 640


def main(words: list[str]) -> None:
    with (
        TemporaryDirectory() as folder,
        checkers.browser() as browser,
        town(Path(folder) / "data", SIGNERS) as here,
        log_in(browser, here) as desk,
    ):
        if words[0] == "--readme":
            take_for_readme(browser, desk, here)
        else:
            take_all(browser, desk, here, Path(words[0]), words[1:])


def take_all(
    browser: Browser, desk: BrowserContext, here: Town, folder: Path, names: list[str]
) -> None:
    """Every page, or those named, in both sizes, as `name-width.png`."""
    folder.mkdir(parents=True, exist_ok=True)
    for width, height in SIZES:
        with browser.new_context() as street:
            for place in EVERY:
                if not names or place.name in names:
                    context = desk if place.inside else street
                    path = folder / f"{place.name}-{width}.png"
                    take(context, here, place, (width, height), path, whole=True)


def take_for_readme(browser: Browser, desk: BrowserContext, here: Town) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    places = {place.name: place for place in EVERY}
    with browser.new_context() as street:
        for name, place, height in README:
            context = desk if places[place].inside else street
            path = IMAGES / f"{name}.png"
            take(context, here, places[place], (1280, height), path, whole=False)


def take(
    context: BrowserContext,
    here: Town,
    place: Place,
    size: tuple[int, int],
    path: Path,
    *,
    whole: bool,
) -> None:
    """One picture: of the whole page, or of what a window of `size` (pixels) shows."""
    page = context.new_page()
    page.set_viewport_size({"width": size[0], "height": size[1]})
    visit(page, here, place)
    page.screenshot(path=path, full_page=whole, animations="disabled")
    page.close()


if __name__ == "__main__":
    main(sys.argv[1:] or ["pictures"])
