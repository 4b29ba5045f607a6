"""A forking worker whom nobody wakes: a helper beside it sends, and it holds no database itself."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from flask import Flask

from actionhub import config
from actionhub.app import create_app
from actionhub.broker import make_celery
from actionhub.extensions import db
from actionhub.outbox.models import EmailState
from tests.mail import Sink, listening
from tests.outbox.people import state_of, write_to
from tests.servers.brokers import until

pytestmark = pytest.mark.servers


def environment(folder: Path, smtp: int) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ACTIONHUB_")}
    return kept | {
        "ACTIONHUB_DATABASE_URL": f"sqlite:///{folder / 'lonely.db'}",
        "ACTIONHUB_BROKER_URL": "filesystem://",
        "ACTIONHUB_SMTP_URL": f"smtp://127.0.0.1:{smtp}?starttls=off",
        "ACTIONHUB_SECRET_KEY": "lonely-" + "k" * 40,
        "ACTIONHUB_BASE_URL": "http://localhost",
        "ACTIONHUB_DATA_DIR": str(folder),
        "ACTIONHUB_ORGANIZATION": "Workers",
        "ACTIONHUB_MAIL_FROM": "us@example.org",
        "ACTIONHUB_POSTAL_ADDRESS": "1 Main Street, Springfield",
        "ACTIONHUB_FAULTS_DIVIDE": "20",  # so that 45 s of silence are soon over
    }


def migrate(env: dict[str, str]) -> None:
    command = [sys.executable, "-m", "actionhub", "migrate"]
    subprocess.run(command, env=env, check=True, capture_output=True)


def silent_app(env: dict[str, str]) -> Flask:
    """An app on the same database whose wake-ups reach nobody."""
    told = config.from_environment(env)
    return create_app(replace(told, broker_url="memory://localhost", testing=True))


def has_open(process: psutil.Process, name: str) -> bool:
    return any(name in file.path for file in process.open_files())


@contextmanager
def worker(env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "celery", "-A", "worker.app", "worker"]
    command += ["--pool", "prefork", "--concurrency", "1", "--loglevel", "WARNING"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=env, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def helpers(of: subprocess.Popen[bytes]) -> list[psutil.Process]:
    found = []
    for child in psutil.Process(of.pid).children():
        with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            found += [child] if "drain" in child.cmdline() else []
    return found


def test_a_helper_sends_and_ends_with_its_worker(tmp_path: Path) -> None:
    sink, log = Sink(), tmp_path / "worker.log"
    with listening(sink) as port:
        env = environment(tmp_path, port)
        migrate(env)
        app = silent_app(env)
        with app.app_context():
            write_to("ada@example.org")
            db.session.remove()
            db.engine.dispose()
        with worker(env, log) as alone:
            until(lambda: len(sink.messages) == 1, "the mail that nobody woke us for", 60.0)
            (helper,) = helpers(alone)
            assert not has_open(psutil.Process(alone.pid), "lonely.db"), "it forks"
            helper.kill()
            until(lambda: helpers(alone) not in ([], [helper]), "another helper", 30.0)
            (helper,) = helpers(alone)
            alone.send_signal(signal.SIGTERM)
            assert alone.wait(60.0) == 0, log.read_text()
            assert not helper.is_running()
    assert "nobody_wakes_us" in log.read_text()


def test_a_worker_outlasts_an_embedded_broker_that_is_away(tmp_path: Path) -> None:
    """Its folder cannot be had: the worker tries on, a helper sends, and ends when it is back."""
    sink, log, broker = Sink(), tmp_path / "worker.log", tmp_path / "broker"
    with listening(sink) as port:
        env = environment(tmp_path, port)
        migrate(env)
        app = silent_app(env)
        ready = tmp_path / "run" / "worker.ready"
        with worker(env, log) as alone:
            until(ready.exists, "the worker", 60.0)
            broker.rename(tmp_path / "aside")
            broker.write_text("in the way")
            with app.app_context():
                write_to("ada@example.org")
                db.session.remove()
                db.engine.dispose()
            until(lambda: len(sink.messages) == 1, "the mail", 60.0)
            assert alone.poll() is None, log.read_text()
            broker.unlink()

            def heard() -> bool:
                make_celery("filesystem://", tmp_path).send_task("actionhub.outbox.sweep")
                return not helpers(alone)

            until(heard, "the end of the helper", 90.0)
            assert alone.poll() is None


def test_a_helper_does_not_outlive_a_worker_that_is_killed(tmp_path: Path) -> None:
    env = environment(tmp_path, 1)
    migrate(env)
    with worker(env, tmp_path / "worker.log") as alone:
        until(lambda: helpers(alone), "a helper", 60.0)
        (helper,) = helpers(alone)
        until(lambda: has_open(helper, "lonely.db"), "its first look", 60.0)
        alone.kill()
        alone.wait()
        until(lambda: not helper.is_running(), "the end of it", 30.0)


class SlowSink(Sink):
    """It takes a while to answer the final dot."""

    async def handle_DATA(  # noqa: N802
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        answer = await super().handle_DATA(server, session, envelope)
        await asyncio.sleep(3.0)
        return answer


def test_a_child_forked_anew_finishes_its_message_when_the_worker_is_stopped(
    tmp_path: Path,
) -> None:
    """A replacement is forked as the first was: the stop ends neither with a message in hand."""
    sink, log = SlowSink(), tmp_path / "worker.log"
    with listening(sink) as port:
        env = environment(tmp_path, port) | {"ACTIONHUB_FAULTS_DIVIDE": "1"}
        migrate(env)
        app = silent_app(env)
        with worker(env, log) as alone:
            until((tmp_path / "run" / "worker.ready").exists, "the worker", 60.0)
            (first,) = psutil.Process(alone.pid).children()
            first.kill()

            def another() -> bool:
                found = psutil.Process(alone.pid).children()
                return bool(found) and found[0].pid != first.pid

            until(another, "another child", 30.0)
            with app.app_context():
                number = write_to("ada@example.org")
                db.session.remove()
            make_celery("filesystem://", tmp_path).send_task("actionhub.outbox.send")
            until(lambda: len(sink.messages) == 1, "the message", 30.0)
            alone.send_signal(signal.SIGTERM)
            assert alone.wait(60.0) == 0, log.read_text()
            with app.app_context():
                assert state_of(number) is EmailState.SENT, log.read_text()
                db.session.remove()
                db.engine.dispose()
