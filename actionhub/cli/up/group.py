"""One supervised group of processes: started together, restarted alone, stopped to the last."""

from __future__ import annotations

import os
import re
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from actionhub.processes import die_with_parent

#: Seconds before a crashed child starts again: doubled each time, up to the last.
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
#: A child that lived this long is forgiven its earlier crashes.
FORGIVEN_AFTER = 60.0
#: Seconds a child may take to stop before its whole process group is killed.
PATIENCE = 8.0
#: A log is set aside as `.1` beyond this many bytes.
LOG_BYTES = 20_000_000

_PROBLEM = re.compile(r"\b(error|critical)\b|\[ERROR\]|\[CRITICAL\]|Traceback", re.IGNORECASE)


@dataclass
class Child:
    """One program of the group. `last` ones are stopped when the others are gone."""

    name: str
    command: Sequence[str]
    log: Path
    last: bool = False
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    crashes: int = 0
    start_at: float = 0.0
    read_to: int = field(default=0, repr=False)

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Group:
    """Starts children each in a session of its own, bound to our life by the kernel.

    Single-threaded on purpose: a child dies with the *thread* that forked it.
    """

    def __init__(
        self, children: Sequence[Child], env: Mapping[str, str], say: Callable[[str], None]
    ) -> None:
        self.children, self._env, self._say = list(children), dict(env), say
        self.stops = 0  # how often we were asked to stop
        self._near, self._far = socket.socketpair()
        for end in (self._near, self._far):
            end.setblocking(False)

    def listen(self) -> None:
        """Take over the signals: one stop request ends us cleanly, a second one at once."""
        signal.set_wakeup_fd(self._far.fileno(), warn_on_full_buffer=False)
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, self._asked)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def start(self) -> None:
        for child in self.children:
            self._start(child)

    def wait(self, seconds: float) -> None:
        """Sleep until a signal or `seconds`; then restart who crashed and show problems."""
        select.select([self._near], [], [], seconds)
        with suppress(BlockingIOError):
            while self._near.recv(512):
                pass
        for child in self.children:
            self._look_after(child)

    def stop(self) -> None:
        """End every child: asked first, killed with its whole group when it does not listen."""
        for late in (False, True):
            some = [child for child in self.children if child.last is late]
            for child in some:
                _signal(child, signal.SIGTERM)
            until = time.monotonic() + PATIENCE
            while any(child.alive for child in some) and time.monotonic() < until:
                if self.stops > 1:
                    break
                time.sleep(0.05)
            for child in some:
                _kill_group(child)

    def tail(self, child: Child, lines: int = 5) -> str:
        """The last lines of a child's log."""
        try:
            return "\n".join(child.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""

    def _asked(self, *_signal: object) -> None:
        self.stops += 1

    def _start(self, child: Child) -> None:
        child.log.parent.mkdir(parents=True, exist_ok=True)
        parent = os.getpid()
        with child.log.open("ab") as log:
            child.read_to = log.tell()
            child.process = subprocess.Popen(  # noqa: S603  (our own programs)
                child.command,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(signal.SIGKILL, parent),
            )
        child.started_at = time.monotonic()

    def _look_after(self, child: Child) -> None:
        self._show_problems(child)
        if child.alive or self.stops:
            return
        moment = time.monotonic()
        if child.process is not None:
            code = child.process.returncode
            _kill_group(child)  # what it may have left behind
            child.process = None
            if moment - child.started_at > FORGIVEN_AFTER:
                child.crashes = 0
            wait = min(FIRST_WAIT * 2**child.crashes, LONGEST_WAIT)
            child.crashes += 1
            child.start_at = moment + wait
            self._say(
                f"{child.name}: ended ({_why(code)}); starts again in {wait:g} s. {child.log}"
            )
        elif moment >= child.start_at:
            self._start(child)

    def _show_problems(self, child: Child) -> None:
        with suppress(OSError):
            size = child.log.stat().st_size
            if size > child.read_to:
                with child.log.open("rb") as log:
                    log.seek(child.read_to)
                    fresh = log.read(65536)
                child.read_to += len(fresh)
                for line in fresh.decode(errors="replace").splitlines():
                    if _PROBLEM.search(line):
                        self._say(f"{child.name}: {line[:300]}")
            if size > LOG_BYTES:
                child.log.with_suffix(".log.1").write_bytes(child.log.read_bytes())
                os.truncate(child.log, 0)
                child.read_to = 0


def _why(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit {code}"


def _signal(child: Child, name: signal.Signals) -> None:
    if child.alive and child.process is not None:
        with suppress(ProcessLookupError):
            child.process.send_signal(name)


def _kill_group(child: Child) -> None:
    """Kill what is left of a child's session, grandchildren too, and reap it."""
    if child.process is None:
        return
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.process.pid, signal.SIGKILL)
    child.process.wait()
