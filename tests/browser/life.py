"""The life of the town: what its newsroom, its organizers and its people have done so far."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from actionhub import clock
from actionhub.actions import contacts, lists
from actionhub.actions.addressees import all_addressees
from actionhub.actions.listing import read_list
from actionhub.actions.models import Action
from actionhub.actions.outcome_models import OutcomeKind, VotePosition
from actionhub.actions.outcomes import Deed, record, strike
from actionhub.actions.publishing import close, publish
from actionhub.actions.tying import tie, tied_to
from actionhub.addresses import read_address
from actionhub.cli.demo import load_sample
from actionhub.deliveries import digests
from actionhub.deliveries.handing import hand_over
from actionhub.deliveries.making import begin, make
from actionhub.deliveries.models import Delivery, Format, Rhythm
from actionhub.extensions import db
from actionhub.followups import announcing, sending, writing
from actionhub.letters import confirming as confirming_letters
from actionhub.newsroom.editing import edit_release, write_release
from actionhub.newsroom.models import Feed, PressRelease
from actionhub.organizers import auditing
from actionhub.organizers.joining import add_organizer
from actionhub.organizers.models import Role
from actionhub.outbox.models import Email, EmailState, Scope, Suppression
from actionhub.outbox.sending import drain
from actionhub.outbox.suppressions import lift_by_hand, suppress
from actionhub.signatures import counts
from actionhub.signatures.models import SignatureState
from tests import cast
from tests.browser import mail_life
from tests.congress.seats import load_judiciary, load_ohio
from tests.public_links import people

OPEN, CLOSED, RULED = "pass-the-pro-act", "fund-the-library", "overtime-for-everyone"
LETTER = "dignity-for-detained-immigrants"
FIRST = (
    "Ana",
    "Carmen",
    "Dmitri",
    "Esi",
    "Fatima",
    "Grace",
    "Hiro",
    "Inés",
    "Maya",
    "Olu",
    "Софія",
)
LAST = ("Ruiz", "Chen", "O’Neill", "Okafor", "Núñez", "Haddad", "Tanaka", "García", "Nguyễn")
SAID = [
    "I was fired for asking about overtime. Nobody should be.",
    "My whole family works nights, and nobody asked us.",
    "A union is the reason my mother could retire.",
]
CAME_BY = [{}, {"utm_source": "newsletter"}, {"utm_source": "mastodon"}, {"utm_source": "flyer"}]
NEWS = """The **PRO Act** has left committee. Two senators who said nothing in spring now say yes.

> You are the reason their phones rang.

