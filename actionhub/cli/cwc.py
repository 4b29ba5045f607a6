"""`actionhub cwc`: letters by Communicating with Congress, checked without sending anything."""

from __future__ import annotations

from pathlib import Path

import click

from actionhub import clock
from actionhub.config import settings
from actionhub.congress.sitting import District
from actionhub.errors import ConfigurationError
from actionhub.letters.composing import Composed, Writer
from actionhub.letters.cwc.agency import SETTING, Agency, agency
from actionhub.letters.cwc.checking import problems_of
from actionhub.letters.cwc.documents import Message, Sender, to_xml


@click.group()
def cwc() -> None:
    """Letters to Congress by its own system (docs/cwc.md); nothing here sends anything."""


@cwc.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
def check(files: tuple[str, ...]) -> None:
    """Check messages in FILES against the table of elements, offline.

    Ends with 1 when something is wrong with one. The table is unproven: see docs/cwc.md.
    """
    wrong = False
    for name in files:
        problems = problems_of(Path(name).read_bytes())
        wrong = wrong or bool(problems)
        for problem in problems or ["nothing found"]:
            click.echo(f"{name}: {problem}")
    if wrong:
        raise SystemExit(1)


@cwc.command()
@click.option("--office", help="An office's code, as HOH09; the first one that is set up.")
def sample(office: str | None) -> None:
    """Print a message from a fictional writer, for the validator of a chamber."""
    with_whom = agency()
    if with_whom is None:
        raise ConfigurationError(SETTING, "it is not set", "Name your file: see docs/cwc.md")
    code = office or next(iter(with_whom.offices.values()))
    click.echo(_sample(with_whom, code).decode())


def _sample(with_whom: Agency, code: str) -> bytes:
    writer = Writer(
        "Ana Example", "Example City", "00000", District(code[1:3], 0), "In my own words."
    )
    composed = Composed(
        locale="en",
        subject="A test message, please disregard",
        salutation="",
        opening="",
        body="This message tests our connection. Please disregard it.",
        closing="",
        own_words=4,
        words=12,
    )
    message = Message(
        delivery_id="0" * 32,
        written_at=clock.now(),
        campaign="test",
        organization=settings().organization,
        office=code,
        topic=with_whom.topic,
        email="ana@example.org",
        sender=Sender("Ms.", "Ana", "Example", "1 Main Street"),
        writer=writer,
        composed=composed,
    )
    return to_xml(message, with_whom)
