"""The whole story in real browsers: import, ask, sign, confirm, follow up, leave."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.actors import Actor, Organizer, Stranger
from tests.servers import installation
from tests.servers.installation import Installation

pytestmark = [pytest.mark.browser, pytest.mark.servers]

ORGANIZER = "organizer@example.org"
RELEASE = "Pass PRO Act to Empower Workers, Protect Rights"
FEED = f"""<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>
<item><guid>1</guid><title>{RELEASE}</title><pubDate>Thu, 29 Apr 2021 09:00:00 GMT</pubDate>
<description>&lt;p&gt;Working people want a say.&lt;/p&gt;</description></item>
<item><guid>2</guid><title>Another Story</title><pubDate>Fri, 26 Mar 2021 09:00:00 GMT</pubDate>
<description>Of another day.</description></item></channel></rss>"""
WORDS = {
    "title": "Pass the PRO Act",
    "ask": "Tell the Senate to pass the PRO Act now.",
    "body": "Everyone who works deserves **a union** they choose.",
    "target_name": "The United States Senate",
    "goal": "100",
}
SPANISH = {
    "es_title": "Aprueben la Ley PRO",
    "es_ask": "Díganle al Senado que apruebe la Ley PRO.",
    "es_body": "Todas las personas que trabajan merecen **un sindicato**.",
}
SUBJECT, NEWS = "It left committee", "The bill **left committee** today. Thank you."


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An empty installation: SQLite, the embedded broker, the local mailbox."""
    with installation.up(tmp_path_factory.mktemp("story") / "data") as running:
        yield running


def newsroom(folder: Path) -> tuple[Path, int]:
    """A newsroom to import, the real saved page where it is at hand; and how much is in it."""
    real = Path(__file__).parents[3] / "shared" / "data" / "newsroom-page.txt"
    if real.is_file():
        return real, 10
    feed = folder / "feed.xml"
    feed.write_text(FEED)
    return feed, 2


def test_from_a_press_release_to_a_signature_and_what_came_of_it(
    site: Installation, browser: Browser, tmp_path: Path
) -> None:
    login_link = re.search(r"\S+/organize/enter/\S+", site.said)
    assert login_link, site.said
    olu = Organizer(browser, site.address, login_link[0])
    ana = Stranger(browser, site.address, "Ana Ruiz", "ana@example.org")

    action = an_action_is_published(olu, tmp_path)
    she_signs_and_is_counted(ana)
    she_is_told_what_came_of_it(olu, ana, action, site)
    she_leaves_and_is_written_to_no_more(olu, ana, action, site)
    somebody_signs_in_spanish(Stranger(browser, site.address, "Eva Núñez", "eva@example.org"))

    assert ana.context.cookies() == []
    assert ana.hosts() == olu.hosts() == {site.address}


def an_action_is_published(olu: Organizer, folder: Path) -> str:
    """The path of its page in the workspace."""
    source, number = newsroom(folder)
    assert olu.bring_in(source) == number
    assert olu.bring_in(source) == 0, "twice brings nothing in twice"
    olu.write_action(RELEASE, WORDS, SPANISH)
    action = olu.page.url.removeprefix(olu.address)
    olu.publish()
    expect(olu.page.locator(".pill-open")).to_be_visible()
    return action


def she_signs_and_is_counted(ana: Stranger) -> None:
    ana.look_again_until("/", ".story-actions")
    ana.follow(RELEASE)
    assert ana.heading() == RELEASE
    assert ana.reads("#ask") == WORDS["ask"]
    ana.sign()
    assert ana.heading() == "Now open your mail."
    ana.confirm()
    assert ana.number() == "1"
    ana.open_mail(ana.email, 2)
    assert ana.mailed_link("me")
    ana.look_again_until("/actions/pass-the-pro-act", ".tally:has-text('1 has signed')")
    assert "Goal: 100" in ana.reads(".tally")


def she_is_told_what_came_of_it(
    olu: Organizer, ana: Stranger, action: str, site: Installation
) -> None:
    assert olu.write_follow_up(action, SUBJECT, NEWS) == 1
    follow_up = olu.page.url
    olu.send_test()
    olu.open_mail(ORGANIZER, 1)
    assert SUBJECT in olu.heading()
    assert len(site.mails(ana.email)) == 2, "a test reaches nobody else"
    olu.go(follow_up)
    olu.send()
    assert "1 sent, of 1" in olu.reads(".figure-big")
    ana.open_mail(ana.email, 3)
    assert ana.heading() == SUBJECT
    mail = site.mail(ana.email, 3)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Unsubscribe"].strip("<>") == ana.mailed_link("unsubscribe")


def she_leaves_and_is_written_to_no_more(
    olu: Organizer, ana: Stranger, action: str, site: Installation
) -> None:
    ana.go(ana.mailed_link("unsubscribe"))
    assert ana.heading() == "Stop the follow-ups?", "the link alone changes nothing"
    ana.press("Stop writing to me")
    assert ana.heading() == "You have left"
    assert olu.write_follow_up(action, "One more thing", "The vote is **near**.") == 0
    olu.send()
    assert "0 sent, of 0" in olu.reads(".figure-big")
    assert len(site.mails(ana.email)) == 3


def somebody_signs_in_spanish(eva: Stranger) -> None:
    eva.go("/es/actions/pass-the-pro-act")
    speaks_spanish(eva)
    assert eva.heading() == SPANISH["es_title"]
    eva.sign()
    assert eva.page.url == f"{eva.address}/es/actions/pass-the-pro-act/thanks"
    speaks_spanish(eva)
    assert eva.confirm().startswith(f"{eva.address}/es/confirm/")
    speaks_spanish(eva)
    assert eva.number() == "2"
    eva.open_mail(eva.email, 2)
    shown = eva.page.frame_locator("iframe.mailbox-view")
    assert shown.locator("html").get_attribute("lang") == "es"
    assert eva.mailed_link("me").startswith(f"{eva.address}/es/me/")


def speaks_spanish(actor: Actor) -> None:
    assert actor.page.locator("html").get_attribute("lang") == "es"
