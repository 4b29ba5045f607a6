"""One browser and one town for all of these tests.

Both end with the package, not with the session: while Playwright runs, no other event loop can.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests import checkers
from tests.browser import town as towns
from tests.browser.places import log_in
from tests.browser.town import Town


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with checkers.browser() as browser:
        yield browser


@pytest.fixture(scope="package")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with towns.town(tmp_path_factory.mktemp("town") / "data") as place:
        yield place


@pytest.fixture(scope="package")
def desk(browser: Browser, town: Town) -> Iterator[BrowserContext]:
    """Where the admin is logged in."""
    with log_in(browser, town) as context:
        yield context