The vote is on Thursday. [Read what happens next](https://example.org/next)."""


def settle(signers: int) -> None:
    """Releases, actions, signatures over three weeks, follow-ups at each step, mail, people."""
    load_sample()
    load_ohio()
    load_judiciary()
    ines = add_organizer("ines@example.org", Role.ADMIN, "Inés Duarte")
    add_organizer("sam@example.org", Role.ORGANIZER, "Sam Okafor")
    add_organizer("vera@example.org", Role.VIEWER)
    add_organizer("ted@example.org", Role.ORGANIZER, "Ted Moss").active = False
    action = db.session.scalars(select(Action).where(Action.slug == OPEN)).one()
    action.closes_at = clock.now() + timedelta(days=12)
    other_actions(ines.id)
    what_came(ines.id)
    sign_for_weeks(action, signers)
    write_to_members(action, ines.id)
    newsroom_work(action, ines.id)
    trouble(ines.id)
    some_mail(action)
    letters_and_deliveries(action, ines.id)
    mail_life.mail_for_weeks()
    mail_life.mail_trouble()


def other_actions(organizer_id: int) -> None:
    """A closed one, a scheduled one and two drafts, one of them bare."""
    closed = cast.an_open_action(
        slug=CLOSED,
        title="Fund the Library",
        ask="Tell the council to keep the branch on Fifth Street open.",
        target_name="Springfield City Council",
    )
    close(closed)
    ahead = cast.a_draft(
        title="Keep the Night Buses",
        ask="Tell the city to keep the night buses running.",
        opens_at=clock.now() + timedelta(days=2),
        target_name="Springfield City Council",
        goal=250,
    )
    publish(ahead, organizer_id)
    cast.a_draft(title="A Fair Count for Every Shift", target_rule="delegation")
    cast.a_draft(title="Water in the Fields", ask="", target_name="")


def what_came(organizer_id: int) -> None:
    """Replies to the open and the closed action; a rule's votes, one of them struck."""
    day = clock.now().date() - timedelta(days=3)
    vote = "On the motion to proceed to S. 567, the Protecting the Right to Organize Act"
    for slug, words in ((OPEN, "We will take it up this session."), (CLOSED, "It stays open.")):
        action = db.session.scalars(select(Action).where(Action.slug == slug)).one()
        reply = Deed(OutcomeKind.REPLY, day, words=words, source_url="https://example.org/reply")
        record(action, [f"named:{action.targets[0].id}"], reply, organizer_id)
    ruled = cast.an_open_action(
        slug=RULED,
        title="Overtime for Everyone",
        ask="Tell your senators and representative to restore overtime pay.",
        target_name="Your members of Congress",
        target_rule="delegation",
    )
    for key, position in (("C000003", VotePosition.YEA), ("A000001", VotePosition.NAY)):
        deed = Deed(OutcomeKind.VOTE, day, position, vote, source_url="https://www.congress.gov/1")
        record(ruled, [key], deed, organizer_id)
    both = record(ruled, ["C000003", "A000001"], Deed(OutcomeKind.COSPONSORSHIP, day), organizer_id)
    strike(both[1], organizer_id)


def sign_for_weeks(action: Action, signers: int) -> None:
    """Confirmed signatures over three weeks, a few pending, a few kept aside."""
    chance = random.Random(7)
    release = tied_to(action.id)[0]
    for number in range(signers):
        days = min(chance.expovariate(1 / 6), 20.9)
        changes: dict[str, Any] = {
            "confirmed_at": clock.now() - timedelta(days=days),
            "created_at": clock.now() - timedelta(days=days, hours=1),
            "source": chance.choice(CAME_BY),
            "release_id": release if number % 4 == 0 else None,
            "comment": SAID[number % 3] if number % 9 == 0 else None,
            "zip": f"{20000 + number}",
        }
        name = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
        sign = cast.a_member if number % 3 else cast.a_signature
        sign(action, name, f"p{number}@example.org", **changes)
        counts.note(action.id, None, SignatureState.CONFIRMED)
    for number in range(max(signers // 8, 3)):
        aside = number % 2 == 0
        cast.a_signature(
            action,
            f"{chance.choice(FIRST)} {chance.choice(LAST)}",
            f"q{number}@example.org",
            state=SignatureState.QUARANTINED if aside else SignatureState.PENDING,
            state_reason=("limit", "honeypot")[number % 3 == 0] if aside else None,
            confirmed_at=None,
            comment=SAID[1] if number % 4 == 0 else None,
        )
        if not aside:
            counts.note(action.id, None, SignatureState.PENDING)
    counts.fold()


def write_to_members(action: Action, organizer_id: int) -> None:
    """A follow-up that was sent, one under way, a scheduled one, a draft, and news to approve."""
    done = writing.draft(
        action.id, subject="It left committee", body_markdown=NEWS, organizer_id=organizer_id
    )
    sending.start(done, organizer_id)
    db.session.commit()
    sending.advance()
    db.session.execute(update(Email).values(state=EmailState.SENT, finished_at=clock.now()))
    db.session.commit()
    sending.advance()
    later = writing.draft(
        action.id, subject="The vote is today", body_markdown=NEWS, organizer_id=organizer_id
    )
    sending.start(later, organizer_id, clock.now() + timedelta(days=3))
    writing.draft(
        action.id, subject="What the vote means", body_markdown=NEWS, organizer_id=organizer_id
    )
    under_way = writing.draft(
        action.id,
        subject="Two votes are missing, and you know who has them",
        body_markdown=NEWS,
        organizer_id=organizer_id,
    )
    sending.start(under_way, organizer_id)
    db.session.commit()
    sending.advance()
    ready = list(db.session.scalars(select(Email.id).where(Email.state == EmailState.READY)))
    sent = ready[: len(ready) * 2 // 3]
    rows = update(Email).where(Email.id.in_(sent))
    db.session.execute(rows.values(state=EmailState.SENT, finished_at=clock.now()))
    held = update(Email).where(Email.id.in_(ready[len(sent) :]))
    db.session.execute(held.values(due_at=clock.now() + timedelta(days=1)))
    auditing.record("send", "followup", under_way.id, organizer_id=organizer_id)


def newsroom_work(action: Action, organizer_id: int) -> None:
    """An edited release that its source changed too, one newly tied, and feeds."""
    releases = list(db.session.scalars(select(PressRelease).order_by(PressRelease.id)))
    edit_release(releases[2], title="Crisis by Refusal")
    releases[2].upstream = {"title": releases[2].title + ": an Update", "summary": "New words."}
    news = write_release(
        title="The Senate Sets a Day for the PRO Act",
        released_on=clock.now().date(),
        body_html="<p>The vote that workers waited two years for now has a date: Thursday.</p>",
    )
    tie(action.id, news.id)
    announcing.announce(action.id, news.id)
    auditing.record("tie", "action", action.id, organizer_id=organizer_id)
    auditing.record("edit", "release", releases[2].id, organizer_id=organizer_id, fields=["title"])
    for name, result in (
        ("news", "3 added, 1 updated, 20 unchanged"),
        ("press", "https://example.org/press.xml could not be reached: no answer"),
    ):
        address = f"https://example.org/{name}.xml"
        read_at = clock.now() - timedelta(hours=1)
        db.session.add(Feed(address=address, created_at=read_at, read_at=read_at, result=result))


def trouble(organizer_id: int) -> None:
    """Addresses that must not be mailed: of signers and of nobody; and one that may be again."""
    signers = [read_address(f"p{number}@example.org").hash for number in range(5)]
    for address_hash, scope, reason in (
        (signers[0], Scope.ALL, "bounced"),
        (signers[1], Scope.FOLLOWUPS, "left"),
        (signers[2], Scope.FOLLOWUPS, "complained"),
        (signers[3], Scope.SIGNING, "complained"),
        ("a" * 64, Scope.ALL, "bounced"),
        ("b" * 64, Scope.FOLLOWUPS, "left"),
        ("c" * 64, Scope.FOLLOWUPS, "erased"),
        (signers[4], Scope.ALL, "bounced"),
    ):
        suppress(address_hash, scope, reason)
    last = db.session.scalars(select(Suppression.id).order_by(Suppression.id.desc())).first()
    lift_by_hand(last or 0, organizer_id, "Their office says that the mailbox is mended")


def some_mail(action: Action) -> None:
    """A confirmed signer's two messages in the mailbox, both of them really sent."""
    people.confirmed(action, "mail@example.org")
    db.session.commit()
    drain()


def letters_and_deliveries(action: Action, organizer_id: int) -> None:
    """A list, an office's address, somebody's letters; two deliveries, one by email."""
    council = b"name,office,email,ward\nDee Diaz,Ward 1,dee@council.example,First\nEli Etz,Ward 2,"
    lists.bring_in("Springfield City Council", read_list(council), organizer_id)
    contacts.know("C000003", email="cedar@senate.example", per_hour=60)
    letter = db.session.scalars(select(Action).where(Action.slug == LETTER)).one()
    write_letter(letter, "lou@example.org")
    addressee = all_addressees(action)[0]
    begin(action, addressee, organizer_id)
    begin(action, addressee, organizer_id)
    digests.wish(
        action,
        addressee,
        email="office@senate.example",
        rhythm=Rhythm.WEEKLY,
        format=Format.BOTH,
        organizer_id=organizer_id,
    )
    db.session.commit()
    make()
    first = db.session.scalars(select(Delivery).order_by(Delivery.id)).first()
    assert first is not None
    hand_over(first)


def write_letter(action: Action, email: str) -> str:
    """Somebody of Ohio's district 9 writes and confirms; the path of their confirming link."""
    path = people.post(
        action, email, zip="44102", town="Cleveland", comment="My cousin waited nine months."
    )
    confirming_letters.confirm(path.rpartition("/")[2])
    return path
