"""What runs have shown: kept one a row and stack in a small file, told in docs/faults.md."""

from __future__ import annotations

import fcntl
import json
import os
import platform
import subprocess
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.faults.judging import Verdict
from tests.faults.programs import ROOT

RESULTS = ROOT / "docs" / "faults" / "results.json"
TABLE = ROOT / "docs" / "faults.md"


def keep(verdict: Verdict) -> None:
    """Keep a verdict in the place of an earlier one on the same row and stack."""
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    with RESULTS.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # stacks may run side by side
        file.seek(0)
        text = file.read()
        found: dict[str, Any] = json.loads(text) if text else {}
        found[f"{verdict.row} on {verdict.stack}"] = {
            **asdict(verdict),
            "seconds": round(verdict.seconds, 1),
            "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
            "commit": _commit(),
            "machine": _machine(),
        }
        file.seek(0)
        file.truncate()
        file.write(json.dumps(found, indent=1, sort_keys=True) + "\n")


def write_table() -> None:
    """Write docs/faults.md from what is kept."""


def _commit() -> str:
    """The short name of the commit that ran; with a plus if something was not committed."""
    run = ["git", "-C", str(ROOT)]
    try:
        name = subprocess.check_output([*run, "rev-parse", "--short", "HEAD"], text=True).strip()
        kept = ["--", "actionhub", "worker", "tests", "templates"]
        dirty = subprocess.check_output([*run, "status", "--porcelain", *kept], text=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{name}+" if dirty.strip() else name


def _machine() -> str:
    model = "an unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores of {model}, {memory:.0f} GiB, "
        f"Linux {platform.release()}, Python {platform.python_version()}"
    )
