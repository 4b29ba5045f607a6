"""A stack: database, broker, web, beat, and one worker with four processes, all our own."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import psutil

from actionhub.cli.up import programs
from tests.faults.audience import furnish
from tests.faults.databases import Database, Postgresql, Sqlite
from tests.faults.programs import Program
from tests.servers import brokers

NAMES = ("sqlite-embedded", "postgresql-redis", "postgresql-rabbitmq")
WORKERS = 4
#: Where a worker ends itself by plan; see `worker_app`.
POINTS = ("claim", "mark", "body", "commit")
SECRET = "faults-" + "s" * 40
#: Seconds that a program may take to be ready on a busy machine.
START_SECONDS = 120.0


class Broker(Protocol):
    url: str

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def empty(self) -> None: ...


class Embedded:
    """The embedded broker: a folder, which is the product's own to make."""

    url = "filesystem://"

    def __init__(self) -> None:
        self.folder: Path | None = None

    def start(self) -> None:
        if self.folder is not None and self._aside.exists():
            self.folder.unlink()  # the file that stood in its place
            self._aside.rename(self.folder)

    def stop(self) -> None:
        """Nobody can open it: a file stands where the folder was."""
        assert self.folder is not None
        self.folder.rename(self._aside)
        self.folder.write_text("no broker here")

    def empty(self) -> None:
        assert self.folder is not None
        for path in self.folder.rglob("*"):
            with suppress(OSError):
                if path.is_file():
                    path.unlink()

    @property
    def _aside(self) -> Path:
        assert self.folder is not None
        return self.folder.with_name("broker-aside")


class TookTooLong(Exception):
    """Something that had to happen did not; the row says so and fails."""


