"""Where the browser and the checkers are that some tests need; a missing one is skipped, aloud."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).parent
#: No sandbox, which needs rights that CI lacks; and no talk of its own with the network.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str:
    """The browser's path."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("no Chromium here (Debian: apt-get install chromium)")


@contextmanager
def browser() -> Iterator[Browser]:
    """A running Chromium; one at a time in a process, as Playwright holds its event loop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        try:
            yield browser
        finally:
            browser.close()


def axe_script() -> Path:
    """axe-core, to be added to a page under test."""
    return _from_npm("axe-core/axe.min.js")


def vnu_command() -> list[str]:
    """The Nu HTML checker, ready for its options."""
    java = shutil.which("java")
    if java is None:
        pytest.skip("no Java here (Debian: apt-get install default-jre-headless)")
    return [java, "-jar", str(_from_npm("vnu-jar/build/dist/vnu.jar"))]


def _from_npm(path: str) -> Path:
    found = HERE / "node_modules" / path
    if not found.is_file():
        pytest.skip(f"{path} is not here: `make test` installs it where npm is")
    return found
