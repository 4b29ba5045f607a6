"""Rows that kill workers: at a point of the conversation, at random, the whole group."""

from __future__ import annotations

import json
import random
import signal
import time
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from tests.faults.rows import row
from tests.faults.scene import ENOUGH, Scene
from tests.faults.stack import POINTS, WORKERS

#: The sink's name for each point that it kills at, by the table's name.
AT_THE_SINK = {
    "after MAIL": "mail",
    "after RCPT": "rcpt",
    "after dot": "accepted",
    "after 250": "told",
}
BY_PLAN = {
    "after claim": "claim",
    "after mark": "mark",
    "mid-body": "body",
    "after commit": "commit",
}
ALL_POINTS = (
    *("after claim", "after mark", "after MAIL", "after RCPT", "mid-body"),
    *("after dot", "after 250", "after commit"),
)
#: Until a killed worker's place is filled again and the next kill strikes, with time to spare.
SECONDS_A_KILL = 2.5
#: Where an email may come twice: it was accepted, and our record of that is not written.
IN_DOUBT = frozenset({"after dot", "after 250"})


@row(
    "kill-points",
    "kill -9 at 8 points x 25",
    "D only at “after dot” and “after 250”, at most 25 each",
    pipelining=False,
)
def kill_at_each_point(scene: Scene, kills: int = 25) -> None:
    scene.until_accepted(50)
    killed: dict[str, int] = {}
    for number, point in enumerate(ALL_POINTS):
        scene.mail_lasts((len(ALL_POINTS) - number) * kills * SECONDS_A_KILL)
        killed[point] = sum(kill_one(scene, point) for _ in range(kills))
        scene.say(f"{point}: {killed[point]} kills, {scene.left()} emails left")
    scene.finish()
    few = {point: number for point, number in killed.items() if number < kills}
    scene.bound(f"{kills} kills at each point", str(few or "all"), not few)
    _judge_points(scene, kills)


@row(
    "kill-points-asked",
    "the same, the sink answers whether it accepted an email",
    "D = 0",
    pipelining=False,
    resolver=True,
)
def kill_at_each_point_asked(scene: Scene) -> None:
    kill_at_each_point(scene)
    scene.note(f"asked {len(scene.journal.asked)} times")


def kill_one(scene: Scene, point: str, seconds: float = 120.0) -> bool:
    """Kill one of the four workers at a point; False if none came there while there was mail."""
    scene.until(lambda: len(scene.stack.workers()) >= WORKERS, "four workers")
    if point in BY_PLAN:
        order = scene.stack.data / "plan" / BY_PLAN[point] / f"{time.monotonic_ns()}"
        order.touch()
        struck = _comes_true(scene, lambda: not order.exists(), seconds)
        order.unlink(missing_ok=True)
        return struck
    before = scene.sink.hits("kill")
    rule = {"signal": int(signal.SIGKILL), "spare": scene.stack.main_process()}
    scene.sink.add("kill", AT_THE_SINK[point], times=1, **rule)
    struck = _comes_true(scene, lambda: scene.sink.hits("kill") > before, seconds)
    scene.sink.remove("kill")
    return struck


