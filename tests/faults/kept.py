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

from tests.faults.judging import ALWAYS, Verdict
from tests.faults.programs import ROOT
from tests.faults.rows import ROWS, Row
from tests.faults.stack import NAMES

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
        lines = [f"{json.dumps(key)}: {json.dumps(found[key])}" for key in sorted(found)]
        file.write("{\n" + ",\n".join(lines) + "\n}\n")  # a line a run: easy to compare


def write_table() -> None:
    """Write docs/faults.md from what is kept: a table a stack, the rows in their order."""
    found: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    parts = [_INTRODUCTION]
    for name in NAMES:
        lines = [f"## {name}", "", _HEAD, "|---|---|---|---|---|---|---|---|---|"]
        for row in ROWS.values():
            lines.append(_line(row, name, found.get(f"{row.name} on {name}")))
        machines = sorted({run["machine"] for run in found.values() if run["stack"] == name})
        lines += ["", *(f"Machine: {machine}." for machine in machines)]
        parts.append("\n".join(lines))
    TABLE.write_text("\n\n".join(parts).rstrip() + "\n")


_HEAD = "| row | fault | L | D | W | U | S | what else must hold: what was found | verdict |"

_INTRODUCTION = """# Faults

What `make faults` has shown, and where it has not run yet. `make faults` runs every row on every
stack; `make faults ROW=random-kills ON=postgresql-redis` runs one; `make faults-table` writes this
page anew from what is kept in `docs/faults/results.json`. It wants root (for a disk of its own, and
another user for PostgreSQL), RabbitMQ and libfaketime.

Each row: a fresh database with 10,000 members of one petition on 500 domains, the largest with a
fifth of them; web, beat and a worker of four processes as in production; a mail server that has
each acceptance on its disk before its 250; a follow-up to all members, while people sign through
the real form. Then the fault; then quiet; then the count.

- **L**: expected, never accepted, no justified end.
- **D**: acceptances beyond the first. All copies of an email must be the same bytes.
- **W**: attempts cut between the sink's acceptance and our commit: an acceptance after which its
  connection, now lost, saw neither another final dot nor QUIT (nor, if it was the sink that hung
  up, another message begun: its 250 had been read).
- **U**: emails that are not over once nothing moves any more.
- **S**: signatures that were answered with yes and are not there.

Always: L = 0, S = 0, U = 0, D at most W and each double one of those that were cut, and D = 0 where
the sink can be asked whether it accepted an email.

All the outbox's durations are divided by 20, and so are those of the table, but for the rows that
say otherwise. The start of a program is not. An email that was cut off twice and never accepted
ends `failed` by design, where nobody can be asked: it is told apart as “twice unknown”."""


def _line(row: Row, stack: str, run: dict[str, Any] | None) -> str:
    name = f"`{row.name}`"
    if row.only and stack not in row.only:
        return f"| {name} | {row.fault} | | | | | | does not concern this stack | |"
    if run is None:
        return f"| {name} | {row.fault} | | | | | | {row.also} | not run |"
    figures = run["figures"]
    numbers = " | ".join(str(figures.get(letter, "")) for letter in "LDWUS")
    told = [
        f"{'' if bound['holds'] else '**FAILS** '}{bound['what']}: {bound['found'] or 'none'}"
        for bound in run["bounds"]
        if not bound["holds"] or bound["what"] not in ALWAYS
    ]
    if figures.get("twice_unknown"):
        told.append(f"twice unknown: {figures['twice_unknown']}")
    told += run["notes"]
    verdict = "passed" if run["passed"] else "**failed**"
    ran = f"{verdict} in {run['seconds']:.0f} s at {run['commit']}, {run['at']}"
    words = "; ".join(told).replace("|", "/")
    return f"| {name} | {row.fault} | {numbers} | {words} | {ran}; / {run['divide']:g} |"


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