@dataclass
class Stack:
    """The servers live as long as this; the programs as long as one row, on a fresh database."""

    name: str
    folder: Path
    database: Database
    broker: Broker
    web: Program | None = None
    beat: Program | None = None
    worker: Program | None = None
    data: Path = Path()
    url: str = ""
    port: int = 0
    env: dict[str, str] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)  # programs that stay down
    worker_ready_at: float = 0.0
    worker_starts: list[tuple[float, float]] = field(default_factory=list)  # started, ready
    _each_tick: list[Callable[[], None]] = field(default_factory=list)
    _models: set[str] = field(default_factory=set)

    def model(self, members: int) -> str:
        """The name of a database with so many members, that others are copied from."""
        name = f"model_{members}"
        if name not in self._models:
            url = self.database.make(name)
            furnish(self.settings(self.folder, url, "smtp://127.0.0.1:25"), members)
            self._models.add(name)
        return name

    @property
    def programs(self) -> list[Program]:
        return [each for each in (self.web, self.beat, self.worker) if each is not None]

    def settings(self, data: Path, url: str, smtp: str, **more: str) -> dict[str, str]:
        """The environment of all programs of a row."""
        self.data, self.url, self.port = data, url, brokers.free_port()
        kept = {name: value for name, value in os.environ.items() if "ACTIONHUB_" not in name}
        self.env = {
            **kept,
            "ACTIONHUB_DATABASE_URL": url,
            "ACTIONHUB_BROKER_URL": self.broker.url,
            "ACTIONHUB_SMTP_URL": smtp,
            "ACTIONHUB_SECRET_KEY": SECRET,
            "ACTIONHUB_BASE_URL": f"http://127.0.0.1:{self.port}",
            "ACTIONHUB_DATA_DIR": str(data),
            "ACTIONHUB_ORGANIZATION": "Faults",
            "ACTIONHUB_MAIL_FROM": "faults@example.org",
            "ACTIONHUB_POSTAL_ADDRESS": "1 Main Street, Springfield",
            "ACTIONHUB_TRUSTED_PROXIES": "1",
            "ACTIONHUB_SIGNING_LIMIT": "30/minute;300/hour",
            "FAULTS_PLAN": str(data / "plan"),
            "PYTHONUNBUFFERED": "1",
            **more,
        }
        if isinstance(self.broker, Embedded):
            self.broker.folder = data / "broker"
        return self.env

    def start(self, worker_env: dict[str, str] | None = None) -> None:
        """Start web, beat and worker; back when all three are ready."""
        assert not self.programs, "the last row's programs are still there"
        self.down.clear()
        self.worker_starts.clear()
        logs = self.folder / "logs" / self.data.name
        python = [sys.executable, "-m"]
        web = [*python, "granian", *programs.server_options(self.port)]
        beat = [*python, "celery", "-A", "worker.app", "beat", "--loglevel", "WARNING"]
        worker = [*python, "celery", "-A", "tests.faults.worker_app", "worker", "--pool", "prefork"]
        worker += ["--concurrency", str(WORKERS), "--loglevel", "WARNING", "--without-gossip"]
        worker += ["--without-mingle", "--without-heartbeat", "--hostname", "faults@localhost"]
        self.web = self._program("web", [*web, "actionhub.cli.up.web:make_app"], logs)
        self.beat = self._program("beat", [*beat, "--pidfile", ""], logs)
        self.worker = self._program("worker", worker, logs)
        self.worker.env |= worker_env or {}
        for program in self.programs:
            self._start(program)
        self.until(lambda: programs.web_answers(self.port), "the web server", START_SECONDS)
        self.until(lambda: self.worker_ready_at > 0, "the worker", START_SECONDS)

    def stop(self) -> None:
        """End the row's programs."""
        for program in self.programs:
            program.stop()
        self.web = self.beat = self.worker = None
        self._each_tick.clear()

    def main_process(self) -> int:
        """The worker's own process, whose children send; at need it sends, too."""
        assert self.worker is not None
        assert self.worker.process is not None
        return self.worker.process.pid

    def workers(self) -> list[psutil.Process]:
        """The four processes that send, or as many as live; not the helper of a lonely worker."""
        return [] if self.worker is None else [c for c in self.worker.children() if _is_forked(c)]

    def each_tick(self, do: Callable[[], None]) -> None:
        """Have something done again and again while the row waits."""
        self._each_tick.append(do)

    def tend(self) -> None:
        """Restart who died, as a service manager does, but for those in `down`."""
        for program in self.programs:
            if not program.alive and program.name not in self.down:
                program.kill()  # what it may have left behind
                self._start(program)
        ready = programs.ready_file(self.data, "worker")
        if self.worker is not None and not self.worker_ready_at and ready.exists():
            self.worker_ready_at = time.monotonic()
            self.worker_starts.append((self.worker.started_at, self.worker_ready_at))
        for do in self._each_tick:
            do()

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.tend()
            time.sleep(min(0.02, left))

    def until(self, true: Callable[[], object], what: str, seconds: float) -> None:
        """Let time pass until something holds. Raises TookTooLong."""
        end = time.monotonic() + seconds
        while not true():
            if time.monotonic() > end:
                raise TookTooLong(f"{what} did not happen within {seconds:.0f} s")
            self.wait(0.1)

    def _start(self, program: Program) -> None:
        if program.name in ("worker", "beat"):
            programs.ready_file(self.data, program.name).unlink(missing_ok=True)
        if program.name == "worker":
            self.worker_ready_at = 0.0
        program.start()

    def _program(self, name: str, command: list[str], logs: Path) -> Program:
        return Program(name, command, self.env, logs / f"{name}.log")


@contextmanager
def stack(name: str, keep: Path | None = None) -> Iterator[Stack]:
    """The servers of a stack, in a private folder; any number of these may run side by side."""
    folder = keep or Path(tempfile.mkdtemp(prefix=f"actionhub-faults-{name}-"))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # PostgreSQL's user has to get in
    kind, _, carrier = name.partition("-")
    opened: list[Any] = []
    try:
        database: Database = Postgresql(folder) if kind == "postgresql" else Sqlite(folder)
        opened.append(database.stop)
        broker: Broker = _broker(carrier, folder / "carrier", opened)
        found = Stack(name, folder, database, broker)
        opened.append(found.stop)
        yield found
    finally:
        for close in reversed(opened):
            close()
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def _is_forked(child: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return "drain" not in child.cmdline()
    return False


def _broker(carrier: str, folder: Path, opened: list[Any]) -> Broker:
    if carrier == "embedded":
        return Embedded()
    server = brokers.Redis(folder) if carrier == "redis" else brokers.Rabbitmq(folder)
    opened.append(server.close if isinstance(server, brokers.Rabbitmq) else server.stop)
    server.start()
    return server
