"""A server that is slow to answer the final dot keeps a thread waiting, not the worker."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask import Flask

from actionhub.config import Smtp
from actionhub.extensions import db
from actionhub.outbox import bounds, destinations, keeping
from actionhub.outbox.durations import DURATIONS
from actionhub.outbox.models import EmailState
from actionhub.outbox.parking import parked
from actionhub.outbox.sending import drain
from tests.mail import mailing_through
from tests.outbox.people import state_of, write_to
from tests.outbox.scripted import Scripted, running
from tests.servers.brokers import until


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(bounds, "PATIENCE", 0.2)
    monkeypatch.setattr(bounds, "DURATIONS", DURATIONS.divided(25))
    yield
    keeping.close()


def server_of(port: int) -> Smtp:
    return Smtp("127.0.0.1", port, None, None, "plain")


def test_the_others_go_while_one_waits_and_its_late_250_is_recorded(
    app: Flask, impatient: None
) -> None:
    slow = write_to("ada@slow.example")
    others = [write_to(f"p{n}@example.org") for n in range(5)]
    answer = threading.Event()

    def first_waits(times: int) -> str:
        if times == 0:
            answer.wait(30)
        return "250 2.0.0 ok"

    server = Scripted(DOT=first_waits)
    with running(server) as port, mailing_through(app, server_of(port)):
        assert drain(keep_open=True).sent == 5
        assert {state_of(n) for n in others} == {EmailState.SENT}
        assert state_of(slow) is EmailState.SENDING
        with db.engine.connect() as connection:
            assert destinations.look(connection, "relay").slow == {"slow.example"}
        answer.set()
        assert parked().wait(30)
        until(lambda: state_of(slow) is EmailState.SENT, "the late record")
    assert len(server.bodies) == 6


def test_a_run_that_keeps_nothing_open_waits_for_the_last_word(app: Flask, impatient: None) -> None:
    slow = write_to("ada@slow.example")
    server = Scripted(DOT=lambda _times: threading.Event().wait(1.0) or "250 2.0.0 ok")
    with running(server) as port, mailing_through(app, server_of(port)):
        assert drain().sent == 1
    assert state_of(slow) is EmailState.SENT


def test_a_waiting_line_that_breaks_leaves_the_email_unknown(app: Flask, impatient: None) -> None:
    slow = write_to("ada@slow.example")

    def hangs_up(_times: int) -> None:
        threading.Event().wait(1.0)

    server = Scripted(DOT=hangs_up)
    with running(server) as port, mailing_through(app, server_of(port)):
        assert drain().unknown == 1
    assert state_of(slow) is EmailState.UNKNOWN


def test_a_slow_domain_waits_its_turn_and_others_do_not(app: Flask, impatient: None) -> None:
    slow = [write_to(f"p{n}@slow.example") for n in range(4)]
    other = write_to("bo@example.org")
    answer = threading.Event()
    server = Scripted(DOT=lambda times: ((times == 0 and answer.wait(30)) and "") or "250 2.0.0 ok")
    with running(server) as port, mailing_through(app, server_of(port)):
        assert drain(keep_open=True).sent == 1
        assert state_of(other) is EmailState.SENT
        states = [state_of(n) for n in slow]
        assert states.count(EmailState.SENDING) == 1
        assert states.count(EmailState.DEFERRED) == 3
        answer.set()
        assert parked().wait(30)
