"""What follows from a report: who is mailed no more, and which emails turn out to be sent."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from actionhub import clock
from actionhub.addresses import address_hash
from actionhub.config import Smtp
from actionhub.extensions import db
from actionhub.organizers.models import Role
from actionhub.outbox import bounces, marking
from actionhub.outbox.bounces import EVIDENCE, Taken, Weight, weight_of
from actionhub.outbox.claiming import Claimed
from actionhub.outbox.models import (
    ArchivedEmail,
    Email,
    EmailEvent,
    EmailState,
    Report,
    Scope,
    Suppression,
)
from actionhub.outbox.reported import Kind, Reported
from actionhub.outbox.sending import drain
from actionhub.outbox.suppressions import is_suppressed, lift, lift_by_hand, suppress
from tests.mail import Sink, mailing_through
from tests.organize.people import organizer
from tests.outbox.people import row_of, state_of, write_to
from tests.outbox.scripted import Scripted, running


def ada() -> str:
    return address_hash("ada@example.org")


def a_report(email_id: int, kind: Kind, enhanced: str | None = None, name: str = "") -> Reported:
    digest = f"{name or f'{email_id}{kind}{enhanced}':0<64}"[:64]
    return Reported(digest, "mailbox", email_id, kind, enhanced)


def report(email_id: int, kind: Kind, enhanced: str | None = None, name: str = "") -> Taken:
    taken = bounces.take(a_report(email_id, kind, enhanced, name))
    assert taken is not None
    db.session.commit()
    return taken


def sent(address: str = "ada@example.org", template: str = "me", key: str | None = None) -> int:
    """An email that went out."""
    number = write_to(address, template, key)
    turn(number, state=EmailState.SENT, finished_at=clock.now(), attempt=1)
    return number


def turn(number: int, **values: object) -> None:
    db.session.execute(update(Email.__table__).where(Email.id == number).values(**values))
    db.session.commit()


def archive(number: int) -> None:
    """Move an email as the archiving does: with its id."""
    row = row_of(number)
    db.session.execute(insert(ArchivedEmail.__table__).values(**row._mapping))
    db.session.execute(Email.__table__.delete().where(Email.id == number))
    db.session.commit()


def live() -> list[tuple[str, Scope, str]]:
    """All that is stopped now."""
    rows = select(Suppression).where(Suppression.lifted_at.is_(None)).order_by(Suppression.id)
    return [(row.address_hash, row.scope, row.reason) for row in db.session.scalars(rows)]


def noted(number: int) -> list[tuple[EmailState, str | None, str | None]]:
    events = select(EmailEvent).where(EmailEvent.email_id == number).order_by(EmailEvent.id)
    return [(e.state, e.reason, e.enhanced) for e in db.session.scalars(events)]


@pytest.mark.parametrize(
    ("enhanced", "weight"),
    [
        ("5.1.1", Weight.GONE),
        ("5.1.10", Weight.GONE),
        ("5.2.1", Weight.GONE),
        ("5.1.7", Weight.NOTED),  # our own sender
        ("5.1.8", Weight.NOTED),
        ("5.7.1", Weight.NOTED),  # policy, blocklists, DMARC
        ("5.7.26", Weight.NOTED),
        ("5.2.2", Weight.COUNTS),  # full
        ("5.4.1", Weight.COUNTS),
        ("5.0.0", Weight.COUNTS),
        ("4.4.1", Weight.NOTED),  # their server, or our relay's line, was away for days
        (None, Weight.NOTED),
    ],
)
def test_a_failure_weighs_by_its_status(enhanced: str | None, weight: Weight) -> None:
    assert weight_of(enhanced) is weight


def test_an_address_that_is_gone_gets_no_more_mail_at_all(app: Flask, smtp_sink: Sink) -> None:
    number = sent()
    assert report(number, Kind.BOUNCED, "5.1.1").stopped is Scope.ALL
    assert live() == [(ada(), Scope.ALL, "bounced")]
    assert noted(number) == [(EmailState.SENT, "bounced", "5.1.1")]
    assert state_of(number) is EmailState.SENT
    write_to("ada@example.org", key="next")
    assert drain().suppressed == 1


@pytest.mark.parametrize("enhanced", ["5.7.1", "5.1.8", "4.4.7", "5.2.2", None])
def test_any_other_failure_is_only_noted_at_first(app: Flask, enhanced: str | None) -> None:
    number = sent()
    assert report(number, Kind.BOUNCED, enhanced).stopped is None
    assert live() == []
    assert noted(number) == [(EmailState.SENT, "bounced", enhanced)]


def test_a_report_counts_once_however_often_it_is_read(app: Flask) -> None:
    number = sent()
    assert not report(number, Kind.BOUNCED, "5.1.1").again
    lift(ada(), Scope.ALL)
    assert report(number, Kind.BOUNCED, "5.1.1").again
    assert live() == []
    assert len(noted(number)) == 1
    (row,) = db.session.scalars(select(Report))
    assert (row.kind, row.source, row.email_id, row.enhanced) == (
        "bounced",
        "mailbox",
        number,
        "5.1.1",
    )


def test_three_full_inboxes_of_different_emails_are_enough(app: Flask) -> None:
    for n in range(3):
        number = sent(key=f"k{n}")
        for again in range(2):  # of one email any number is one
            stopped = report(number, Kind.BOUNCED, "5.2.2", f"{n}-{again}").stopped
            assert (stopped is Scope.ALL) == (n == 2), (n, again)
    assert live() == [(ada(), Scope.ALL, "bounced")]


def test_the_archived_ones_among_three_count_too(app: Flask) -> None:
    numbers = [sent(key=f"k{n}") for n in range(3)]
    for number in numbers[:2]:
        archive(number)
    for number in numbers:
        report(number, Kind.BOUNCED, "5.2.2")
    assert live() == [(ada(), Scope.ALL, "bounced")]


def test_three_within_more_than_thirty_days_or_of_several_people_are_not(app: Flask) -> None:
    for n, (days, address) in enumerate(
        [(-31, "ada"), (-29, "ada"), (0, "bo"), (0, "ada"), (0, "cy")]
    ):
        with clock.moved_by(days=days):
            report(sent(f"{address}@example.org", key=f"k{n}"), Kind.BOUNCED, "5.2.2")
    assert live() == []


def test_what_says_nothing_about_the_address_never_adds_up(app: Flask) -> None:
    for n, enhanced in enumerate(["5.7.1", "4.2.2", "5.1.8", "5.2.2", "5.2.2"]):
        report(sent(key=f"k{n}"), Kind.BOUNCED, enhanced)
    assert live() == []


def test_after_a_lifting_it_takes_three_new_ones(app: Flask) -> None:
    for n in range(3):
        report(sent(key=f"k{n}"), Kind.BOUNCED, "5.2.2")
    lift(ada(), Scope.ALL)
    db.session.commit()
    for n in range(3, 6):
        assert live() == []
        report(sent(key=f"k{n}"), Kind.BOUNCED, "5.2.2")
    assert live() == [(ada(), Scope.ALL, "bounced")]


def test_stopped_again_after_a_lifting_it_says_nothing_of_that(app: Flask) -> None:
    report(sent(), Kind.BOUNCED, "5.1.1")
    (row,) = db.session.scalars(select(Suppression))
    assert lift_by_hand(row.id, organizer(Role.ADMIN).id, "It works again")
    db.session.commit()
    report(sent(key="later"), Kind.BOUNCED, "5.1.1")
    db.session.expire_all()
    assert (row.lifted_at, row.lifted_by, row.lifted_because) == (None, None, None)


@pytest.mark.parametrize(
    ("template", "scope"),
    [("followup", Scope.FOLLOWUPS), ("me", Scope.SIGNING), ("login_link", Scope.STAFF)],
)
def test_a_complaint_stops_the_kind_of_mail_it_is_about(
    app: Flask, template: str, scope: Scope
) -> None:
    number = sent(template=template)
    assert report(number, Kind.COMPLAINED).stopped is scope
    assert live() == [(ada(), scope, "complained")]
    assert noted(number) == [(EmailState.SENT, "complained", None)]
    others = {Scope.FOLLOWUPS, Scope.SIGNING, Scope.STAFF} - {scope}
    assert not any(is_suppressed(ada(), other) for other in others)


def test_who_leaves_by_the_providers_link_leaves_the_follow_ups_whatever_it_was_in(
    app: Flask,
) -> None:
    assert report(sent(template="me"), Kind.LEFT).stopped is Scope.FOLLOWUPS
    assert live() == [(ada(), Scope.FOLLOWUPS, "left")]


@pytest.mark.parametrize("kind", [Kind.DELAYED, Kind.DELIVERED])
def test_a_delay_and_a_delivery_are_noted(app: Flask, kind: Kind) -> None:
    number = sent()
    assert report(number, kind, "4.4.1") == Taken(kind)
    assert live() == []
    assert noted(number) == [(EmailState.SENT, kind.value, "4.4.1")]


def test_a_report_about_an_archived_email_counts(app: Flask) -> None:
    number = sent()
    archive(number)
    assert report(number, Kind.BOUNCED, "5.1.1").stopped is Scope.ALL
    assert noted(number) == [(EmailState.SENT, "bounced", "5.1.1")]


def test_a_report_about_an_email_that_is_not_there_does_nothing(app: Flask) -> None:
    assert bounces.take(a_report(999, Kind.BOUNCED, "5.1.1")) is None
    assert live() == []
    assert db.session.scalar(select(Report)) is None


#: Where an email may stand whose fate was not known at some try.
UNSURE = [
    *(EmailState.UNKNOWN, EmailState.HELD, EmailState.FAILED, EmailState.CLAIMED),
    *(EmailState.READY, EmailState.DEFERRED, EmailState.EXPIRED),
]


@pytest.mark.parametrize("state", UNSURE)
@pytest.mark.parametrize("kind", [Kind.BOUNCED, Kind.DELAYED, Kind.DELIVERED])
def test_a_report_shows_that_an_email_we_were_unsure_of_was_taken(
    app: Flask, state: EmailState, kind: Kind
) -> None:
    number = write_to("ada@example.org")
    turn(number, state=state, unknowns=1, attempt=1, owner="w:1", held_at=clock.now())
    assert report(number, kind, "5.1.1").turned_sent
    row = row_of(number)
    assert (row.state, row.owner, row.held_at) == (EmailState.SENT, None, None)
    assert row.finished_at is not None
    assert [line[:2] for line in noted(number)] == [
        (EmailState.SENT, EVIDENCE),
        (EmailState.SENT, kind.value),
    ]
    assert bool(live()) == (kind is Kind.BOUNCED)


def test_one_whose_worker_may_be_dead_is_sent_and_its_late_reply_changes_nothing(
    app: Flask,
) -> None:
    number = write_to("ada@example.org")
    turn(number, state=EmailState.SENDING, attempt=1, owner="w:1", held_at=clock.now())
    assert report(number, Kind.DELAYED).turned_sent
    assert state_of(number) is EmailState.SENT


@pytest.mark.parametrize(
    "state", [EmailState.READY, EmailState.DEFERRED, EmailState.FAILED, EmailState.HELD]
)
def test_one_that_the_server_surely_did_not_take_stays_what_it_is(
    app: Flask, state: EmailState
) -> None:
    number = write_to("ada@example.org")
    turn(number, state=state, attempt=1)
    assert not report(number, Kind.DELAYED).turned_sent
    assert state_of(number) is state


def test_evidence_saves_an_unknown_email_from_going_twice(app: Flask, smtp_sink: Sink) -> None:
    number = write_to("ada@example.org")
    turn(number, state=EmailState.UNKNOWN, unknowns=1, attempt=1, due_at=clock.now())
    report(number, Kind.DELAYED)
    with clock.moved_by(minutes=16):
        assert drain().sent == 0
    assert smtp_sink.raw == []


@pytest.mark.parametrize("reply", ["450 4.2.0 busy", "550 5.1.1 nobody", "250 2.0.0 fine", None])
def test_a_report_that_comes_while_its_email_is_being_sent_has_the_last_word(
    app: Flask, reply: str | None
) -> None:
    """Whatever its worker records afterwards is fenced off: nothing is tried again."""
    number = write_to("ada@example.org")

    def report_first(_times: int) -> str | None:
        with app.app_context():
            assert bounces.take(a_report(number, Kind.DELAYED))
            db.session.commit()
        return reply

    server = Scripted(DOT=report_first)
    with (
        running(server) as port,
        mailing_through(app, Smtp("127.0.0.1", port, None, None, "plain")),
    ):
        drain()
    assert state_of(number) is EmailState.SENT
    with clock.moved_by(hours=2):
        assert drain().sent == 0
    assert len(server.bodies) == 1
    assert not is_suppressed(ada(), Scope.SIGNING)


def test_a_claimed_email_that_a_report_shows_to_be_sent_is_not_marked_again(app: Flask) -> None:
    number = write_to("ada@example.org")
    row = row_of(number)
    turn(number, state=EmailState.CLAIMED, owner="w:1", held_at=clock.now(), attempt=1, unknowns=1)
    report(number, Kind.DELAYED)
    claimed = Claimed(
        **{name: getattr(row, name) for name in Claimed.__dataclass_fields__}
        | {"attempt": 1, "unknowns": 1}
    )
    with marking.connect(db.engine) as connection:
        done = marking.advance(connection, "w:1", None, (claimed, Scope.SIGNING))
    assert not done.marked
    assert state_of(number) is EmailState.SENT


def test_what_fails_half_way_leaves_nothing(app: Flask) -> None:
    number = sent()
    bounces.take(a_report(number, Kind.BOUNCED, "5.1.1"))
    db.session.rollback()
    assert live() == []
    assert noted(number) == []
    assert not report(number, Kind.BOUNCED, "5.1.1").again


def test_a_wish_is_not_lifted_by_an_organizer_and_a_lifting_happens_once(app: Flask) -> None:
    by = organizer(Role.ORGANIZER).id
    suppress(ada(), Scope.ALL, "bounced")
    (row,) = db.session.scalars(select(Suppression))
    assert lift_by_hand(row.id, by, "It works again")
    assert not lift_by_hand(row.id, by, "Once more")
    assert row.lifted_because == "It works again"
    assert not lift_by_hand(999, by, "Nobody")
