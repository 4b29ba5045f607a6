"""Rows in which the machine itself fails: its disk is full, its clock is wrong."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from tests.faults.rows import row
from tests.faults.scene import CLOCK_FILE, Scene
from tests.faults.stopping import longest_silence

#: The database, its log and the broker's folder, with some room.
DISK_MEGABYTES = 192


@row(
    "disk-full",
    "disk full, then freed (SQLite and the embedded broker)",
    "recovers unaided",
    only=("sqlite-embedded",),
    disk=DISK_MEGABYTES,
)
def fill_the_disk(scene: Scene, seconds: float = 20.0) -> None:
    """A file takes all that is free on the small disk, again and again; then it goes."""
    scene.until_accepted(300)
    scene.mail_lasts(seconds * 3)
    ballast = scene.stack.data / "ballast"
    answers = len(scene.answers())
    begun = time.monotonic()
    with ballast.open("ab", buffering=0) as file:
        while time.monotonic() - begun < seconds:
            _take_what_is_left(file.fileno())
            scene.wait(0.2)
    full_until = time.monotonic()
    ballast.unlink()
    scene.say("there is room again")
    scene.wait(5.0)
    scene.finish()
    refused = sum(answer["status"] == 503 for answer in scene.answers()[answers:])
    scene.note(f"{refused} signers were told to try again")
    after = [a["t"] - full_until for a in scene.journal.accepts if a["t"] > full_until]
    found = f"mail {min(after, default=999.0):.1f} s after there was room"
    scene.bound("recovers unaided", found, bool(after) and not scene.counts.stuck)


def _take_what_is_left(file: int) -> None:
    for size in (1 << 20, 1 << 16, 1 << 12):
        with suppress(OSError):
            while os.write(file, b"\0" * size):
                pass


@row(
    "clock-wrong",
    "the workers' clock a day ahead, then a day behind",
    "recovers unaided",
    fake=True,
)
def move_the_clock(scene: Scene, seconds: float = 20.0) -> None:
    """By libfaketime, the monotonic clock left real; some mail is put off under each clock."""
    scene.sink.add("later", "dot", reply="451 4.3.0 later", share=[0.0, 0.1], tries=1)
    scene.until_accepted(300)
    scene.mail_lasts(seconds * 3)
    clock: Path = scene.stack.folder / CLOCK_FILE
    begun = time.monotonic()
    for offset in ("+1d", "-1d", "+0"):
        set_clock(clock, offset)
        scene.say(f"the clock says {offset}")
        scene.wait(seconds)
    scene.finish()
    scene.note(f"longest silence {longest_silence(scene, begun):.1f} s")
    found = f"{len(scene.counts.stuck)} wait"
    scene.bound("recovers unaided", found, not scene.counts.stuck)


def set_clock(clock: Path, offset: str) -> None:
    """What libfaketime reads, replaced at once."""
    fresh = clock.with_suffix(".new")
    fresh.write_text(offset + "\n")
    fresh.rename(clock)
