"""`actionhub outbox bounces` reads mailboxes and says what it found, and never a password."""

from __future__ import annotations

import mailbox
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import click
from click.testing import CliRunner
from flask import Flask

from actionhub.cli import main
from actionhub.cli.outbox import outbox
from actionhub.extensions import db
from actionhub.outbox.models import EmailState
from tests.outbox import reported
from tests.outbox.imap_server import NAME, PASSWORD, Folder, serving
from tests.outbox.people import state_of, write_to
from tests.outbox.reported import forged, to_us
from tests.outbox.test_bounces import turn


def run(*sources: str) -> tuple[int, str]:
    done = CliRunner().invoke(outbox, ["bounces", *sources])
    db.session.remove()
    return done.exit_code, done.output


@contextmanager
def reading(app: Flask, mailbox_address: str) -> Iterator[None]:
    """Point ACTIONHUB_BOUNCE_MAILBOX somewhere for a while."""
    before = app.extensions["actionhub.settings"]
    app.extensions["actionhub.settings"] = replace(before, bounce_mailbox=mailbox_address)
    try:
        yield
    finally:
        app.extensions["actionhub.settings"] = before


def mbox(path: Path, *messages: bytes) -> str:
    box = mailbox.mbox(path, create=True)
    for raw in messages:
        box.add(raw)
    box.close()
    return str(path)


def test_it_says_what_it_found_and_the_second_time_that_nothing_is_new(
    app: Flask, tmp_path: Path
) -> None:
    numbers = [write_to(f"{name}@example.org") for name in ("ada", "bo", "cy")]
    turn(numbers[1], state=EmailState.UNKNOWN, unknowns=1)
    first = mbox(
        tmp_path / "one",
        reported.postfix(to_us(numbers[0])),
        reported.postfix(to_us(numbers[1]), "delayed", "4.4.1"),
        reported.postfix(forged(numbers[2])),
        b"From: ada@example.net\r\n\r\nHello!\r\n",
    )
    second = mbox(tmp_path / "two", reported.complaint(to_us(numbers[2])))
    assert run(first, second) == (
        0,
        "1 bounced.\n1 delayed.\n1 complained.\n"
        "2 of them stopped mail to an address.\n"
        "1 of them showed that an email was sent that we were not sure of.\n"
        "1 ignored: 1 with no mark of ours, or a forged one.\n"
        "1 other messages left as they are.\n",
    )
    assert state_of(numbers[1]) is EmailState.SENT
    code, said = run(first, second)
    assert (code, said.splitlines()[:2]) == (0, ["Nothing new.", "3 read before."])


def test_without_a_source_it_reads_the_configured_mailbox(app: Flask, tmp_path: Path) -> None:
    path = mbox(tmp_path / "box", reported.postfix(to_us(write_to("ada@example.org"))))
    with reading(app, path):
        assert run()[1].startswith("1 bounced.\n")
    code, said = run()
    assert code == 2
    assert "ACTIONHUB_BOUNCE_MAILBOX" in said


def test_a_mailbox_that_cannot_be_read_is_said_after_the_others_and_without_the_password(
    app: Flask, tmp_path: Path
) -> None:
    path = mbox(tmp_path / "box", reported.postfix(to_us(write_to("ada@example.org"))))
    with serving(Folder()) as port:
        login = f"{quote(NAME, safe='')}:wr0ng"
        code, said = run(f"imap://{login}@127.0.0.1:{port}/", "imaps//me:wr0ng@host", path)
    assert code == 1
    assert said.startswith("1 bounced.\n")
    assert "127.0.0.1 does not accept that name and password" in said
    assert "there is no mailbox of that name" in said
    assert "wr0ng" not in said


def test_it_reads_a_mailbox_behind_imap(app: Flask) -> None:
    folder = Folder()
    folder.add(reported.gmail(to_us(write_to("ada@example.org"))))
    with serving(folder) as port:
        source = f"imap://{quote(NAME, safe='')}:{quote(PASSWORD)}@127.0.0.1:{port}/"
        with reading(app, source):
            assert run()[1].startswith("1 bounced.\n")
    assert folder.seen == {101}


def test_it_is_part_of_outbox_and_no_command_of_its_own() -> None:
    context = click.Context(main)
    assert "bounces" in outbox.commands
    assert "bounces" not in main.list_commands(context)
