"""The public pages in a real Chromium: no script, a narrow screen, a keyboard."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select
from werkzeug.serving import make_server

from actionhub.app import create_app
from actionhub.extensions import db
from actionhub.signatures.models import Signature
from tests import checkers
from tests.cast import a_release, an_open_action
from tests.settings import make_settings

pytestmark = pytest.mark.browser

LONG = "Amnesty International USA, Representative Jayapal, Partners Advocate for Passage of an Act"
PATHS = [
    "/",
    "/es/",
    "/releases/a-union-for-everyone",
    "/actions",
    "/actions/pro-act",
    "/actions/pro-act/thanks",
    "/nowhere",
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running site with a release and its action."""
    folder = tmp_path_factory.mktemp("site")
    app = create_app(make_settings(f"sqlite:///{folder}/site.db", folder))
    with app.app_context():
        db.create_all()
        release = a_release(title=LONG, body_html=f"<p>{'words ' * 900}</p><p>{'x' * 200}</p>")
        an_open_action(slug="pro-act", release_ids=[release.id])
        db.session.commit()
        db.session.remove()
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
        server.server_close()
        db.engine.dispose()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with checkers.browser() as browser:
        yield browser


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A narrow screen, and no script at all in the pages."""
    context = browser.new_context(
        viewport={"width": 320, "height": 640}, java_script_enabled=False, reduced_motion="reduce"
    )
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("faces", [True, False], ids=["our face", "the system's"])
@pytest.mark.parametrize("path", PATHS)
def test_no_page_scrolls_sideways_at_320_px(site: str, phone: Page, path: str, faces: bool) -> None:
    """Nor does one whose face did not come, or comes late."""
    if not faces:
        phone.route("**/*.woff2", lambda route: route.abort())
    phone.goto(site + path)
    phone.evaluate("document.fonts.ready")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 320


def test_on_a_phone_the_ask_waits_at_the_foot_and_the_form_is_one_press_away(
    site: str, phone: Page
) -> None:
    phone.goto(f"{site}/releases/a-union-for-everyone")
    bar = phone.locator(".waiting").bounding_box()
    assert bar
    assert bar["y"] + bar["height"] == pytest.approx(640, abs=1)
    phone.get_by_role("link", name="Add your name").click()
    field = phone.get_by_label("Your name").bounding_box()
    assert field
    assert 0 <= field["y"] < 640


def test_on_a_low_screen_the_button_comes_into_sight_by_scrolling_the_page(
    site: str, browser: Browser
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 640})
    page.goto(f"{site}/releases/a-union-for-everyone")
    card = page.locator(".beside")
    assert card.evaluate("card => card.scrollHeight - card.clientHeight") == 0
    top = card.bounding_box()
    beside = page.locator("h1").bounding_box()
    assert top
    assert beside
    assert abs(top["y"] - beside["y"]) < 100
    page.evaluate("scrollTo({top: 800, behavior: 'instant'})")
    button = page.get_by_role("button", name="Sign and confirm by email").bounding_box()
    assert button
    assert 0 < button["y"] < 600
    page.close()


@pytest.mark.parametrize(
    ("letters", "fetched"),
    [("Thank you, Lucía Peña", 1), ("Zoë Şükran", 3), ("Nguyễn Thị Ánh", 2), ("علي 山田", 1)],
)
def test_a_name_stands_in_the_headline_face_fetched_only_when_needed(
    site: str, browser: Browser, letters: str, fetched: int
) -> None:
    page = browser.new_page()
    page.goto(f"{site}/actions")
    page.evaluate(
        """text => {
            document.querySelector('h1').textContent = text
            return document.fonts.load('20px "League Gothic"', text).then(() => null)
        }""",
        letters,
    )
    loaded = page.evaluate("[...document.fonts].filter(face => face.status === 'loaded').length")
    assert loaded == fetched
    page.close()


def test_signing_needs_no_script(site: str, phone: Page) -> None:
    phone.goto(f"{site}/releases/a-union-for-everyone?utm_source=leaflet")
    phone.get_by_label("Your name").fill("Ana Ruiz")
    phone.get_by_label("Email", exact=True).fill("ana.example.org")
    phone.get_by_text("Outside the US?").click()
    phone.get_by_label("Country").select_option("MX")
    phone.get_by_role("button", name="Sign and confirm by email").click()
    assert "Almost there" in phone.get_by_role("alert").inner_text()
    assert phone.get_by_label("Country").input_value() == "MX"
    phone.get_by_label("Email", exact=True).fill("ana@example.org")
    phone.get_by_role("button", name="Sign and confirm by email").click()
    assert phone.url == f"{site}/actions/pro-act/thanks"
    assert phone.context.cookies() == []
    db.session.rollback()
    kept = db.session.execute(select(Signature)).scalar_one()
    assert (kept.name, kept.country, kept.source) == ("Ana Ruiz", "MX", {"utm_source": "leaflet"})
    assert kept.release_id == 1


def test_the_keyboard_can_skip_to_the_text(site: str, phone: Page) -> None:
    phone.goto(f"{site}/actions")
    phone.keyboard.press("Tab")
    skip = phone.locator(".skip").bounding_box()
    assert skip
    assert skip["x"] >= 0
    phone.keyboard.press("Enter")
    assert phone.url.endswith("#main")


def test_the_trap_is_out_of_sight_and_out_of_the_way_of_the_keyboard(
    site: str, browser: Browser
) -> None:
    page = browser.new_page()
    page.goto(f"{site}/actions/pro-act")
    box = page.locator(".for-machines").bounding_box()
    assert box
    assert box["width"] <= 1
    reached = []
    page.locator("#name").focus()
    for _ in range(20):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
    assert "email" in reached
    assert "topic" not in reached
    page.close()
