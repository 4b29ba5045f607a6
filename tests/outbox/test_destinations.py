"""What one worker learns of the relay and of domains spares all the others."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from actionhub import clock
from actionhub.config import Smtp, settings
from actionhub.extensions import db
from actionhub.outbox import destinations
from actionhub.outbox.destinations import Outlook
from actionhub.outbox.durations import DURATIONS
from actionhub.outbox.models import Destination
from actionhub.outbox.sending import drain
from tests.mail import mailing_through
from tests.outbox.people import write_to
from tests.outbox.scripted import Scripted, running

RELAY = "relay:mail.example.org:25"


def look() -> Outlook:
    with db.engine.connect() as connection:
        return destinations.look(connection, RELAY)


def test_many_workers_find_an_outage_out_at_once_and_it_counts_once(app: Flask) -> None:
    first = destinations.relay_failed(db.engine, RELAY, "refused")
    assert destinations.relay_failed(db.engine, RELAY, "refused") == first
    assert (look().relay_failures, look().relay_closed_until) == (1, first)


def test_after_the_wait_one_of_all_tries_and_its_failure_doubles_the_wait(app: Flask) -> None:
    until = destinations.relay_failed(db.engine, RELAY, "refused")
    with clock.set_to(until):
        assert [destinations.may_try(db.engine, RELAY) for _ in range(3)] == [True, False, False]
        again = destinations.relay_failed(db.engine, RELAY, "refused")
        assert again - until == 2 * DURATIONS.breaker_first
        assert look().relay_failures == 2


def test_one_who_tries_and_dies_keeps_the_others_waiting_only_so_long(app: Flask) -> None:
    until = destinations.relay_failed(db.engine, RELAY, "refused")
    with clock.set_to(until):
        assert destinations.may_try(db.engine, RELAY)
    with clock.set_to(until + DURATIONS.breaker_first):
        assert destinations.may_try(db.engine, RELAY)


def test_a_success_opens_it_for_all(app: Flask) -> None:
    until = destinations.relay_failed(db.engine, RELAY, "refused")
    with clock.set_to(until):
        assert destinations.may_try(db.engine, RELAY)
        destinations.worked(db.engine, RELAY)
        assert look().relay_failures == 0
        assert destinations.may_try(db.engine, RELAY)


def test_a_domain_cools_longer_each_time_and_forgets_when_it_works(app: Flask) -> None:
    first = destinations.cool(db.engine, "example.org") - clock.now()
    assert first <= DURATIONS.cooling_first
    with clock.moved_by(minutes=2):
        second = destinations.cool(db.engine, "example.org") - clock.now()
        assert second > 1.9 * DURATIONS.cooling_first
        assert look().troubled == {"example.org"}
        destinations.worked(db.engine, destinations.domain_key("example.org"))
        assert look().cooling == {}
        assert look().troubled == frozenset()


def test_no_wait_outlives_a_clock_that_was_set_back(app: Flask) -> None:
    destinations.relay_failed(db.engine, RELAY, "refused")
    destinations.cool(db.engine, "example.org")
    destinations.note_slow(db.engine, "slow.example.org")
    db.session.execute(
        update(Destination).values(
            closed_until=clock.now() + timedelta(days=1), slow_until=clock.now() + timedelta(days=1)
        )
    )
    db.session.commit()
    seen = look()
    assert (seen.relay_closed_until, seen.cooling, seen.slow) == (None, {}, frozenset())
    assert destinations.may_try(db.engine, RELAY)


@pytest.mark.parametrize("hours", [0, 5])
def test_what_is_well_again_is_dropped_in_time(app: Flask, hours: int) -> None:
    destinations.cool(db.engine, "example.org")
    destinations.relay_failed(db.engine, RELAY, "refused")
    with clock.moved_by(hours=hours), db.engine.begin() as connection:
        assert destinations.forget_past(connection) == (1 if hours else 0)


def test_a_relay_that_lets_us_in_and_refuses_our_sender_is_left_alone_ever_longer(
    app: Flask,
) -> None:
    """A connection that can be had is no sign that it takes mail."""
    write_to("ada@example.org")
    server = Scripted(MAIL=lambda _times: "530 5.7.0 who are you")
    with (
        running(server) as port,
        mailing_through(app, Smtp("127.0.0.1", port, None, None, "plain")),
    ):
        moment = clock.now()
        for failures in (1, 2, 3):
            with clock.set_to(moment):
                assert drain().offline
                with db.engine.connect() as connection:
                    found = destinations.look(connection, destinations.relay_key(settings().smtp))
                assert found.relay_failures == failures
                assert found.relay_closed_until is not None
                moment = found.relay_closed_until
        server.script.clear()
        with clock.set_to(moment):
            assert drain().sent == 1
            with db.engine.connect() as connection:
                found = destinations.look(connection, destinations.relay_key(settings().smtp))
            assert (found.relay_failures, found.relay_closed_until) == (0, None)
