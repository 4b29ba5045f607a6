"""Rows that kill workers: at a point, at random, the whole group; and that stop them."""

from __future__ import annotations

import random
import signal
import time
from contextlib import suppress

import psutil

from tests.faults.rows import row
from tests.faults.scene import Scene


@row("random-kills", "200 random worker kills", "sending again within 45 s")
def kill_at_random(scene: Scene, kills: int = 200, seconds: float = 130.0) -> None:
    """SIGKILL to one of the four processes, chosen by lot, again and again."""
    scene.until_accepted(100)
    scene.mail_lasts(seconds * 1.5)
    lot = random.Random(20)
    killed_at: list[float] = []
    while len(killed_at) < kills and scene.still_mailing():
        workers = scene.stack.workers()
        if workers:
            with suppress(psutil.NoSuchProcess):
                lot.choice(workers).send_signal(signal.SIGKILL)
                killed_at.append(time.monotonic())
        scene.wait(lot.uniform(0.3, 1.0) * seconds / kills)
    scene.note(f"{len(killed_at)} kills")
    scene.finish()
    judge_resumption(scene, killed_at, scene.divided(45.0))


def judge_resumption(scene: Scene, since: list[float], most: float) -> None:
    """How long after each of these moments the next message was accepted."""
    accepts = [accept["t"] for accept in scene.journal.accepts]
    gaps = []
    for moment in since:
        after = [at for at in accepts if at > moment]
        if after:
            gaps.append(after[0] - moment)
    worst = max(gaps, default=0.0)
    scene.bound(f"sending again within {most:.2f} s", f"{worst:.2f} s at most", worst <= most)
