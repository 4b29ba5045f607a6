"""`actionhub backup FILE`: everything that must not be lost, in one file, while all runs on."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
from flask import current_app

from actionhub import __version__, clock, installation
from actionhub.cli import archives, local, with_app
from actionhub.config import settings
from actionhub.database import db
from actionhub.public.health import revision


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_app
def backup(file: Path) -> None:
    """Write a backup to FILE: safe while everything runs.

    It holds the database and the local settings with their secrets: keep it like a password.
    The local mailbox and the logs are not in it.
    """
    url = db.engine.url
    kind = url.get_backend_name()
    file.resolve().parent.mkdir(parents=True, exist_ok=True)
    note = archives.Note(
        kind=kind,
        revision=revision(),
        address_key=installation.fingerprint(),
        version=__version__,
        made_at=clock.now().isoformat(timespec="seconds"),
    )
    db.session.rollback()
    kept = settings().data_dir / local.SETTINGS_FILE
    with tempfile.TemporaryDirectory(dir=file.resolve().parent, prefix=".backup-") as folder:
        copy = Path(folder) / archives.DATABASE[kind]
        if kind == "sqlite":
            archives.copy_sqlite(Path(str(url.database)), copy)
        else:
            archives.dump_postgresql(url, copy)
        archives.write(file, note, copy, kept if kept.is_file() else None)
    click.echo(f"Backed up to {file} ({file.stat().st_size / 1e6:.2f} MB).")
    if not kept.is_file():
        click.echo(
            "Its secrets come from your environment and are not in it: keep ACTIONHUB_SECRET_KEY "
            f"and ACTIONHUB_ADDRESS_KEY too ({current_app.name} cannot do without them)."
        )
