"""Which process talks to us: from the port of its end to its number (Linux's /proc)."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def process_at(port: int, ours: int) -> int | None:
    """The process whose end of a loopback connection to our port `ours` is `port`.

    A forked child holds its parent's connections too: the oldest holder is the one who opened it.
    """
    inode = _inode(port, ours)
    if inode is None:
        return None
    wanted = f"socket:[{inode}]"
    holders = [pid for pid in _processes() if _holds(pid, wanted)]
    oldest = min(holders, key=_started, default=None)
    return None if oldest is None else int(oldest.name)


def _inode(port: int, ours: int) -> str | None:
    near, far = f"0100007F:{port:04X}", f"0100007F:{ours:04X}"
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1] == near and fields[2] == far:
            return fields[9]
    return None


def _processes() -> list[Path]:
    return [path for path in Path("/proc").iterdir() if path.name.isdigit()]


def _holds(process: Path, wanted: str) -> bool:
    with suppress(OSError):
        for descriptor in (process / "fd").iterdir():
            with suppress(OSError):
                if str(descriptor.readlink()) == wanted:
                    return True
    return False


def _started(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[19])
    except OSError:
        return 1 << 62
