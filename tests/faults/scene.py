"""One row on its stage: a fresh database, the sink, the programs, people who sign, the faults."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError

from tests.faults import audience, counting
from tests.faults.counting import Books, Counts, Journal, Letterbox
from tests.faults.databases import Sqlite
from tests.faults.programs import Program
from tests.faults.sink.orders import Orders
from tests.faults.stack import POINTS, Stack, TookTooLong
from tests.servers.brokers import free_port

#: What libfaketime reads the time from, in a stack's folder.
CLOCK_FILE = "clock"
LIBFAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"

#: Emails that must be left for a fault to have something to hit.
ENOUGH = 4
#: Seconds after the last thing that was to happen until what still waits counts as stuck.
QUIET_SECONDS = 60.0
LONGEST_WAIT = 3600.0


@dataclass(frozen=True)
class Setting:
    """How a row is set up."""

    members: int = 10_000
    divide: float = 20.0
    pace: float = 0.03  # seconds that a message takes at the sink, at least
    resolver: bool = False
    pipelining: bool = True
    signers: float = 4.0  # a second
    disk: int = 0  # megabytes that all data have, on a disk of their own; 0: the machine's
    fake: bool = False  # whether the workers' clock can be moved


@dataclass
class Bound:
    """One thing that must hold, the figure that was found, and whether it does."""

    what: str
    found: str
    holds: bool


@dataclass
class Scene:
    """What a row's fault has in its hands."""

    stack: Stack
    setting: Setting
    sink: Orders
    books: Books
    journal_path: Path
    signers_log: Path
    say: Callable[[str], None]
    follow_up: int = 0
    signers: Program | None = None
    bounds: list[Bound] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    justified: Callable[[Letterbox], bool] = lambda _email: False
    counts: Counts = field(default_factory=Counts)
    journal: Journal = field(default_factory=Journal)

    def bound(self, what: str, found: object, holds: bool) -> None:
        """Judge one thing of the row's own."""
        self.bounds.append(Bound(what, str(found), holds))

    def note(self, words: str) -> None:
        """Something to print with the row, judged by nobody."""
        self.notes.append(words)
        self.say(words)

    def divided(self, seconds: float) -> float:
        """A duration of the table, as this row runs it."""
        return seconds / self.setting.divide

    def wait(self, seconds: float) -> None:
        self.stack.wait(seconds)

    def until(self, true: Callable[[], object], what: str, seconds: float = 120.0) -> None:
        self.stack.until(true, what, seconds)

    def until_accepted(self, number: int, seconds: float = 300.0) -> None:
        """Wait until the sink has accepted so many."""
        self.until(lambda: self.sink.accepted() >= number, f"{number} acceptances", seconds)

    def left(self) -> int:
        """How many members' emails the sink has not seen yet, about."""
        return self.setting.members - self.sink.accepted()

    def still_mailing(self) -> bool:
        """Whether there is mail enough for the next fault to hit; says so once if not."""
        if self.left() > ENOUGH:
            return True
        if not any(bound.what.startswith("the mail outlasts") for bound in self.bounds):
            self.bound("the mail outlasts the faults", "it ran out", False)
        return False

    def mail_lasts(self, seconds: float) -> None:
        """Set the pace so that what is left lasts so long, at the four processes' full speed."""
        self.sink.pace(max(seconds * 4 / max(self.left(), 1), 0.005))

    def answers(self) -> list[dict[str, Any]]:
        return counting.read_signers(self.signers_log)

    def finish(self, seconds: float = 900.0) -> None:
        """The faults are over: let all that waits go out, and count.

        Quiet is when no row waits any more, or when nothing has moved for a while though none of
        them had to wait.
        """
        self.sink.pace(0.0)
        if self.signers is not None and self.signers.alive:
            with suppress(TookTooLong):  # people go on signing while most of the mail goes out
                self.until(lambda: self.left() < self.setting.members / 10, "most of the mail", 90)
            self.signers.stop()
        end, moved_at, before = time.monotonic() + seconds, time.monotonic(), Counter[str]()
        while time.monotonic() < end:
            states = self._states()
            waiting = sum(n for s, n in states.items() if s not in counting.FINISHED_STATES)
            if states and not waiting and self._all_queued():
                break
            if states != before or self._waits_for_its_time():
                before, moved_at = states, time.monotonic()
            if time.monotonic() - moved_at > QUIET_SECONDS:
                self.note(f"nothing moves any more: {dict(states)}")
                break
            self.wait(0.5)
        else:
            self.note(f"still not quiet after {seconds:.0f} s: {dict(before)}")
        self.wait(1.0)  # the last commits, and the last lines of the journal
        self.count()

    def count(self) -> None:
        """Read the journal and the database as they stand."""
        self.journal = Journal.read(self.journal_path)
        self.counts = counting.count(
            self.books,
            self.journal,
            self.answers(),
            follow_up=self.follow_up,
            members=self.setting.members,
            justified=self.justified,
        )

    def _states(self) -> Counter[str]:
        with suppress(DBAPIError):
            return self.books.states()
        return Counter()

    def _all_queued(self) -> bool:
        with suppress(DBAPIError):
            where = "WHERE key LIKE 'followup:%'"
            queued = sum(
                self.books.all(f"SELECT count(*) FROM {table} {where}")[0][0]
                for table in ("emails", "email_archive")
            )
            return bool(queued >= self.setting.members)
        return False

    def _waits_for_its_time(self) -> bool:
        """Whether an email was put off until a time ahead: an hour at most, else it is lost."""
        with suppress(DBAPIError):
            rows = self.books.all(
                "SELECT max(due_at) FROM emails WHERE state IN ('deferred', 'unknown')"
            )
            return rows[0][0] is not None and 0 < _seconds_ahead(rows[0][0]) < LONGEST_WAIT
        return False


