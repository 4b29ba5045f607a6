"""`actionhub restore FILE`: bring an installation back from a backup."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click
from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import URL

from actionhub import config, installation
from actionhub.cli import archives, local
from actionhub.cli.archives import BackupFailed
from actionhub.cli.migrate import bring_to_head
from actionhub.cli.up import holding
from actionhub.database import database_url, db
from actionhub.public.health import revisions


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace what is there.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="The data folder [default: ACTIONHUB_DATA_DIR or ./var].",
)
def restore(file: Path, force: bool, data: Path | None) -> None:
    """Restore FILE into an empty installation, or with --force over the one that is there.

    Stop web, worker and beat first. What a forced restore replaces on SQLite is kept beside it.
    """
    where = (data or local.folder(os.environ)).resolve()
    lock = holding.Lock(where)  # 1. Nobody runs here, and nobody starts meanwhile.
    try:
        with tempfile.TemporaryDirectory(dir=where, prefix=".restore-") as folder:
            note = archives.unpack(file, Path(folder))
            settings = _settings(where, Path(folder), force)
            _put_back(note, Path(folder), settings, force)
    finally:
        lock.release()
    click.echo(f"Restored the backup of {note.made_at}. Start again, then: actionhub doctor")


def _settings(where: Path, folder: Path, force: bool) -> config.Settings:
    """The settings to restore under: the environment's, then the backup's own local ones."""
    kept = folder / archives.SETTINGS
    there = where / local.SETTINGS_FILE
    if kept.is_file():
        same = there.is_file() and there.read_bytes() == kept.read_bytes()
        if there.is_file() and not same and not force:
            raise BackupFailed(
                f"{where} has settings of its own. Restore into an empty folder with --data, or "
                "replace them with --force."
            )
        if there.is_file() and not same:
            there.replace(_aside(there))
        local.write_private(there, kept.read_text())
    env = {**os.environ, "ACTIONHUB_DATA_DIR": str(where)}
    return config.from_environment(local.complete(env))


def _put_back(note: archives.Note, folder: Path, settings: config.Settings, force: bool) -> None:
    from actionhub.app import create_app

    url = database_url(settings.database_url)
    app = create_app(settings)
    with app.app_context():
        # 2. Refuse before anything is touched.
        if url.get_backend_name() != note.kind:
            raise BackupFailed(f"the backup is of {note.kind}, ACTIONHUB_DATABASE_URL is not.")
        if note.revision is not None and note.revision not in revisions():
            raise BackupFailed(f"the backup is of a newer ActionHub ({note.version}): upgrade.")
        if note.address_key != installation.fingerprint():
            raise BackupFailed(
                "ACTIONHUB_ADDRESS_KEY is not the one the backup was made under: people who left "
                "would be mailed. Set the key of then."
            )
        if not force and _has_tables(url):
            raise BackupFailed(
                "the database is not empty. Stop web, worker and beat, then add --force to replace "
                "it."
            )
        # 3. Replace the database: one rename, or one transaction. 4. Bring it to this version.
        copy = folder / archives.DATABASE[note.kind]
        if note.kind == "sqlite":
            _replace_file(copy, Path(str(url.database)))
        else:
            archives.load_postgresql(url, copy)
        bring_to_head()
        db.engine.dispose()


def _has_tables(url: URL) -> bool:
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        return False
    engine = create_engine(url)
    try:
        return bool(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def _replace_file(copy: Path, target: Path) -> None:
    archives.check_sqlite(copy)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        old = _aside(target)
        archives.copy_sqlite(target, old)  # folds the -wal file in
        for ending in ("-wal", "-shm"):
            target.with_name(target.name + ending).unlink(missing_ok=True)
        click.echo(f"What was there is kept as {old}.")
    copy.replace(target)


def _aside(path: Path) -> Path:
    number = 1
    while (found := path.with_name(f"{path.name}.before-restore-{number}")).exists():
        number += 1
    return found
