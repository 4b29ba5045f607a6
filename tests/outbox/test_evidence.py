"""Where the relay can tell what it took, an unknown email is asked about before it goes again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import unquote

import pytest
from flask import Flask
from sqlalchemy import update

from actionhub import clock
from actionhub.config import Smtp, settings
from actionhub.extensions import db
from actionhub.outbox import claiming, marking, retrying
from actionhub.outbox.models import Email, EmailState, Scope
from actionhub.outbox.sending import drain
from tests.mail import mailing_through
from tests.outbox.people import row_of, state_of, sweep_after_the_lease, write_to
from tests.outbox.scripted import Scripted, running


@contextmanager
def relay_that_knows(accepted: set[str], answer: int | None = None) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = unquote(self.path.removeprefix("/accepted/")) in accepted
            self.send_response(answer or (200 if known else 404))
            self.end_headers()

        def log_message(self, *_given: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/accepted/{{message_id}}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("accepted", "answer", "copies"),
    [(True, None, 1), (False, None, 2), (True, 500, 2)],
    ids=["taken", "not taken", "cannot tell"],
)
def test_an_unknown_email_is_asked_about(
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
    accepted: bool,
    answer: int | None,
    copies: int,
) -> None:
    """The server takes it, and hangs up before it says so."""
    number = write_to("ada@example.org")
    known = {row_of(number).message_id} if accepted else set()
    server = Scripted(DOT=lambda times: "250 2.0.0 ok" if times else None)
    with (
        running(server) as port,
        mailing_through(app, Smtp("127.0.0.1", port, None, None, "plain")),
        relay_that_knows(known, answer) as url,
        monkeypatch.context() as patch,  # undone before the settings of the mail are
    ):
        asking = replace(settings(), smtp_evidence_url=url)
        patch.setitem(app.extensions, "actionhub.settings", asking)
        assert drain().unknown == 1
        with clock.moved_by(minutes=16):
            assert drain().sent == 1
    assert state_of(number) is EmailState.SENT
    assert len(server.bodies) == copies


def test_what_the_relay_never_took_is_known_again_and_not_given_up(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two lost replies in a row fail an email; where the relay can tell, neither counts."""
    number = write_to("ada@example.org")
    server = Scripted(DOT=lambda times: "250 2.0.0 ok" if times > 1 else None)
    with (
        running(server) as port,
        mailing_through(app, Smtp("127.0.0.1", port, None, None, "plain")),
        relay_that_knows(set()) as url,
        monkeypatch.context() as patch,  # undone before the settings of the mail are
    ):
        asking = replace(settings(), smtp_evidence_url=url)
        patch.setitem(app.extensions, "actionhub.settings", asking)
        for minutes in (0, 16, 32):
            with clock.moved_by(minutes=minutes):
                drain()
    assert state_of(number) is EmailState.SENT
    assert (row_of(number).attempt, len(server.bodies)) == (3, 3)


def lose_it_to_a_death(number: int, owner: str) -> None:
    """A worker dies between its mark and the reply."""
    (email,) = claiming.claim(db.engine, owner, 10, first=True)
    assert email.id == number
    with marking.connect(db.engine) as connection:
        assert marking.advance(connection, owner, None, (email, Scope.SIGNING)).marked
    sweep_after_the_lease()


@pytest.mark.parametrize(
    ("answer", "state", "copies"),
    [(None, EmailState.SENT, 1), (500, EmailState.FAILED, 0)],
    ids=["not taken", "cannot tell"],
)
def test_one_that_two_workers_died_of_is_asked_about_before_it_is_given_up(
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
    answer: int | None,
    state: EmailState,
    copies: int,
) -> None:
    number = write_to("ada@example.org")
    server = Scripted()
    with (
        running(server) as port,
        mailing_through(app, Smtp("127.0.0.1", port, None, None, "plain")),
        relay_that_knows(set(), answer) as url,
        monkeypatch.context() as patch,  # undone before the settings of the mail are
    ):
        asking = replace(settings(), smtp_evidence_url=url)
        patch.setitem(app.extensions, "actionhub.settings", asking)
        lose_it_to_a_death(number, "first")
        with clock.moved_by(minutes=16):
            lose_it_to_a_death(number, "second")
        assert state_of(number) is EmailState.UNKNOWN
        with clock.moved_by(minutes=40):
            drain()
    assert state_of(number) is state
    assert len(server.bodies) == copies


def test_where_nobody_can_be_asked_a_second_death_ends_it(app: Flask) -> None:
    number = write_to("ada@example.org")
    lose_it_to_a_death(number, "first")
    with clock.moved_by(minutes=16):
        lose_it_to_a_death(number, "second")
    assert state_of(number) is EmailState.FAILED


def test_what_perhaps_arrived_is_sent_again_only_when_asked_for(app: Flask) -> None:
    doubtful, refused = write_to("ada@example.org"), write_to("bo@example.org")
    db.session.execute(update(Email).values(state=EmailState.FAILED))
    db.session.execute(update(Email).where(Email.id == doubtful).values(unknowns=2))
    db.session.commit()
    assert retrying.retry({EmailState.FAILED}) == 1
    db.session.commit()
    assert (state_of(doubtful), state_of(refused)) == (EmailState.FAILED, EmailState.READY)
    assert retrying.retry({EmailState.FAILED}, perhaps_sent=True) == 1
