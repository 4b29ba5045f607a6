"""The short form of `make faults`: the same faults and the same counts, a few of each.

No time is judged here: other tests share the machine.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.faults.judging import ALWAYS, judge
from tests.faults.killing import ALL_POINTS, kill_one
from tests.faults.rows import Row
from tests.faults.scene import Scene, Setting, scene
from tests.faults.sink.script import part_of
from tests.faults.stack import NAMES, stack
from tests.servers.brokers import RABBITMQ

pytestmark = [pytest.mark.servers, pytest.mark.faults]

SETTING = Setting(members=400, divide=60.0, pace=0.2, pipelining=False, signers=3.0)
#: On which stacks the sink can be asked what it took: one is enough.
ASKED = "postgresql-redis"
BOUNCES = (0.9, 0.95)


def _refuse(on: Scene) -> None:
    """Some of everything a mail server may do."""
    on.sink.add("none", "rcpt", reply="550 5.1.1 no such mailbox", share=list(BOUNCES))
    replies = {"421 4.3.2 down": "rcpt", "450 4.2.1 busy": "rcpt", "451 4.3.0 later": "dot"}
    for number, (reply, stage) in enumerate(replies.items()):
        share = [number * 0.05, (number + 1) * 0.05]
        on.sink.add(reply[:3], stage, reply=reply, share=share, tries=1)
    on.sink.add("mid-body", "body", drop=True, tries=1, times=5)
    on.sink.add("not taken", "dot", drop=True, tries=1, times=3, share=[0.3, 0.5])
    on.sink.add("taken", "accepted", drop=True, tries=1, times=3, share=[0.5, 0.7])


def _break_all(on: Scene) -> None:
    _refuse(on)
    on.justified = lambda email: (
        email.state == "failed" and BOUNCES[0] <= part_of(email.address) < BOUNCES[1]
    )
    on.until_accepted(10)
    killed = sum(kill_one(on, point, 30.0) for point in ALL_POINTS)
    on.bound("workers were killed", f"at {killed} of {len(ALL_POINTS)} points", killed > 0)
    on.stack.broker.empty()
    on.finish(300.0)


@pytest.mark.parametrize("name", NAMES)
def test_no_email_is_lost_and_none_doubled_beyond_the_window(name: str) -> None:
    if name.endswith("rabbitmq") and not RABBITMQ.exists():
        pytest.skip("no RabbitMQ here (Debian: apt-get install rabbitmq-server)")
    setting = replace(SETTING, resolver=name == ASKED)
    row = Row("short", "some of everything", "", _break_all, setting)
    with stack(name) as on, scene(on, row.name, setting, print) as set_up:
        row.run(set_up)
        verdict = judge(row, set_up)
    broken = [bound for bound in verdict.bounds if not bound["holds"]]
    assert not broken, f"{broken} {verdict.figures} {verdict.notes}"
    assert {bound["what"] for bound in verdict.bounds} >= set(ALWAYS) - {"D = 0, asked"}
    assert verdict.figures["accepted"] > SETTING.members / 2
    assert verdict.figures["signed"] > 0
