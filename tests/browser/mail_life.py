"""The mail of the town: a week of it, and everything that can hold it up, all on one evening."""

from __future__ import annotations

import random
from datetime import timedelta

from actionhub import clock
from actionhub.config import settings
from actionhub.extensions import db
from actionhub.outbox.destinations import domain_key, relay_key
from actionhub.outbox.models import (
    EmailEvent,
    EmailState,
    EmailTally,
    Mailing,
    MailTotal,
    Priority,
)
from actionhub.outbox.tallying import QUARTER_SECONDS
from tests.outbox.troubles import (
    a_beat,
    a_destination,
    a_paused_mailing,
    an_email,
    an_event,
    mailing_of,
)

#: Why some of it was lost, with how often in a thousand.
LOST = [("5.1.1", 9), ("5.2.2", 4), ("5.7.26", 3), ("4.4.1", 2), ("550", 2), ("5.1.2", 1)]
LOST += [("5.6.7", 1), ("cannot be written", 1), ("5.3.4", 1)]


def mail_for_weeks() -> None:
    """Quarters of an hour with their ups and downs, and what the archive holds."""
    chance = random.Random(5)
    quarter = int(clock.now().timestamp()) // QUARTER_SECONDS
    tallies: dict[tuple[int, str, str], int] = {}
    for back in range(1, 8 * 96):
        at = quarter - back
        sent = int(chance.expovariate(1 / 14) + (300 if 200 < back < 216 else 0))
        tallies[at, "sent", ""] = sent
        tallies[at, "deferred", "4.2.2"] = sent // 17
        for detail, often in LOST:
            if chance.random() < sent * often / 1000:
                lost = "expired" if detail[0] == "4" else "failed"
                tallies[at, lost, detail] = 1 + chance.randrange(2)
        if chance.random() < 0.01:
            tallies[at, "complained", ""] = 1
    newest = db.session.scalar(db.select(db.func.max(EmailEvent.id))) or 0
    for (at, event, detail), number in tallies.items():
        row = {"quarter": at, "event": event, "detail": detail, "number": number}
        db.session.add(EmailTally(**row, last_event_id=newest))
    mailing = db.session.scalars(db.select(Mailing.id).order_by(Mailing.id)).first()
    for state, number in ((EmailState.SENT, 18_204), (EmailState.FAILED, 61)):
        db.session.add(MailTotal(mailing_id=mailing, state=state, number=number))


def mail_trouble() -> None:
    """The mail server is away, two domains are left alone, a mailing paused itself, some wait."""
    now = clock.now()
    a_destination(
        relay_key(settings().smtp),
        failures=5,
        closed_until=now + timedelta(minutes=2),
        reason="ConnectionRefusedError",
    )
    a_destination(domain_key("mail.example"), failures=2, closed_until=now + timedelta(minutes=4))
    a_destination(
        domain_key("a-domain-with-a-very-long-name-that-wants-to-break-the-line.example.org"),
        slow_until=now + timedelta(minutes=8),
    )
    a_beat("town:1:1:aa", started_at=now - timedelta(minutes=3))
    paused = a_paused_mailing(because="550 5.7.1", refusals=20)
    for _refused in range(20):
        refused = an_email(EmailState.FAILED, paused, finished_at=now)
        an_event(refused, EmailState.FAILED, code=550, enhanced="5.7.1")
    for _waits in range(31):
        an_email(EmailState.READY, paused)
    urgent = mailing_of("confirm", Priority.URGENT)
    for _late in range(9):
        an_email(EmailState.READY, urgent, due_at=now - timedelta(minutes=11))
    an_email(EmailState.HELD, mailing_of("letter", Priority.LETTER), held_at=now)
    an_email(EmailState.UNKNOWN, urgent, due_at=now + timedelta(minutes=9))
    an_email(EmailState.DEFERRED, urgent, due_at=now + timedelta(minutes=19))
