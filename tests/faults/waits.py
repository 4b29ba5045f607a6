"""One run of each wait at its real length: the lease, and the wait for evidence."""

from __future__ import annotations

import signal
import time

from tests.faults.killing import deaths
from tests.faults.rows import row
from tests.faults.scene import Scene
from tests.faults.stack import WORKERS

#: Seconds. A beat comes every 4 s, so the last one of a dead worker may be that much older.
LEASE, BEAT, SLACK = 30.0, 4.0, 15.0
UNKNOWN = 900.0


@row(
    "lease-real",
    "kill -9 of four workers that hold claims; nothing divided",
    "reclaimed after 30 s, before 45 s",
    members=800,
    divide=1.0,
    pace=0.4,
    signers=0.0,
)
def wait_for_the_lease(scene: Scene) -> None:
    scene.until_accepted(20)
    killed: list[float] = []
    for number in range(WORKERS):
        (scene.stack.data / "plan" / "claim" / f"{number}").touch()
    scene.until(lambda: len(deaths(scene)["claim"]) >= WORKERS, "four deaths", 240.0)
    scene.sink.pace(0.0)
    killed = [death["t"] for death in deaths(scene)["claim"]]
    held = {email: death["t"] for death in deaths(scene)["claim"] for email in death["emails"]}
    scene.say(f"{len(killed)} killed, holding {len(held)}")
    scene.finish()
    ids = {email.message_id: email.id for email in scene.books.emails()}
    waits = [
        accepts[0]["t"] - held[ids[message_id]]
        for message_id, accepts in scene.journal.by_message().items()
        if ids.get(message_id) in held
    ]
    first, last = min(waits, default=0.0), max(waits, default=999.0)
    found = f"{len(waits)} of {len(held)} went out {first:.1f} to {last:.1f} s after the kill"
    good = first >= LEASE - BEAT and last <= LEASE + SLACK and len(waits) == len(held)
    scene.bound("reclaimed 30 s after the last beat, within 45 s of the kill", found, good)


@row(
    "unknown-real",
    "kill -9 of four workers after the dot; nothing divided",
    "sent once more after 15 min",
    members=200,
    divide=1.0,
    pace=0.2,
    signers=0.0,
    pipelining=False,
)
def wait_for_evidence(scene: Scene) -> None:
    scene.until_accepted(20)
    rule = {"signal": int(signal.SIGKILL), "spare": scene.stack.main_process()}
    scene.sink.add("kill", "accepted", times=WORKERS, every=0.3, **rule)
    scene.until(lambda: scene.sink.hits("kill") >= WORKERS, "four kills")
    scene.sink.remove("kill")
    begun = time.monotonic()
    scene.finish(UNKNOWN + 300.0)
    scene.say(f"waited {time.monotonic() - begun:.0f} s")
    waits = [
        later["t"] - accepts[0]["t"]
        for accepts in scene.journal.by_message().values()
        for later in accepts[1:]
    ]
    first, last = min(waits, default=0.0), max(waits, default=0.0)
    found = f"{len(waits)} came again, {first:.0f} to {last:.0f} s after the first"
    good = len(waits) == WORKERS and first >= UNKNOWN and last <= UNKNOWN + LEASE + 2 * SLACK
    scene.bound("sent once more 15 min after the lease ended", found, good)
