"""Where the browser and the checkers are that some tests need; a missing one is skipped, aloud."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def chromium() -> str:
    """The browser's path."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("no Chromium here (Debian: apt-get install chromium)")


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
