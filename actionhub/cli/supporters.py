"""`actionhub supporters`: bring members in, take them out, erase a person."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TextIO

import click

from actionhub.addresses import BadAddress, read_address
from actionhub.database import db
from actionhub.privacy.erasing import erase as erase_supporter
from actionhub.supporters.exporting import export_members
from actionhub.supporters.importing import UnreadableMembers, import_members
from actionhub.supporters.joining import find_by_canonical


@click.group()
def supporters() -> None:
    """Bring members in, take them out, erase a person."""


@supporters.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(file: Path) -> None:
    """Make members of the people in a CSV FILE: all of them or, if a line is bad, none.

    Columns: email; consent, the very sentence each agreed to; and, if you have them, agreed_at
    (2026-03-31) and locale (en, es). Whoever left before is not brought back.
    """
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError as bad:
        raise click.ClickException(
            f"{file.name} is not UTF-8 text (byte {bad.start}). Save it as CSV UTF-8."
        ) from bad
    try:
        done = import_members(io.StringIO(text, newline=""))
    except UnreadableMembers as bad:
        db.session.rollback()
        raise click.ClickException(str(bad)) from bad
    db.session.commit()
    click.echo(f"{done.added} new {'member' if done.added == 1 else 'members'}.")
    for number, what in (
        (done.known, "were members already"),
        (done.repeated, "stood in the file twice"),
        (done.kept_out, "left or bounced before and stay away"),
    ):
        if number:
            click.echo(f"{number} {what}.")


@supporters.command("export")
@click.argument("file", type=click.File("w", encoding="utf-8", lazy=True), default="-")
def export_(file: TextIO) -> None:
    """Write all members to a CSV FILE, or to the screen."""
    written = export_members(file)
    click.echo(f"{written} {'member' if written == 1 else 'members'}.", err=True)


@supporters.command()
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(email: str, yes: bool) -> None:
    """Erase the person of this EMAIL address: at once and for good.

    Delivered signatures stay, anonymous and counted; all others go. The address stays
    suppressed as a keyed hash.
    """
    try:
        address = read_address(email)
    except BadAddress as bad:
        raise click.BadParameter(str(bad), param_hint="EMAIL") from bad
    supporter_id = find_by_canonical(address.canonical)
    if supporter_id is None:
        raise click.ClickException("Nobody of that address is known. Nothing was changed.")
    if not yes:
        click.confirm("Erase this person for good?", abort=True)
    erase_supporter(supporter_id)
    db.session.commit()
    click.echo("Erased.")
