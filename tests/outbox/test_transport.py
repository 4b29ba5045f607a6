from __future__ import annotations

import shutil
import smtplib
import ssl
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from actionhub import clock
from actionhub.config import Smtp, settings
from actionhub.extensions import db
from actionhub.outbox import destinations, keeping
from actionhub.outbox.durations import DURATIONS, Durations
from actionhub.outbox.messages import Message
from actionhub.outbox.models import EmailState, Priority
from actionhub.outbox.replies import Outcome, Stage, classify
from actionhub.outbox.sending import drain
from actionhub.outbox.tally import Drained
from tests.mail import Sink, free_port, listening, mailing_through
from tests.outbox.people import row_of, state_of, write_to
from tests.outbox.scripted import Scripted, running


def first(reply: str | None) -> Callable[[int], str | None]:
    """That reply the first time, then kindness."""
    return lambda times: "250 2.0.0 fine" if times else reply


def drain_over(app: Flask, server: Scripted, **login: str) -> Drained:
    with running(server) as port:
        smtp = Smtp("127.0.0.1", port, login.get("user"), login.get("password"), "plain")
        with mailing_through(app, smtp):
            return drain()


def test_lost_before_the_final_dot_is_unsent_and_tried_again(app: Flask) -> None:
    number = write_to("ada@example.org")
    done = drain_over(app, Scripted(BODY=lambda _times: None))
    assert (done.deferred, done.unknown) == (1, 0)
    assert state_of(number) is EmailState.DEFERRED


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
def test_a_server_that_hangs_up_on_a_command_took_nothing(app: Flask, verb: str) -> None:
    number = write_to("ada@example.org")
    server = Scripted(**{verb: lambda _times: None})
    drain_over(app, server)
    assert state_of(number) is EmailState.DEFERRED
    assert server.bodies == []


def test_lost_after_the_final_dot_is_unknown_and_sent_once_more_the_same(app: Flask) -> None:
    number = write_to("ada@example.org", "confirm")
    server = Scripted(DOT=lambda times: "250 2.0.0 ok" if times else None)
    start = clock.now()
    assert drain_over(app, server).unknown == 1
    row = row_of(number)
    assert (row.state, row.unknowns) == (EmailState.UNKNOWN, 1)
    assert row.due_at - start >= timedelta(minutes=15)
    assert drain_over(app, server).sent == 0
    with clock.moved_by(minutes=16):
        assert drain_over(app, server).sent == 1
    assert len(server.bodies) == 2
    assert server.bodies[0] == server.bodies[1]


def test_a_second_unknown_is_failed(app: Flask) -> None:
    number = write_to("ada@example.org")
    server = Scripted(DOT=lambda _times: None)
    drain_over(app, server)
    with clock.moved_by(minutes=16):
        drain_over(app, server)
    assert state_of(number) is EmailState.FAILED
    assert len(server.bodies) == 2


def test_an_unknown_letter_is_held_for_a_person(app: Flask) -> None:
    number = write_to("office@example.org", priority=Priority.LETTER)
    server = Scripted(DOT=lambda _times: None)
    drain_over(app, server)
    assert state_of(number) is EmailState.HELD
    with clock.moved_by(days=1):
        drain_over(app, server)
    assert len(server.bodies) == 1


@pytest.mark.parametrize(
    "server",
    [
        Scripted(CONNECT=lambda _times: "554 5.7.1 go away"),
        Scripted(CONNECT=lambda _times: "421 4.3.2 shutting down"),
        Scripted(CONNECT=lambda _times: None),
        Scripted(AUTH=lambda _times: "535 5.7.8 no"),
        Scripted(AUTH=lambda _times: "454 4.7.0 not now"),
        Scripted(MAIL=lambda _times: "530 5.7.0 log in first"),
        Scripted(MAIL=lambda _times: "550 5.7.1 you may not send as that"),
    ],
    ids=["greeting", "greeting-421", "hang-up", "auth", "auth-later", "login", "sender"],
)
def test_what_is_wrong_between_us_and_our_server_charges_nobody(
    app: Flask, server: Scripted
) -> None:
    numbers = [write_to(f"p{n}@example.org") for n in range(3)]
    with (
        running(server) as port,
        mailing_through(app, Smtp("127.0.0.1", port, "u", "p", "plain")),
    ):
        assert drain().offline
        assert closed_until()
        tries = server.connections
        assert drain().offline  # it is left alone
        assert server.connections == tries
    for number in numbers:
        assert (row_of(number).state, row_of(number).attempt) == (EmailState.READY, 0)