def _seconds_ahead(moment: Any) -> float:
    if isinstance(moment, str):  # SQLite keeps text
        moment = datetime.fromisoformat(moment)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return float((moment - datetime.now(UTC)).total_seconds())


@contextmanager
def scene(stack: Stack, name: str, setting: Setting, say: Callable[[str], None]) -> Iterator[Scene]:
    """A row's stage, from the fresh database to the running follow-up; gone at the end."""
    folder, notes = stack.folder / name, stack.folder / f"{name}.sink"
    shutil.rmtree(notes, ignore_errors=True)
    notes.mkdir()
    with ExitStack() as closing:
        if setting.disk:
            closing.enter_context(_small_disk(folder, setting.disk))
        for point in POINTS:
            (folder / "plan" / point).mkdir(parents=True, exist_ok=True)
        smtp, http = free_port(), free_port()
        orders = _sink(closing, stack, notes, [str(smtp), str(http)], setting)
        url = _database(closing, stack, folder, setting)
        books = Books(url)
        env = stack.settings(folder, url, _smtp(smtp), **_settings(setting, http))
        closing.callback(stack.stop)
        stack.start(_fake_clock(stack) if setting.fake else {})
        signers_log = notes / "signers"
        found = Scene(stack, setting, orders, books, notes / "journal", signers_log, say)
        found.follow_up = audience.start_follow_up(env)
        if setting.signers:
            arguments = [str(stack.port), audience.SLUG, str(setting.signers), f"{name}-"]
            found.signers = _python("signers", [*arguments, str(signers_log)], notes)
            closing.callback(found.signers.stop)
            found.signers.start()
        yield found


def _sink(
    closing: ExitStack, stack: Stack, notes: Path, ports: list[str], setting: Setting
) -> Orders:
    control = notes / "control"
    more = [str(control), str(notes / "journal"), str(int(setting.pipelining))]
    program = _python("sink", [*ports, *more], notes)
    closing.callback(program.kill)
    program.start()
    stack.until(control.exists, "the sink", 30)
    orders = Orders(control)
    closing.callback(orders.close)
    orders.pace(setting.pace)
    return orders


def _database(closing: ExitStack, stack: Stack, folder: Path, setting: Setting) -> str:
    """The address of a fresh database with the members in it."""
    name, model = folder.name.replace("-", "_"), stack.model(setting.members)
    if setting.disk and isinstance(stack.database, Sqlite):
        return stack.database.fresh_in(folder, name, model)
    closing.callback(stack.database.drop, name)
    return stack.database.fresh(name, model)


@contextmanager
def _small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    """A folder with a disk of its own, in memory. Only root may do that."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "faults"]
    subprocess.run(["mount", *options, str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _fake_clock(stack: Stack) -> dict[str, str]:
    """What makes a worker read its wall clock from a file, and its monotonic one as it is."""
    if not Path(LIBFAKETIME).exists():
        raise RuntimeError("no libfaketime here (Debian: apt-get install libfaketime)")
    clock = stack.folder / CLOCK_FILE
    clock.write_text("+0\n")
    path = [str(Path(__file__).parent / "clock"), os.environ.get("PYTHONPATH", "")]
    return {
        "PYTHONPATH": os.pathsep.join(filter(None, path)),
        "LD_PRELOAD": LIBFAKETIME,
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",  # seconds
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }


def _smtp(port: int) -> str:
    return f"smtp://faults:secret@127.0.0.1:{port}?starttls=off"


def _settings(setting: Setting, http: int) -> dict[str, str]:
    more = {"ACTIONHUB_FAULTS_DIVIDE": f"{setting.divide:g}"}
    if setting.resolver:
        more["ACTIONHUB_SMTP_EVIDENCE_URL"] = f"http://127.0.0.1:{http}/accepted/{{message_id}}"
    return more


def _python(name: str, arguments: list[str], notes: Path) -> Program:
    command = [sys.executable, "-m", f"tests.faults.{name}", *arguments]
    return Program(name, command, os.environ, notes / f"{name}.log")
