"""Programs of a stack: each a session of its own, bound to our life, killed to the last child."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from actionhub.processes import die_with_parent

ROOT = Path(__file__).parents[2]


class Program:
    """One program. Start it from the main thread only: it dies with the thread that forked it."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        env: Mapping[str, str],
        log: Path,
        user: str | None = None,
    ) -> None:
        self.name, self.command, self.env, self.log = name, list(command), dict(env), log
        self.user = user
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.starts = 0

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        parent = os.getpid()
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                env=self.env,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                user=self.user,
                preexec_fn=lambda: die_with_parent(signal.SIGKILL, parent),
            )
        self.started_at = time.monotonic()
        self.starts += 1

    def children(self) -> list[psutil.Process]:
        """The direct children, oldest first."""
        with suppress(psutil.NoSuchProcess):
            if self.process is not None:
                found = psutil.Process(self.process.pid).children()
                return sorted(found, key=lambda child: child.create_time())
        return []

    def kill(self) -> None:
        """SIGKILL to it and to all it has started, at once."""
        if self.process is None:
            return
        family: list[psutil.Process] = []
        with suppress(psutil.NoSuchProcess):
            family = psutil.Process(self.process.pid).children(recursive=True)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        for child in family:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        self.process.wait()

    def stop(self, patience: float = 10.0) -> None:
        """Ask it to end; kill what does not listen."""
        if self.process is None:
            return
        if self.alive:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=patience)
        self.kill()

    def tail(self, lines: int = 15) -> str:
        """The end of its log."""
        with suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        return ""