def closed_until() -> datetime | None:
    """Until when the relay in use is left alone."""
    with db.engine.connect() as connection:
        relay = destinations.relay_key(settings().smtp)
        return destinations.look(connection, relay).relay_closed_until


def test_no_server_at_all_opens_the_breaker_and_it_closes_by_itself(app: Flask) -> None:
    number = write_to("ada@example.org")
    port = free_port()
    with mailing_through(app, Smtp("127.0.0.1", port, None, None, "plain")):
        assert drain().offline
        first_wait = closed_until()
        assert first_wait is not None
        with clock.set_to(first_wait):
            assert drain().offline
            second_wait = closed_until()
        assert second_wait is not None
        assert second_wait - first_wait == DURATIONS.breaker_first * 2
        sink = Sink()
        with listening(sink, port=port), clock.set_to(second_wait):
            assert drain().sent == 1
            assert closed_until() is None
        assert len(sink.raw) == 1
    assert state_of(number) is EmailState.SENT


def test_a_server_that_cannot_speak_tls_gets_no_mail(app: Flask) -> None:
    number = write_to("ada@example.org")
    server = Scripted(EHLO=lambda _t: "250-x\r\n250 STARTTLS", STAR=lambda _t: "220 go")
    with (
        running(server) as port,
        mailing_through(app, Smtp("127.0.0.1", port, None, None, "starttls")),
    ):
        assert drain().offline
    assert row_of(number).attempt == 0
    assert server.bodies == []


