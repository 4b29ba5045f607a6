"""The programs that `actionhub up` runs, and how each tells that it is ready."""

from __future__ import annotations

import http.client
import smtplib
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from actionhub.cli.up.group import Child

#: Web processes and their threads: by measurement, more threads only wait for each other.
WEB_WORKERS, WEB_THREADS = 2, 3
WORKER_THREADS = 4


def web(port: int, where: Path) -> Child:
    return _child(where, "web", ["granian", *server_options(port), "actionhub.cli.up.web:make_app"])


def server_options(port: int) -> list[str]:
    """Granian's options: loopback, no access log (addresses hold tokens), respawn."""
    return [
        *("--interface", "wsgi", "--factory", "--host", "127.0.0.1", "--port", str(port)),
        *("--workers", str(WEB_WORKERS), "--blocking-threads", str(WEB_THREADS), "--no-ws"),
        *("--respawn-failed-workers", "--workers-kill-timeout", "5", "--log-level", "warning"),
    ]


def worker(where: Path) -> Child:
    """Threads, not forks: no grandchildren, one import, and mail waits on the network anyway."""
    options = [
        *("--pool", "threads", "--concurrency", str(WORKER_THREADS), "--loglevel", "WARNING"),
        *("--hostname", "up@localhost", "--without-gossip", "--without-mingle"),
        "--without-heartbeat",
    ]
    return _child(where, "worker", ["celery", "-A", "worker.app", "worker", *options])


def beat(where: Path) -> Child:
    return _child(
        where,
        "beat",
        ["celery", "-A", "worker.app", "beat", "--loglevel", "WARNING", "--pidfile", ""],
    )


def mailbox(port: int, where: Path) -> Child:
    command = ["actionhub.cli.up.mailbox", str(port), str(where / "mailbox")]
    child = _child(where, "mailbox", command)
    child.last = True  # the worker may be handing it a message
    return child


def web_answers(port: int) -> bool:
    """Whether /readyz says yes."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def mailbox_answers(port: int) -> bool:
    """Whether an SMTP server greets us there."""
    with suppress(OSError, smtplib.SMTPException), smtplib.SMTP("127.0.0.1", port, timeout=2) as to:
        return to.noop()[0] == 250
    return False


def ready_file(where: Path, name: str) -> Path:
    """The file that a worker or beat leaves once it runs (see worker/app.py)."""
    return where / "run" / f"{name}.ready"


def says_ready(where: Path, name: str) -> Callable[[], bool]:
    """A check for that file, which an earlier run must not have left."""
    path = ready_file(where, name)
    path.unlink(missing_ok=True)
    return path.exists


def _child(where: Path, name: str, module: list[str]) -> Child:
    return Child(name, [sys.executable, "-m", *module], where / "logs" / f"{name}.log")
