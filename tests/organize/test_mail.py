"""The state of the mail is told to everybody in the workspace; organizers go on with a pause."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from flask import Flask
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select

from actionhub import clock
from actionhub.config import settings
from actionhub.extensions import db
from actionhub.followups import sending
from actionhub.followups.models import FollowUp, FollowUpState
from actionhub.insights.mail import Reason
from actionhub.organize.mail_words import why
from actionhub.organize.times import show_hour
from actionhub.organizers.models import AuditEvent
from actionhub.outbox.destinations import domain_key, relay_key
from actionhub.outbox.models import EmailState, Mailing, MailingState, Priority
from tests.followups.test_pausing import going_out, numbers, refuse
from tests.organize.people import Desk
from tests.outbox.troubles import (
    a_beat,
    a_destination,
    a_paused_mailing,
    an_email,
    an_event,
    archived,
    mailing_of,
)

S = EmailState
PAGE = "/organize/mail"


def hour(moment: datetime) -> str:
    """As the page tells it, with plain spaces."""
    return " ".join(show_hour(moment).split())


def section(desk: Desk, heading: str) -> str:
    """The words of the section under the heading with that id."""
    db.session.commit()
    page = LexborHTMLParser(desk.sees(PAGE))
    (found,) = page.css(f"section[aria-labelledby={heading}]")
    return " ".join(found.text(separator=" ").split())


def test_without_mail_every_part_says_so_and_what_comes(sam: Desk) -> None:
    db.session.execute(db.text("DELETE FROM emails"))
    assert section(sam, "needs").endswith("All is well. Nothing waits longer than it should.")
    assert section(sam, "due").count(" 0") == 4
    assert section(sam, "why").endswith("None failed in that time.")
    assert section(sam, "hours").endswith("No mail in that time.")
    assert section(sam, "days").endswith("No mail in that time.")
    assert "No worker is sending: nothing is due." in section(sam, "server")
    assert "None: of every email we know whether it went." in section(sam, "unsettled")
    assert "The first goes out when somebody signs" in section(sam, "kinds")


def test_late_mail_is_told_with_its_age_and_what_a_pause_holds_is_not_late(sam: Desk) -> None:
    now = clock.now()
    an_email(S.READY, mailing_of("thanks", Priority.THANKS), due_at=now - timedelta(minutes=25))
    an_email(S.READY, a_paused_mailing(because=None), due_at=now - timedelta(days=2))
    due = section(sam, "due")
    assert "Thanks and reminders 1 the oldest for 25 minutes, which is too long" in due
    assert "Follow-ups 0 1 in paused mailings" in due
    since = hour(now - timedelta(minutes=25))
    assert f"Mail has been waiting since {since}" in section(sam, "needs")


def test_the_last_day_is_drawn_and_told_in_numbers(sam: Desk) -> None:
    email = an_email(S.SENT)
    for state, number in ((S.SENT, 12), (S.DEFERRED, 3), (S.FAILED, 1)):
        for _one in range(number):
            an_event(email, state, enhanced="5.1.1" if state is S.FAILED else None)
    hours = section(sam, "hours")
    assert "Sent at most 12" in hours
    row = hours.rpartition("Failed")[2]
    assert row.split()[-3:] == ["12", "3", "1"], row
    assert "No such mailbox (5.1.1) 1" in section(sam, "why")
    page = LexborHTMLParser(sam.sees(PAGE))
    told = [svg.attributes.get("aria-label") or "" for svg in page.css("svg[role=img]")]
    assert len(told) == 6
    assert any(words.startswith("Sent: 12; at most 12") for words in told)
    assert all(svg.attributes.get("aria-hidden") for svg in page.css(".bars svg"))


def test_a_mail_server_that_is_away_is_told_in_a_plain_sentence(vera: Desk) -> None:
    now = clock.now()
    sent_at, next_at = now - timedelta(minutes=12), now + timedelta(minutes=2)
    an_event(an_email(S.SENT), S.SENT, sent_at)
    a_destination(relay_key(settings().smtp), failures=5, closed_until=next_at, reason="refused")
    told = section(vera, "server")
    assert f"5 tries failed, the last at {hour(now)}." in told
    assert f"The next is at {hour(next_at)}." in told
    assert f"The last email went out at {hour(sent_at)}. Nothing is lost." in told
    assert "The workers wait for it." in told
    assert "The mail server does not take our mail" in section(vera, "needs")
    assert "The mail server does not take our mail" in vera.sees("/organize/")
    with clock.moved_by(minutes=4):
        assert "The next comes with the next email." in section(vera, "server")


def test_a_mail_server_that_answers_is_told_with_its_workers(vera: Desk) -> None:
    an_event(an_email(S.SENT), S.SENT)
    an_email(S.READY)
    a_beat("one")
    a_beat("dead", seen=7, seconds_ago=90.0)
    told = section(vera, "server")
    assert "The mail server answers. It last took an email" in told
    assert "1 worker is sending." in told
    assert "All is well." in section(vera, "needs"), "what waits for a moment is not late"


def test_only_organizers_see_which_domains_are_left_alone(sam: Desk, vera: Desk) -> None:
    until = clock.now() + timedelta(minutes=3)
    a_destination(domain_key("anas-own.example"), closed_until=until)
    a_destination(domain_key("slow.example"), slow_until=until)
    told = section(sam, "server")
    assert f"anas-own.example : again at {hour(until)}" in told
    assert f"slow.example : a few at a time until {hour(until)}" in told
    seen = section(vera, "server")
    assert "2 recipient domains are left alone" in seen
    assert "example" not in seen


def paused(sam: Desk) -> int:
    mailing = a_paused_mailing()
    an_event(an_email(S.FAILED, mailing), S.FAILED, code=550, enhanced="5.7.1")
    an_email(S.READY, mailing)
    a_paused_mailing(because=None)
    told = section(sam, "paused")
    assert "The vote is tomorrow 1 email waits" in told
    assert "refused 20 emails in a row. It said: refused by policy (5.7.1) × 1." in told
    return mailing


def test_an_organizer_goes_on_with_a_mailing_that_paused_itself(sam: Desk) -> None:
    mailing = paused(sam)
    (path,) = re.findall(r'action="([^"]+/resume)"', sam.sees(PAGE))
    assert path == f"{PAGE}/mailings/{mailing}/resume"
    answer = sam.send(path)
    assert (answer.status_code, answer.location) == (302, PAGE)
    db.session.rollback()
    row = db.session.get_one(Mailing, mailing)
    assert (row.state, row.refusals, row.paused_because) == (MailingState.ACTIVE, 0, None)
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.verb == "resume")).one()
    assert (event.subject_kind, event.subject_id, event.organizer_id) == (
        "mailing", mailing, sam.organizer_id,
    )  # fmt: skip
    page = sam.sees(PAGE)
    assert "It goes on where it paused, and what was refused goes again." in page
    assert "paused itself" not in page
    sam.send(path)
    assert db.session.query(AuditEvent).filter_by(verb="resume").count() == 1, "twice is once"


def test_a_pause_of_confirmations_is_told_on_the_overview(sam: Desk) -> None:
    mailing_of("confirm", state=MailingState.PAUSED, paused_because="550 5.7.1", refusals=20)
    db.session.commit()
    assert "A mailing paused itself: Please confirm" in sam.sees("/organize/")


def test_a_follow_up_that_paused_itself_goes_on_from_here_too(sam: Desk) -> None:
    _action, follow_up, _ids = going_out(3)
    refuse(numbers()[0])
    sending.advance()
    number = follow_up.id
    page = sam.sees(PAGE)
    assert f'href="/organize/followups/{number}"' in page
    assert sam.sees("/organize/").count("paused ") == 1, "told once, as a follow-up"
    (path,) = re.findall(r'action="([^"]+/resume)"', page)
    sam.send(path)
    db.session.rollback()
    assert db.session.get_one(FollowUp, number).state is FollowUpState.SENDING


def test_a_pause_that_an_organizer_made_is_not_ended_here(sam: Desk) -> None:
    mailing = a_paused_mailing(because=None)
    db.session.commit()
    sam.see(PAGE)
    sam.send(f"{PAGE}/mailings/{mailing}/resume")
    db.session.rollback()
    assert db.session.get_one(Mailing, mailing).state is MailingState.PAUSED
    assert "or somebody else paused it" in sam.sees(PAGE)


def test_viewers_read_of_a_pause_and_may_not_end_it(sam: Desk, vera: Desk) -> None:
    mailing = paused(vera)
    assert "/resume" not in vera.sees(PAGE)
    assert vera.send(f"{PAGE}/mailings/{mailing}/resume").status_code == 403
    assert db.session.get_one(Mailing, mailing).state is MailingState.PAUSED


def test_what_is_held_or_unknown_tells_what_happens_next(sam: Desk) -> None:
    due_at = clock.now() + timedelta(minutes=9)
    an_email(S.UNKNOWN, due_at=due_at)
    for _letter in range(2):
        an_email(S.HELD, mailing_of("letter", Priority.LETTER))
    told = section(sam, "unsettled")
    assert f"the next at {hour(due_at)}; none a third time" in told
    assert "2 letters are held" in told
    assert "2 emails are held" in section(sam, "needs")


def test_each_kind_of_mail_is_told_with_its_archive(sam: Desk) -> None:
    thanks = mailing_of("thanks", Priority.THANKS)
    an_email(S.SENT, thanks)
    archived(thanks, S.SENT, 1_200)
    assert "Thank you 0 0 1,201 0 0" in section(sam, "kinds")


def test_nothing_on_the_page_is_styled_inline(sam: Desk) -> None:
    an_event(an_email(S.SENT), S.SENT)
    db.session.commit()
    page = sam.sees(PAGE)
    assert " style=" not in page
    assert "<style" not in page


@pytest.mark.parametrize(
    ("event", "detail", "words"),
    [
        ("failed", "5.1.1", "no such mailbox (5.1.1)"),
        ("failed", "5.1.6", "the address does not work (5.1.6)"),
        ("failed", "5.7.26", "our mail did not prove where it comes from (5.7.26)"),
        ("failed", "5.7.1", "refused by policy (5.7.1)"),
        ("failed", "5.9.9", "refused, no reason given (5.9.9)"),
        ("failed", "550", "refused, no reason given (550)"),
        ("failed", "552", "the message is too large (552)"),
        ("failed", "cannot be written", "we could not write the message"),
        ("failed", "", "refused, no reason given"),
        ("expired", "4.2.2", "tried for days: the mailbox is full (4.2.2)"),
        ("bounced", "5.1.1", "returned later: no such mailbox (5.1.1)"),
    ],
)
def test_a_status_is_told_in_words(app: Flask, event: str, detail: str, words: str) -> None:
    with app.test_request_context("/organize/mail"):
        assert why(Reason(event, detail, 1)) == words
