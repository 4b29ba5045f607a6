"""Those who act in the story, each by their own browser: an organizer, and a stranger who signs."""

from __future__ import annotations

import re
import time
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

SECONDS = 30.0


class Actor:
    """A person with a browser of their own, which notes whom it asked for anything."""

    def __init__(self, browser: Browser, address: str, *, script: bool) -> None:
        self.address = address
        self.context = browser.new_context(
            java_script_enabled=script, viewport={"width": 360, "height": 740}
        )
        self.asked: set[str] = set()
        self.context.on("request", lambda request: self.asked.add(request.url))
        self.page: Page = self.context.new_page()

    def go(self, path: str) -> None:
        self.page.goto(path if path.startswith("http") else self.address + path)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        self.page.locator("main").get_by_role("link", name=name, exact=True).click()

    def reads(self, part: str) -> str:
        """What stands in a part (CSS) of the page, as written, not as set in capitals."""
        return " ".join((self.page.locator(part).text_content() or "").split())

    def heading(self) -> str:
        return self.reads("h1")

    def look_again_until(self, path: str, sign: str, number: int = 1) -> Locator:
        """Open a page again and again until `number` of `sign` (CSS) stand on it."""
        end = time.monotonic() + SECONDS
        while True:
            self.go(path)
            found = self.page.locator(sign)
            if found.count() >= number:
                return found
            assert time.monotonic() < end, f"no {number} × {sign} at {path} in {SECONDS:g} s"
            time.sleep(0.25)

    def open_mail(self, to: str, number: int) -> None:
        """Open the newest message to an address in the mailbox, once there are `number`."""
        mails = self.look_again_until("/mailbox", f'.mailbox li:has-text("to {to}")', number)
        assert mails.count() == number, f"more mail to {to} than there should be"
        mails.first.locator("a").click()

    def mailed_link(self, kind: str) -> str:
        """The address of the link of that kind in the message that is open."""
        link = self.page.locator(f'.mailbox-text a[href*="/{kind}/"]').first
        return link.get_attribute("href") or ""

    def hosts(self) -> set[str]:
        """Scheme, host and port of everything that the browser asked for."""
        return {re.sub(r"^(\w+://[^/]+).*", r"\1", url) for url in self.asked}


class Organizer(Actor):
    """Works in the workspace, with its scripts."""

    def __init__(self, browser: Browser, address: str, login_link: str) -> None:
        super().__init__(browser, address, script=True)
        self.go(login_link)
        self.press("Log me in")
        self.page.wait_for_url("**/organize/password")

    def bring_in(self, source: Path) -> int:
        """Import a newsroom's page or feed; how many releases are new."""
        self.go("/organize/releases/import")
        self.page.locator("input[type=file]").set_input_files(source)
        self.press("Read it")
        return int(self.page.locator(".report dd").first.inner_text())

    def write_action(self, release: str, words: dict[str, str], spanish: dict[str, str]) -> None:
        """Draft an action that answers a release, and watch its preview grow."""
        self.go("/organize/actions/new")
        self.page.locator(".ticks").get_by_text(release).click()
        self.page.locator("summary", has_text="Spanish wording").click()
        for name, text in (words | spanish).items():
            self.page.locator(f"#{name}").fill(text)
        shown = self.page.locator('[data-source="body"] [data-shown]')
        expect(shown.locator("strong")).to_have_text("a union")
        self.press("Save draft")
        self.page.wait_for_url(re.compile(r"/organize/actions/\d+$"))

    def publish(self) -> None:
        self.follow("Publish …")
        self.press("Publish now")
        self.page.wait_for_url(re.compile(r"/organize/actions/\d+$"))

    def write_follow_up(self, action: str, subject: str, body: str) -> int:
        """Draft a follow-up, watch its preview; how many would get it."""
        self.go(f"{action}/followups/new")
        self.page.locator("#subject").fill(subject)
        self.page.locator("#body").fill(body)
        expect(self.page.locator("[data-shown] strong")).to_be_visible()
        self.press("Save draft")
        self.page.wait_for_url(re.compile(r"/organize/followups/\d+$"))
        shown = self.page.frame_locator("iframe[title='The email as HTML']")
        expect(shown.locator("strong").first).to_be_visible()
        assert subject in self.reads(".mailview .dateline")
        return int(self.reads(".figure-big strong"))

    def send_test(self) -> None:
        self.press("Mail me a test")

    def send(self) -> str:
        """Send the follow-up that is open, and wait until it is sent; its path."""
        path = self.page.url.removeprefix(self.address)
        self.follow("Send …")
        self.press("Send it")
        self.look_again_until(path, ".pill-sent")
        return path


class Stranger(Actor):
    """Comes by, without script, and is asked for nothing but a name and an address."""

    def __init__(self, browser: Browser, address: str, name: str, email: str) -> None:
        super().__init__(browser, address, script=False)
        self.name, self.email = name, email

    def sign(self) -> None:
        """Fill in the form of the page that is open, agree to hear more, and send it."""
        self.page.locator("#name").fill(self.name)
        self.page.locator("#email").fill(self.email)
        self.page.locator("#zip").fill("20001")
        self.page.locator("#wants_followups").check()
        self.page.locator(".sign-form button[type=submit]").click()
        self.page.wait_for_url("**/thanks")

    def confirm(self) -> str:
        """By the mailed link, which alone confirms nothing; the address of the page."""
        self.open_mail(self.email, 1)
        self.go(self.mailed_link("confirm"))
        assert self.page.locator(".moment-number").count() == 0
        self.page.locator(".slip form button").click()
        return self.page.url

    def number(self) -> str:
        return re.sub(r"\D", "", self.reads(".moment-number"))
