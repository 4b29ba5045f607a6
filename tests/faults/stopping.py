"""Rows that stop what the mail depends on: workers, beat, the broker, the database."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import suppress
from itertools import pairwise
from typing import Any

from tests.faults.databases import Postgresql
from tests.faults.killing import resumptions
from tests.faults.rows import row
from tests.faults.scene import Scene

POSTGRESQL = ("postgresql-redis", "postgresql-rabbitmq")
#: Seconds that mail may be silent once the broker is gone: not divided, as a worker that polls is
#: woken by its own clock but sends under the machine's load.
SILENCE = 15.0


@row(
    "stopped-workers",
    "SIGSTOP past the lease x 20, then CONT, half of them after the dot",
    "a late 250 is recorded",
    pipelining=False,
)
def stop_workers(scene: Scene, stops: int = 20) -> None:
    scene.until_accepted(50)
    past = scene.divided(30.0) + 3.0
    scene.mail_lasts(stops * (past + 5.0))
    late: list[str] = []
    for number in range(stops):
        if not scene.still_mailing():
            break
        stage = "accepted" if number % 2 else "mail"
        rule = {"signal": int(signal.SIGSTOP), "spare": scene.stack.main_process()}
        scene.sink.add("stop", stage, times=1, **rule)
        stopped: list[dict[str, Any]] = []
        scene.until(lambda s=stopped: s.extend(scene.sink.stopped()) or s, "a stop")
        scene.sink.remove("stop")
        scene.wait(past)
        for each in stopped:
            late += [each["id"]] if stage == "accepted" else []
            with suppress(ProcessLookupError):
                os.kill(each["process"], signal.SIGCONT)
    scene.finish()
    emails = {email.message_id: email for email in scene.books.emails()}
    unknown = {row[0] for row in scene.books.events("unknown")}
    accepts = scene.journal.by_message()
    good = [i for i in late if emails[i].state == "sent" and len(accepts[i]) == 1]
    doubted = sum(emails[i].id in unknown for i in late)
    scene.bound(
        "a late 250 is recorded",
        f"{len(good)} of {len(late)} sent and accepted once; {doubted} were unknown meanwhile",
        len(good) == len(late) > 0,
    )


@row("beat-killed", "beat killed", "drains unaided", signers=0.0)
def kill_beat(scene: Scene) -> None:
    """For good, and nobody signs: no wake-up comes from anywhere; some mail has to wait, too."""
    scene.sink.add("later", "dot", reply="451 4.3.0 later", share=[0.0, 0.05], tries=1)
    scene.until_accepted(500)
    scene.stack.down.add("beat")
    assert scene.stack.beat is not None
    scene.stack.beat.kill()
    scene.finish()
    silence = longest_silence(scene, scene.journal.accepts[0]["t"])
    scene.note(f"longest silence {silence:.1f} s")
    scene.bound("drains unaided", f"{len(scene.counts.stuck)} wait", not scene.counts.stuck)


@row("workers-down", "all workers down 5 min", "drains unaided")
def workers_down(scene: Scene) -> None:
    scene.until_accepted(500)
    scene.stack.down.add("worker")
    assert scene.stack.worker is not None
    scene.stack.worker.kill()
    scene.wait(scene.divided(300.0))
    scene.stack.down.discard("worker")
    scene.stack.tend()
    scene.until(lambda: scene.stack.worker_ready_at > 0, "the worker again")
    scene.finish()
    gap = resumptions(scene, [scene.stack.worker_ready_at])[0]
    scene.note(f"the first mail {gap:.2f} s after the worker was ready")
    scene.bound("drains unaided", f"{len(scene.counts.stuck)} wait", not scene.counts.stuck)


@row(
    "broker-stopped",
    "broker stopped 5 min",
    "mail resumes within 15 s; signing p95 grows by 50 ms at most",
    signers=8.0,
    pace=0.04,
)
def stop_the_broker(scene: Scene) -> None:
    scene.until_accepted(100)
    begun = time.monotonic()
    scene.wait(20.0)
    stopped = time.monotonic()
    scene.stack.broker.stop()
    scene.wait(scene.divided(300.0))
    outage_over = time.monotonic()
    scene.stack.broker.start()
    back = time.monotonic()
    scene.wait(10.0)
    scene.finish()
    before, meanwhile = p95(scene, begun, stopped), p95(scene, stopped, outage_over)
    grown = (meanwhile - before) * 1000
    found = f"{grown:+.0f} ms (from {before * 1000:.0f} to {meanwhile * 1000:.0f})"
    scene.bound("signing p95 grows by 50 ms at most", found, grown <= 50.0)
    judge_silence(scene, stopped, back)


@row(
    "broker-emptied",
    "broker emptied x 20",
    "mail resumes within 15 s",
)
def empty_the_broker(scene: Scene, times: int = 20) -> None:
    scene.until_accepted(100)
    scene.mail_lasts(120.0)
    begun = time.monotonic()
    for _ in range(times):
        scene.stack.broker.empty()
        scene.wait(2.0)
    scene.finish()
    judge_silence(scene, begun, begun + 2.0 * times)


@row(
    "database-killed",
    "database kill -9 x 20",
    "no false 2xx",
    only=POSTGRESQL,
)
def kill_the_database(scene: Scene, kills: int = 20) -> None:
    """The postmaster and all its backends at once; back after a second or so."""
    database = scene.stack.database
    assert isinstance(database, Postgresql)
    scene.until_accepted(100)
    scene.mail_lasts(300.0)
    lot = random.Random(9)
    restarts: list[float] = []
    for number in range(kills):
        if not scene.still_mailing():
            break
        database.kill()
        scene.wait(lot.uniform(0.2, 1.5))
        database.start()
        restarts.append(time.monotonic())
        before = scene.sink.accepted()
        scene.until(lambda n=before: scene.sink.accepted() > n + 5, "mail again", 90.0)
        scene.wait(lot.uniform(0.5, 2.0))
        if number % 5 == 4:
            scene.say(f"{number + 1} kills, {scene.left()} emails left")
    scene.finish()
    missing, signed = scene.counts.missing, scene.counts.signed
    scene.bound("no false 2xx", f"{len(missing)} of {signed} accepted are missing", not missing)
    worst = max(resumptions(scene, restarts), default=0.0)
    scene.note(f"mail again {worst:.1f} s after the database was back, at most")


def judge_silence(scene: Scene, begun: float, ended: float) -> None:
    """The longest time without mail from the fault's beginning until well after its end."""
    silence = longest_silence(scene, begun)
    after = resumptions(scene, [ended])
    found = f"longest silence {silence:.1f} s"
    found += f"; {after[0]:.2f} s after the end" if after else "; none after the end"
    scene.bound(f"mail resumes within {SILENCE:.0f} s", found, silence <= SILENCE and bool(after))


def longest_silence(scene: Scene, begun: float) -> float:
    """The longest time between two acceptances, while most of the mail was still to come."""
    accepts = [accept["t"] for accept in scene.journal.accepts]
    end = accepts[int(len(accepts) * 0.95)]
    moments = [begun, *(at for at in accepts if begun < at <= end)]
    return max((later - earlier for earlier, later in pairwise(moments)), default=0.0)


def p95(scene: Scene, begun: float, ended: float) -> float:
    """The signing latency in seconds that 95 % of the accepted answers stayed within."""
    took = sorted(
        answer["took"]
        for answer in scene.answers()
        if begun <= answer["t"] < ended and answer["status"] == 303
    )
    return took[int(len(took) * 0.95)] if took else 0.0
