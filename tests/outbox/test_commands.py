from __future__ import annotations

from click.testing import CliRunner
from flask import Flask

from actionhub.cli.outbox import outbox
from actionhub.config import Smtp
from actionhub.extensions import db
from actionhub.outbox import keeping
from actionhub.outbox.models import EmailState
from tests.mail import Sink, free_port, mailing_through
from tests.outbox.people import row_of, state_of, write_to
from worker.outbox import send, sweep


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(outbox, list(arguments))
    db.session.remove()
    said = [line for line in done.output.splitlines(True) if "[info " not in line]  # no log lines
    return done.exit_code, "".join(said)


def test_drain_sends_and_says_how_many(app: Flask, smtp_sink: Sink) -> None:
    write_to("ada@example.org")
    assert run("drain") == (0, "1 sent.\n")
    assert len(smtp_sink.raw) == 1


def test_drain_says_when_there_is_no_server(app: Flask) -> None:
    number = write_to("ada@example.org")
    with mailing_through(app, Smtp("127.0.0.1", free_port(), None, None, "plain")):
        code, output = run("drain")
    assert code == 1
    assert "Nothing is lost" in output
    assert state_of(number) is EmailState.READY


def test_retry_sends_again_what_had_failed(app: Flask, smtp_sink: Sink) -> None:
    smtp_sink.rcpt_replies["ada@example.org"] = ["550 5.7.1 policy"]
    number = write_to("ada@example.org")
    run("drain")
    assert state_of(number) is EmailState.FAILED
    assert run("retry") == (0, "1 ready again.\n")
    assert run("drain") == (0, "1 sent.\n")
    assert run("retry") == (0, "0 ready again.\n")


def test_the_tasks_sweep_and_send(app: Flask, smtp_sink: Sink) -> None:
    number = write_to("ada@example.org")
    sweep()
    send()
    keeping.close()
    assert state_of(number) is EmailState.SENT
    assert row_of(number).attempt == 1
