"""`actionhub up`: one group that starts together, heals itself, and leaves no process behind."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.servers import installation
from tests.servers.brokers import free_port, until

pytestmark = pytest.mark.servers

ACTIONHUB = str(Path(sys.executable).with_name("actionhub"))


def test_it_says_where_to_look_keeps_its_data_and_heals_itself(tmp_path: Path) -> None:
    """One start looked at from all sides, and a second one in the same folder: starts are slow."""
    folder = tmp_path / "data"
    with installation.up(folder) as first:
        [line] = [line for line in first.said.splitlines() if "is ready" in line]
        assert f"{first.address}/mailbox" in line
        assert f"{first.address}/organize/enter/" in line
        settings = folder / "local-settings.json"
        assert stat.S_IMODE(settings.stat().st_mode) == 0o600
        kept = settings.read_text()
        a_login_link_opens_the_workspace(first)
        it_listens_on_loopback_only(first)
        a_second_one_on_the_same_folder_is_refused(first)
    with installation.up(folder) as again:
        assert settings.read_text() == kept
        a_crashed_child_starts_again(again)


def a_login_link_opens_the_workspace(running: installation.Installation) -> None:
    path = running.said.split("/organize/enter/")[1].split()[0]
    with running.web() as web:
        assert web.get("/").status_code == 200
        assert web.get(f"/organize/enter/{path}").status_code == 200


def it_listens_on_loopback_only(running: installation.Installation) -> None:
    ours = {inode for pid in running.processes() for inode in sockets_of(pid)}
    listening = {address for address, inode in listeners() if inode in ours}
    assert listening
    assert listening <= {"0100007F"}  # 127.0.0.1, as /proc writes it


def a_second_one_on_the_same_folder_is_refused(running: installation.Installation) -> None:
    second = subprocess.run(
        [ACTIONHUB, "up"], env=running.env, capture_output=True, text=True, timeout=60
    )
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert "already runs on" in second.stderr


def a_crashed_child_starts_again(running: installation.Installation) -> None:
    beat = the_child(running.processes(), "beat")
    os.kill(beat, signal.SIGKILL)
    until(lambda: the_child(running.processes(), "beat") not in {0, beat}, "a new beat", 20)
    web = the_child(running.processes(), "granian")
    os.kill(web, signal.SIGKILL)

    def answers() -> bool:
        with suppress(httpx.TransportError), running.web() as client:
            return client.get("/readyz").status_code == 200
        return False

    until(lambda: the_child(running.processes(), "granian") not in {0, web}, "a new web", 20)
    until(answers, "an answer of the new web", 30)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_it(tmp_path: Path, how: signal.Signals) -> None:
    with installation.up(tmp_path / "data") as running:
        assert len(running.processes()) >= 7  # the supervisor, 4 children, 2 web workers
        running.process.send_signal(how)
        running.process.wait(timeout=20)
        until(lambda: running.processes() == set(), "the end of every process", 10)
        if how is not signal.SIGKILL:
            assert running.process.returncode == 0


def test_a_taken_port_gets_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [ACTIONHUB, "up", "--port", port, "--data", str(tmp_path / "data")],
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 1
    assert done.stderr == f"Error: Port {port} is taken. Choose another with --port.\n"


def test_a_bad_setting_is_named_with_its_mend(tmp_path: Path) -> None:
    done = subprocess.run(
        [ACTIONHUB, "up", "--port", str(free_port()), "--data", str(tmp_path / "data")],
        env=clean_environment() | {"ACTIONHUB_SECRET_KEY": "short"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ACTIONHUB_SECRET_KEY: a key is shorter than 32")
    assert "Traceback" not in done.stderr


def clean_environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("ACTIONHUB_")}


def the_child(pids: set[int], word: str) -> int:
    """The oldest of the processes whose command line holds `word`; 0 if there is none."""
    found = []
    for pid in pids:
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if word.encode() in words:
            found.append(pid)
    return min(found, default=0)


def sockets_of(pid: int) -> set[str]:
    """The inodes of a process's sockets."""
    found = set()
    for path in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            target = str(path.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            found.add(target[8:-1])
    return found


def listeners() -> set[tuple[str, str]]:
    """Every listening TCP socket: its address as /proc writes it, and its inode."""
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            parts = line.split()
            if parts[3] == "0A":
                found.add((parts[1].split(":")[0], parts[9]))
    return found
