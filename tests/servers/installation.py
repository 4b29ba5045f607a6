"""A whole installation for tests: `actionhub up` as its own process, seen from outside."""

from __future__ import annotations

import email
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import TypeVar, cast

import httpx

from actionhub import config
from actionhub.app import create_app
from actionhub.cli import local
from actionhub.extensions import db
from tests.servers.brokers import free_port, until

R = TypeVar("R")


@dataclass
class Installation:
    """A running `up`: its data folder, its address, and its supervisor."""

    folder: Path
    address: str
    process: subprocess.Popen[str]
    env: dict[str, str]
    said: str

    def web(self) -> httpx.Client:
        return httpx.Client(base_url=self.address, timeout=20)

    def mails(self, to: str) -> list[EmailMessage]:
        """What the local mailbox took for one address, oldest first."""
        kept = [
            cast(EmailMessage, email.message_from_bytes(path.read_bytes(), policy=default))
            for path in sorted((self.folder / "mailbox").glob("[0-9]*.eml"))
        ]
        return [message for message in kept if to in message.get_all("Delivered-To", [])]

    def mail(self, to: str, number: int, seconds: float = 30.0) -> EmailMessage:
        """The `number`th message to an address, waited for."""
        until(lambda: len(self.mails(to)) >= number, f"mail {number} to {to}", seconds)
        return self.mails(to)[number - 1]

    def inside(self, work: Callable[[], R]) -> R:
        """Run `work` in an app on the same settings, and commit."""
        app = create_app(config.from_environment(local.complete(self.env)))
        with app.app_context():
            try:
                result = work()
                db.session.commit()
                return result
            finally:
                db.session.remove()
                db.engine.dispose()

    def processes(self) -> set[int]:
        """Every process of ours that lives, told by its environment: children's children too."""
        return alive_with(str(self.folder))


def alive_with(mark: str) -> set[int]:
    """The processes whose environment holds `mark` (Linux's /proc), zombies left out."""
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark.encode() in (path / "environ").read_bytes():
                found.add(int(path.name))
    return found - {os.getpid()}


@contextmanager
def up(folder: Path, *options: str, **settings: str) -> Iterator[Installation]:
    """`actionhub up` on `folder`, ready; stopped at the end if it still runs."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ACTIONHUB_")}
    env = {**kept, **settings, "ACTIONHUB_DATA_DIR": str(folder)}
    if "--port" not in options:
        options = (*options, "--port", str(free_port()))
    log = folder.with_suffix(".console")
    with log.open("w") as console:
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("actionhub")), "up", *options],
            env=env,
            stdout=console,
            stderr=console,
            text=True,
            start_new_session=True,
        )
    try:
        until(
            lambda: "is ready" in log.read_text() or process.poll() is not None,
            "`actionhub up`",
            120,
        )
        said = log.read_text()
        address = re.search(r"is ready: (http://\S+?)/?\s", said)
        assert address, f"`actionhub up` did not start: {said}"
        yield Installation(folder, address[1], process, env, said)
    finally:
        stop(process)
        assert alive_with(str(folder)) == set()


def stop(process: subprocess.Popen[str], seconds: float = 30.0) -> int:
    """Ask as Ctrl-C does; its exit code."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        return process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise
