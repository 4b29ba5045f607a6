"""What the workspace's scripts add, in a real Chromium, under the real content policy."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from playwright.sync_api import Page, expect, sync_playwright
from werkzeug.serving import make_server

from actionhub.actions.models import ActionKind
from actionhub.extensions import db
from actionhub.followups import sending, writing
from actionhub.organizers.links import make_login_link
from actionhub.organizers.models import Role
from actionhub.signatures.models import SignatureState
from tests.cast import a_draft, a_member, a_signature, an_open_action
from tests.letters.people import WORDS
from tests.organize.people import organizer

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
]


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The app on a port of its own."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def page(address: str) -> Iterator[Page]:
    """Sam's browser, logged in by a one-time link; a word on its console fails the test."""
    path = make_login_link(organizer(Role.ORGANIZER).id)
    db.session.commit()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(base_url=address)
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(path)
        page.get_by_role("button", name="Log me in").click()
        page.get_by_role("link", name="Not now").click()
        yield page
        browser.close()
        assert [word for word in said if "Password forms" not in word] == []


def test_the_preview_follows_the_words_as_they_are_typed(page: Page) -> None:
    page.goto("/organize/actions/new")
    page.get_by_label("Why, in your words").fill("They **kept** the buses. <b>Raw</b>")
    shown = page.locator("[data-shown]").first
    expect(shown.locator("strong")).to_have_text("kept")
    expect(shown).to_contain_text("<b>Raw</b>")
    page.once("dialog", lambda dialog: dialog.accept())
    page.goto("/organize/")


def test_one_tick_ticks_the_page(page: Page) -> None:
    action = an_open_action()
    for name in ("ana", "bo"):
        a_signature(
            action, name, f"{name}@example.org", state=SignatureState.QUARANTINED, confirmed_at=None
        )
    path = f"/organize/actions/{action.id}/signatures"
    db.session.commit()  # and no statement after it: SQLite has one writer, and it is the page's
    page.goto(path)
    page.get_by_label("All on this page").check()
    page.get_by_role("button", name="Release the ticked ones").click()
    expect(page.get_by_role("status")).to_contain_text("2 signatures go on")


def test_the_numbers_of_a_follow_up_renew_themselves(page: Page) -> None:
    action = an_open_action()
    a_member(action, "Ana Ruiz", "ana@example.org")
    row = writing.draft(action.id, subject="It passed", body_markdown="Thank you.")
    sending.start(row, None)
    db.session.commit()
    page.goto(f"/organize/followups/{row.id}")
    expect(page.locator("#progress")).to_contain_text("still to come")
    sending.cancel(row)
    db.session.commit()
    expect(page.locator(".pill").first).to_have_text("cancelled", timeout=8000)


def test_the_preview_of_an_email_shows_in_its_frame(page: Page) -> None:
    action = an_open_action()
    row = writing.draft(action.id, subject="It passed", body_markdown="The **act** passed.")
    db.session.commit()
    page.goto(f"/organize/followups/{row.id}")
    frame = page.frame_locator("iframe")
    expect(frame.locator("strong").filter(has_text="act")).to_be_visible()


def test_a_letter_in_the_preview_has_its_paragraphs(page: Page, address: str) -> None:
    words = replace(WORDS, body="First of it.\n\nSecond of it.")
    action = a_draft(kind=ActionKind.LETTER, letter=words)
    db.session.commit()
    page.goto(f"{address}/organize/actions/{action.id}/preview")
    assert "First of it.\n\nSecond of it." in page.locator(".letter-sheet").inner_text()
