"""`python -m tests.faults [--row ROW] [--on STACK]`: run rows, print the verdicts, keep them."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
import traceback
from dataclasses import replace
from pathlib import Path

from actionhub.processes import die_with_parent
from tests.faults import kept
from tests.faults.judging import Verdict, judge
from tests.faults.programs import ROOT
from tests.faults.rows import ROWS, Row, gather
from tests.faults.scene import scene
from tests.faults.stack import NAMES, Stack, TookTooLong, stack

#: A quarter of an hour of waiting: beside the other rows, on a stack of its own.
LONGEST = "unknown-real"


def main() -> int:
    gather()
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):  # also where a shell ignores them
        signal.signal(name, _end)
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--row", default="all", metavar="ROW", help="or several, with commas")
    parser.add_argument("--on", default="all", choices=["all", *NAMES])
    parser.add_argument("--members", type=int, help="fewer than a row has: keeps no verdict")
    parser.add_argument("--together", action="store_true", help="all stacks side by side")
    parser.add_argument("--list", action="store_true", help="name the rows")
    parser.add_argument("--table", action="store_true", help="write docs/faults.md anew")
    parser.add_argument("--keep", type=Path, help="leave logs and journals in this folder")
    wish = parser.parse_args()
    if wish.list:
        for row in ROWS.values():
            print(f"{row.name:24} {row.fault}")
        return 0
    if wish.table:
        kept.write_table()
        return 0
    wished = list(ROWS) if wish.row == "all" else wish.row.split(",")
    if strange := [name for name in wished if name not in ROWS]:
        parser.error(f"no row is called {', '.join(strange)}; --list names them")
    stacks = NAMES if wish.on == "all" else (wish.on,)
    passed = True
    if wish.together and len(stacks) > 1:
        passed = max(run.wait() for run in [_beside(name, wish.row) for name in stacks]) == 0
    else:
        for name in stacks:
            rows = [_smaller(ROWS[row], wish.members) for row in wished]
            passed = _run_stack(name, rows, wish) and passed
    if wish.members is None:
        kept.write_table()
    return 0 if passed else 1


def _beside(stack_name: str, row: str) -> subprocess.Popen[bytes]:
    """Another run of this, on a stack of its own, while we do something else."""
    command = [sys.executable, "-m", "tests.faults", "--on", stack_name, "--row", row]
    parent = os.getpid()
    return subprocess.Popen(
        command, cwd=ROOT, preexec_fn=lambda: die_with_parent(signal.SIGTERM, parent)
    )


def _end(number: int, _frame: object) -> None:
    """End as an exception does, so that all that was started is stopped."""
    raise SystemExit(128 + number)


def _smaller(row: Row, members: int | None) -> Row:
    """The row with fewer members, for trying it out."""
    if members is None:
        return row
    return replace(row, setting=replace(row.setting, members=min(members, row.setting.members)))


def _run_stack(name: str, rows: list[Row], wish: argparse.Namespace) -> bool:
    passed = True
    begun = time.monotonic()
    print(f"\n{name}: {len(rows)} rows", flush=True)
    longest = None
    if len(rows) > 1 and any(row.name == LONGEST for row in rows) and wish.members is None:
        longest = _beside(name, LONGEST)
        rows = [row for row in rows if row.name != LONGEST]
    with stack(name, wish.keep) as found:
        for row in rows:
            if row.only and name not in row.only:
                print(f"  {row.name}: does not concern {name}", flush=True)
                continue
            verdict = _run_row(found, row)
            passed = verdict.passed and passed
            if wish.members is None:
                kept.keep(verdict)
    if longest is not None:
        passed = longest.wait() == 0 and passed
    print(f"{name}: {time.monotonic() - begun:.0f} s in all", flush=True)
    return passed


def _run_row(on: Stack, row: Row) -> Verdict:
    begun = time.monotonic()

    def say(words: str) -> None:
        print(f"    {time.monotonic() - begun:6.1f} s  {words}", flush=True)

    divide = row.setting.divide
    print(f"  {row.name} on {on.name}: {row.fault} (durations / {divide:g})", flush=True)
    try:
        with scene(on, row.name, row.setting, say) as set_up:
            say("mail is on its way")
            try:
                row.run(set_up)
            except TookTooLong as late:
                set_up.bound("everything happens in time", str(late), False)
                set_up.count()
            verdict = judge(row, set_up)
    except Exception as broken:
        traceback.print_exc()
        reason = {"what": "the rig itself", "found": repr(broken), "holds": False}
        verdict = Verdict(row.name, on.name, False, bounds=[reason], divide=divide)
    verdict.seconds = time.monotonic() - begun
    _print(verdict, say)
    return verdict


def _print(verdict: Verdict, say: object) -> None:
    figures = " ".join(f"{name} {number}" for name, number in verdict.figures.items())
    assert callable(say)
    say(f"{'PASSED' if verdict.passed else 'FAILED'}  {figures}")
    for bound in verdict.bounds:
        say(f"  {'ok  ' if bound['holds'] else 'FAIL'} {bound['what']}: {bound['found']}")


if __name__ == "__main__":
    sys.exit(main())