def _comes_true(scene: Scene, true: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end or scene.left() <= ENOUGH:
            return true()
        scene.wait(0.02)
    return True


def _judge_points(scene: Scene, kills: int) -> None:
    """Which point's kill doubled an email: the one that cut off its first acceptance."""
    doubled: Counter[str] = Counter()
    keys = {email.message_id: email.key for email in scene.books.emails()}
    ends = _ends_of_processes(scene)
    for message_id, accepts in scene.journal.by_message().items():
        for accept in accepts[:-1]:
            point = _point_of(accept, ends) or "no kill"
            doubled[point] += 1
            if point not in IN_DOUBT:
                scene.say(f"{keys.get(message_id)} came twice: {point}")
    others = {point: number for point, number in doubled.items() if point not in IN_DOUBT}
    scene.bound(
        "D only at “after dot” and “after 250”", ", ".join(map(str, others.items())), not others
    )
    for point in sorted(IN_DOUBT):
        number = doubled[point]
        scene.bound(f"D at “{point}” at most {kills}", str(number), number <= kills)


def _ends_of_processes(scene: Scene) -> list[tuple[float, str, set[int]]]:
    """When each planned or ordered kill struck, at which point, and which connections died."""
    names = {stage: point for point, stage in (*AT_THE_SINK.items(), *BY_PLAN.items())}
    deaths = [(at["t"], names[at["stage"]], {at["c"]}) for at in scene.journal.signals]
    told = scene.stack.data / "plan" / "deaths"
    for line in told.read_text().splitlines() if told.exists() else []:
        death = json.loads(line)
        deaths.append((death["t"], names[death["point"]], set()))
    return sorted(deaths, key=lambda death: death[0])


def _point_of(accept: dict[str, Any], ends: list[tuple[float, str, set[int]]]) -> str | None:
    """The kill that ended the connection over which a message was accepted."""
    on_it = [point for at, point, connections in ends if accept["c"] in connections]
    if on_it:
        return on_it[0]
    # A planned one tells no connection: the next one after the acceptance.
    at = bisect_right([moment for moment, _, _ in ends], accept["t"])
    later = [point for _, point, connections in ends[at:] if not connections]
    return later[0] if later else None


@row("random-kills", "200 random worker kills", "sending again within 45 s of the restart")
def kill_at_random(scene: Scene, kills: int = 200, seconds: float = 500.0) -> None:
    """SIGKILL to one of the four processes, chosen by lot, again and again."""
    scene.until_accepted(100)
    scene.mail_lasts(seconds)
    lot = random.Random(20)
    killed_at: list[float] = []
    again_at: list[float] = []
    while len(killed_at) < kills and scene.still_mailing():
        scene.wait(lot.uniform(0.2, 1.0))
        with suppress(psutil.NoSuchProcess):
            lot.choice(scene.stack.workers()).send_signal(signal.SIGKILL)
            killed_at.append(time.monotonic())
            # Forking another takes Celery half a second of its parent, or more.
            scene.until(lambda: len(scene.stack.workers()) >= WORKERS, "four workers")
            again_at.append(time.monotonic())
    scene.say(f"{len(killed_at)} kills")
    scene.finish()
    judge_restarts(scene, list(zip(killed_at, again_at, strict=True)), "the kill")


@row("group-kills", "50 kills of the whole group", "sending again within 45 s of the restart")
def kill_the_group(scene: Scene, kills: int = 50) -> None:
    """SIGKILL to web, beat and worker with all their children; each starts again."""
    scene.until_accepted(100)
    scene.mail_lasts(kills * 10.0)
    lot = random.Random(50)
    done = 0
    while done < kills and scene.still_mailing():
        scene.wait(lot.uniform(0.2, 2.0))
        for program in scene.stack.programs:
            program.kill()
        scene.stack.tend()
        done += 1
        scene.until(lambda: scene.stack.worker_ready_at > 0, "the worker again")
        before = scene.sink.accepted()
        with suppress(Exception):
            scene.until(lambda n=before: scene.sink.accepted() > n, "mail again", 60.0)
        if done % 10 == 0:
            scene.say(f"{done} kills, {scene.left()} emails left")
    scene.finish()
    starts = scene.stack.worker_starts[1 : done + 1]
    judge_restarts(scene, starts, "its start")


def judge_restarts(scene: Scene, starts: list[tuple[float, float]], since: str) -> None:
    """How long after the restarted worker was ready the next message was accepted."""
    after_ready = resumptions(scene, [ready for _, ready in starts])
    after_start = resumptions(scene, [started for started, _ in starts])
    worst, whole = max(after_ready, default=999.0), max(after_start, default=999.0)
    found = f"{worst:.2f} s at most after it was ready, {whole:.2f} s after {since}"
    what = f"sending again within 45 s / {scene.setting.divide:g} of the restart"
    scene.bound(what, found, worst <= scene.divided(45.0))


def resumptions(scene: Scene, since: list[float]) -> list[float]:
    """Seconds from each of these moments to the next acceptance."""
    accepts = [accept["t"] for accept in scene.journal.accepts]
    places = [(moment, bisect_right(accepts, moment)) for moment in since]
    return [accepts[at] - moment for moment, at in places if at < len(accepts)]


def deaths(scene: Scene) -> dict[str, list[dict[str, Any]]]:
    """What the workers that ended by plan wrote down, by point."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    told: Path = scene.stack.data / "plan" / "deaths"
    for line in told.read_text().splitlines() if told.exists() else []:
        death = json.loads(line)
        found[death["point"]].append(death)
    assert found.keys() <= set(POINTS)
    return found
