"""The audience: so many members of one petition, in bulk, and a follow-up to them all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import insert

from actionhub import clock, config
from actionhub.actions.drafting import draft_action
from actionhub.actions.publishing import publish
from actionhub.actions.showing import find_action
from actionhub.addresses import read_address
from actionhub.app import create_app
from actionhub.cli.migrate import bring_to_head
from actionhub.extensions import db
from actionhub.followups import sending, writing
from actionhub.organizers.joining import add_organizer
from actionhub.organizers.models import Role
from actionhub.signatures.models import NameDisplay, Signature, SignatureState
from actionhub.supporters.consent import wording_id
from actionhub.supporters.models import Subscription, SubscriptionState, Supporter

SLUG = "faults"
DOMAINS = 500
#: How much of all mail the first domains take; the rest falls off evenly behind them.
LARGEST = (0.20, 0.12, 0.08, 0.05, 0.04, 0.03)
ROWS = 2000  # a statement

BODY = """Thank you for signing. Here is what came of it.

The committee heard the bill on Tuesday, and **three members** who had been silent spoke for it.
That was your doing: they named the letters on their desks, and they named this petition.

- The vote is planned for the end of the month.
- Two members have not made up their minds.
- Your neighbors can still sign.

We will write again when there is news, and not before. [Read the whole story](https://example.org).
"""


def domain_of_number(number: int) -> str:
    """The domain of the `number`th member (from 0): a few large ones, and a long tail."""
    place, passed = (number * 7919 % 10_000) / 10_000, 0.0
    for rank, share in enumerate(LARGEST):
        passed += share
        if place < passed:
            return f"d{rank:03}.example.org"
    # The tail: the square favours its beginning, as a few more domains are larger than others.
    tail = ((place - passed) / (1 - passed)) ** 2
    return f"d{len(LARGEST) + int(tail * (DOMAINS - len(LARGEST))):03}.example.org"


def address_of_number(number: int) -> str:
    return f"member{number}@{domain_of_number(number)}"


@contextmanager
def inside(env: dict[str, str]) -> Iterator[Flask]:
    """An app on a row's settings, its context pushed, its connections closed afterwards."""
    app = create_app(config.from_environment(env))
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def furnish(env: dict[str, str], members: int) -> None:
    """An empty database becomes one with an open petition and so many members of it."""
    with inside(env):
        bring_to_head()
        organizer = add_organizer("faults@example.org", Role.ADMIN)
        db.session.flush()
        action = draft_action(
            title="A petition to sign meanwhile",
            ask="Sign while things break.",
            body_markdown="Reasons. " * 40,
            goal=1000,
            target_name="The Senate",
            slug=SLUG,
            organizer_id=organizer.id,
        )
        publish(action, organizer.id)
        db.session.flush()
        text_id = find_action(SLUG, "en").text_id
        wording = wording_id("en", "Write to me about what comes of this.")
        for first in range(0, members, ROWS):
            _add(range(first, min(first + ROWS, members)), action.id, text_id, wording)
        db.session.commit()


def _add(numbers: range, action_id: int, text_id: int, wording: int) -> None:
    at = clock.now() - timedelta(days=3)
    people: list[dict[str, Any]] = []
    signatures: list[dict[str, Any]] = []
    subscriptions: list[dict[str, Any]] = []
    for number in numbers:
        address = read_address(address_of_number(number))
        supporter_id = number + 1
        people.append(
            {
                "id": supporter_id,
                "canonical": address.canonical,
                "address": address.mailbox,
                "address_hash": address.hash,
                "locale": "en",
                "created_at": at,
            }
        )
        signatures.append(
            {
                "action_id": action_id,
                "text_id": text_id,
                "supporter_id": supporter_id,
                "name_key": "",
                "posting": 1,
                "state": SignatureState.CONFIRMED,
                "name": f"Member {number}",
                "country": "US",
                "display": NameDisplay.PUBLIC,
                "wants_followups": True,
                "locale": "en",
                "source": {},
                "created_at": at,
                "posted_at": at,
                "confirmed_at": at,
            }
        )
        subscriptions.append(
            {
                "supporter_id": supporter_id,
                "state": SubscriptionState.LIVE,
                "wording_id": wording,
                "agreed_at": at,
            }
        )
    for table, rows in (
        (Supporter, people),
        (Signature, signatures),
        (Subscription, subscriptions),
    ):
        db.session.execute(insert(table), rows)
    if db.engine.dialect.name == "postgresql":  # ids were given: the next one comes after them
        last = numbers[-1] + 1
        db.session.execute(db.text(f"SELECT setval('supporters_id_seq', {last})"))


def start_follow_up(env: dict[str, str]) -> int:
    """Start a follow-up to all members; its id."""
    with inside(env):
        found = find_action(SLUG, "en")
        follow_up = writing.draft(found.id, subject="What came of it", body_markdown=BODY)
        sending.start(follow_up, None)
        number = follow_up.id
        db.session.commit()
        return number
