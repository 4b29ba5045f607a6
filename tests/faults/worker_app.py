"""The worker as the rig starts it: the product's own, which dies where a plan tells it to.

`celery -A tests.faults.worker_app worker`. The plan is a folder with a folder for each point;
whoever removes a file of it there writes down what it held and ends itself with SIGKILL.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from actionhub.outbox import claiming, marking
from worker import outbox
from worker.app import app

__all__ = ["app"]

#: Where in the life of an email: held; marked as being sent; recorded as sent with the next marked.
POINTS = ("claim", "mark", "commit")

_plan = Path(os.environ["FAULTS_PLAN"])
_main = os.getpid()  # its death would be the group's
_claim, _advance = claiming.claim, marking.advance


def _die_if_planned(point: str, emails: Iterable[int]) -> None:
    if os.getpid() == _main:
        return
    for order in sorted((_plan / point).glob("*")):
        try:
            order.unlink()
        except FileNotFoundError:
            continue  # another one is dying of it
        told = {"t": time.monotonic(), "point": point, "process": os.getpid()}
        line = json.dumps(told | {"emails": list(emails)}) + "\n"
        with (_plan / "deaths").open("a") as deaths:
            deaths.write(line)
        os.kill(os.getpid(), signal.SIGKILL)


def _claim_and_perhaps_die(*args: Any, **more: Any) -> Any:
    held = _claim(*args, **more)
    if held:
        _die_if_planned("claim", [email.id for email in held])
    return held


def _advance_and_perhaps_die(
    connection: Any, owner: Any, sent: Any, following: Any, *args: Any, **more: Any
) -> Any:
    done = _advance(connection, owner, sent, following, *args, **more)
    emails = [each.id for each in (sent and sent.email, following and following[0]) if each]
    if sent is not None and done.settled:
        _die_if_planned("commit", emails)
    elif sent is None and done.marked:
        _die_if_planned("mark", emails)
    return done


# Two more durations that are divided like all others: Celery's wait for the result of a process
# that was killed, which keeps one of the four places busy, and how long one task sends.
_divide = float(os.environ.get("ACTIONHUB_FAULTS_DIVIDE", "1"))
app.conf.worker_lost_wait /= _divide
outbox.SEND_SECONDS /= _divide
claiming.claim = _claim_and_perhaps_die
marking.advance = _advance_and_perhaps_die
