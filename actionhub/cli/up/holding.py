"""What one running `actionhub up` holds: its data folder and its ports."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path

from actionhub.errors import ActionHubError

LOCK_FILE = "up.lock"
#: How many ports after the wished one are tried.
TRIES = 50


class Taken(ActionHubError):
    """Another program holds the folder or the port."""


class Lock:
    """The data folder, held by one `up` at a time; the kernel frees it however we end."""

    def __init__(self, where: Path) -> None:
        where.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._fd = os.open(where / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as held:
            said = os.read(self._fd, 200).decode(errors="replace").strip() or "unknown"
            os.close(self._fd)
            raise Taken(
                f"ActionHub already runs on {where} (process and address: {said}). "
                "Stop that one first, or choose another folder with --data."
            ) from held
        self.say(str(os.getpid()))

    def say(self, words: str) -> None:
        """Leave `words` for whoever finds the folder held."""
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, words.encode(), 0)

    def release(self) -> None:
        """Give the folder free."""
        os.ftruncate(self._fd, 0)
        os.close(self._fd)


def is_free(port: int) -> bool:
    """Whether nothing listens on `port` of this machine's loopback addresses."""
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
        except OSError:
            if family == socket.AF_INET or not _lacks_ipv6():
                return False
    return True


def free_port(wished: int, *, exactly: bool = False) -> int:
    """`wished`, or the next free one after it; with `exactly` that one or Taken."""
    if exactly:
        if not is_free(wished):
            raise Taken(f"Port {wished} is taken. Choose another with --port.")
        return wished
    for port in range(wished, min(wished + TRIES, 65536)):
        if is_free(port):
            return port
    raise Taken(
        f"The ports {wished} to {wished + TRIES - 1} are all taken. Choose one with --port."
    )


def any_port() -> int:
    """A port that the system picks: two starts at the same moment get two."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _lacks_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return True
    return False
