"""A backup: one tar file with the database, the local settings, and a note of what it holds."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy.engine import URL

from actionhub.errors import ActionHubError

NOTE = "actionhub-backup.json"
SETTINGS = "local-settings.json"
#: The database's member, by kind.
DATABASE = {"sqlite": "database.sqlite", "postgresql": "database.dump"}
_PAGES = 2000  # copied at a time, so that writers get their turn


class BackupFailed(ActionHubError):
    """No backup was made, or it cannot be restored; nothing was changed."""


@dataclass(frozen=True)
class Note:
    """What a backup holds. `revision` is the tables' version, `address_key` a fingerprint."""

    kind: str
    revision: str | None
    address_key: str
    version: str
    made_at: str


def write(target: Path, note: Note, database: Path, settings: Path | None) -> None:
    """Write the archive whole or not at all, readable by this user alone."""
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(fd, "wb") as out:
            with tarfile.open(fileobj=out, mode="w:gz", compresslevel=3) as tar:
                _add_bytes(tar, NOTE, json.dumps(asdict(note), indent=2).encode())
                if settings is not None:
                    _add_bytes(tar, SETTINGS, settings.read_bytes())
                tar.add(database, DATABASE[note.kind])
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def unpack(source: Path, folder: Path) -> Note:
    """Unpack the members we know into `folder`. Raises BackupFailed if it is no backup of ours."""
    known = {NOTE, SETTINGS, *DATABASE.values()}
    try:
        with tarfile.open(source) as tar:
            for member in tar:
                if member.name in known and member.isfile():
                    inside = tar.extractfile(member)
                    if inside is not None:
                        with inside, (folder / member.name).open("wb") as out:
                            shutil.copyfileobj(inside, out)
        note = Note(**json.loads((folder / NOTE).read_text()))
        if (folder / DATABASE[note.kind]).is_file():
            return note
    except (OSError, tarfile.TarError, EOFError, ValueError, TypeError, KeyError) as problem:
        raise BackupFailed(
            f"{source} is not a whole backup of ActionHub ({type(problem).__name__})."
        ) from problem
    raise BackupFailed(f"{source} is not a whole backup of ActionHub: it has no database.")


def copy_sqlite(database: Path, target: Path) -> None:
    """A consistent copy of a live database, by SQLite's own online backup; checked."""
    with closing(sqlite3.connect(database)) as live, closing(sqlite3.connect(target)) as copy:
        live.execute("BEGIN")  # one snapshot: a writer would restart the copy otherwise
        live.execute("SELECT count(*) FROM sqlite_master").fetchone()
        live.backup(copy, pages=_PAGES)
        live.execute("ROLLBACK")
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, no -wal beside it
    check_sqlite(target)


def check_sqlite(path: Path) -> None:
    """Raises BackupFailed unless the file is a sound database."""
    try:
        with closing(sqlite3.connect(path)) as copy:
            found = copy.execute("PRAGMA quick_check").fetchone()[0]
    except sqlite3.DatabaseError as problem:
        raise BackupFailed(f"the database in the backup is damaged: {problem}") from problem
    if found != "ok":
        raise BackupFailed(f"the database in the backup is damaged: {found}")


def dump_postgresql(url: URL, target: Path) -> None:
    """Dump a live database with pg_dump, in its custom format (one snapshot)."""
    _run("pg_dump", ["--format=custom", "--no-owner", f"--file={target}"], url)


def load_postgresql(url: URL, dump: Path) -> None:
    """Load a dump with pg_restore in one transaction: all of it or nothing."""
    options = ["--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error"]
    _run("pg_restore", [*options, str(dump)], url)


def _run(program: str, options: list[str], url: URL) -> None:
    path = shutil.which(program)
    if path is None:
        raise BackupFailed(
            f"{program} is not here. Install PostgreSQL's client programs, at least as new as "
            "the server (Debian: postgresql-client)."
        )
    plain = url.set(drivername="postgresql", password=None)
    env = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    done = subprocess.run(  # noqa: S603  (a fixed program; the password is not among its words)
        [path, f"--dbname={plain.render_as_string()}", *options],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        words = " ".join(done.stderr.split())[:400]
        raise BackupFailed(f"{program} did not succeed: {words}")


def _add_bytes(tar: tarfile.TarFile, name: str, body: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(body), 0o600
    tar.addfile(member, io.BytesIO(body))