def test_a_certificate_that_proves_nothing_is_refused(app: Flask, tmp_path: Path) -> None:
    number = write_to("ada@example.org")
    sink = Sink()
    with (
        listening(sink, tls_context=self_signed(tmp_path), auth_require_tls=False) as port,
        mailing_through(app, Smtp("127.0.0.1", port, None, None, "starttls")),
    ):
        done = drain()
    assert done.offline == "the server's certificate does not prove its name"
    assert (row_of(number).attempt, sink.raw) == (0, [])


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server's context with a certificate that nobody vouches for."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl program to make a certificate with")
    made = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    made += ["-subj", "/CN=localhost", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(made, cwd=folder, check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def test_a_server_without_starttls_gets_no_mail_and_no_password(app: Flask) -> None:
    write_to("ada@example.org")
    server = Scripted()
    with (
        running(server) as port,
        mailing_through(app, Smtp("127.0.0.1", port, "u", "p", "starttls")),
    ):
        assert drain().offline
    assert "AUTH" not in server.seen


def test_a_session_that_the_server_ends_is_opened_anew_without_a_loss(app: Flask) -> None:
    numbers = [write_to(f"p{n}@example.org") for n in range(4)]
    server = Scripted(MAIL=lambda times: "421 4.4.2 enough" if times == 2 else "250 ok")
    assert drain_over(app, server).sent == 4
    assert server.connections == 2
    assert all(row_of(number).attempt == 1 for number in numbers)


@pytest.mark.parametrize(
    ("verb", "reply", "state"),
    [
        ("RCPT", "550 5.1.1 nobody", EmailState.FAILED),
        ("RCPT", "450 4.2.0 busy", EmailState.DEFERRED),
        ("RCPT", "421 4.7.0 too much", EmailState.DEFERRED),
        ("MAIL", "451 4.3.0 later", EmailState.DEFERRED),
    ],
)
def test_a_refusal_among_commands_sent_at_once_refuses_that_email_only(
    app: Flask, verb: str, reply: str, state: EmailState
) -> None:
    refused, other = write_to("ada@cold.example.org"), write_to("bo@example.org")
    server = Scripted(EHLO=lambda _t: PIPELINING, **{verb: first(reply)})
    assert drain_over(app, server).sent == 1
    assert (state_of(refused), state_of(other)) == (state, EmailState.SENT)
    assert [body for body in server.bodies if b"ada@" in body] == []


PIPELINING = "250-x\r\n250 PIPELINING"


def test_commands_sent_at_once_bring_every_email_over(app: Flask) -> None:
    for n in range(5):
        write_to(f"p{n}@example.org")
    server = Scripted(EHLO=lambda _t: PIPELINING)
    assert drain_over(app, server).sent == 5
    assert len(server.bodies) == 5


def test_a_quit_that_fails_changes_nothing(app: Flask) -> None:
    number = write_to("ada@example.org")
    assert drain_over(app, Scripted(QUIT=lambda _times: None)).sent == 1
    assert state_of(number) is EmailState.SENT


def test_a_connection_is_kept_from_run_to_run_and_checked(app: Flask) -> None:
    server = Scripted(NOOP=lambda times: "250 ok" if times == 0 else None)
    with (
        running(server) as port,
        mailing_through(app, Smtp("127.0.0.1", port, None, None, "plain")),
    ):
        for n in range(3):
            write_to(f"p{n}@example.org")
            connection = keeping.take()
            connection._used_at = 0.0  # long ago
            keeping.keep(connection)
            assert drain(keep_open=True).sent == 1
        keeping.close()
    assert server.verbs("NOOP") == 2
    assert server.connections == 2  # the second NOOP found it dead


def test_leading_dots_arrive_as_they_were_written(app: Flask, smtp_sink: Sink) -> None:
    connection = keeping.take()
    raw = b".first\r\n\r\n..\r\n.\r\nlast"
    with connection:
        connection.send(
            Message(
                recipient="ada@example.org",
                sender="actions@example.org",
                raw=raw,
                needs_utf8=False,
            )
        )
    assert smtp_sink.raw == [raw + b"\r\n"]


def test_an_smtputf8_address_is_refused_clearly_where_the_server_takes_none(app: Flask) -> None:
    number = write_to("юля@example.org")
    sink = Sink()
    with (
        listening(sink, enable_SMTPUTF8=False) as port,
        mailing_through(app, Smtp("127.0.0.1", port, None, None, "plain")),
    ):
        assert drain().failed == 1
    assert state_of(number) is EmailState.FAILED


def test_an_smtputf8_address_gets_its_mail_where_the_server_takes_it(
    app: Flask, smtp_sink: Sink
) -> None:
    write_to("юля@bücher.example.org")
    assert drain().sent == 1
    assert smtp_sink.envelopes[0].rcpt_tos == ["юля@xn--bcher-kva.example.org"]
    assert "To: юля@xn--bcher-kva.example.org".encode() in smtp_sink.raw[0]


@pytest.mark.parametrize(
    ("stage", "code", "text", "outcome"),
    [
        (Stage.RCPT, 550, b"5.1.1 x", Outcome.BOUNCED),
        (Stage.RCPT, 550, b"5.1.10 x", Outcome.BOUNCED),
        (Stage.RCPT, 550, b"5.1.8 bad sender", Outcome.OFFLINE),
        (Stage.RCPT, 550, b"5.11.1 x", Outcome.REFUSED),
        (Stage.DOT, 554, b"5.7.1 spam", Outcome.REFUSED),
        (Stage.DOT, 552, b"5.2.2 full", Outcome.REFUSED),
        (Stage.DOT, 452, b"4.2.2 full", Outcome.LATER),
        (Stage.DOT, 421, b"4.3.0 x", Outcome.COOL),
        (Stage.MAIL, 552, b"5.3.4 too big", Outcome.REFUSED),
        (Stage.MAIL, 451, b"4.3.0 x", Outcome.LATER),
        (Stage.DOT, 354, b"what", Outcome.UNKNOWN),
        (Stage.DOT, -1, b"rubbish", Outcome.UNKNOWN),
        (Stage.RCPT, -1, b"rubbish", Outcome.UNSENT),
        (Stage.DATA, 250, b"no 354", Outcome.UNSENT),
        (Stage.RCPT, 251, b"forwards", Outcome.ACCEPTED),
    ],
)
def test_a_reply_has_one_meaning(stage: Stage, code: int, text: bytes, outcome: Outcome) -> None:
    assert classify(stage, code, text).outcome is outcome


def test_retries_follow_the_schedule_and_end_after_three_days() -> None:
    durations = Durations(jitter=0)
    waits = [durations.after_attempt(n) for n in range(1, 40)]
    minutes = [int(wait.total_seconds() // 60) for wait in waits if wait]
    assert minutes[:7] == [1, 5, 15, 60, 180, 360, 360]
    assert sum(minutes) <= 72 * 60 < sum(minutes) + 360


def test_flask_mails_way_to_send_tells_of_a_refusal(app: Flask, smtp_sink: Sink) -> None:
    smtp_sink.rcpt_replies["ada@example.org"] = "550 5.1.1 nobody"
    message = Message(
        recipient="ada@example.org", sender="a@example.org", raw=b"x: y\r\n", needs_utf8=False
    )
    with keeping.take() as connection, pytest.raises(smtplib.SMTPResponseException):
        connection.send(message)
