"""The worker as the rig starts it: the product's own, which dies where a plan tells it to.

`celery -A tests.faults.worker_app worker`. The plan is a folder with a folder for each point;
whoever removes a file of it there writes down what it held and ends itself with SIGKILL.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from actionhub.outbox import claiming, marking, transport, wire
from worker.app import app

__all__ = ["app"]

#: Where in the life of an email: held; marked as being sent; half of its body said; recorded as
#: sent with the next marked.
POINTS = ("claim", "mark", "body", "commit")

_plan = Path(os.environ["FAULTS_PLAN"])
_main = os.getpid()  # its death would be the group's
_claim, _advance, _body = claiming.claim, marking.advance, transport.Connection._body


def _die_if_planned(
    point: str, emails: Iterable[int] = (), last: Callable[[], object] = lambda: None
) -> None:
    """Die if somebody ordered it; `last` is done before."""
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
        last()
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


def _body_or_half_of_it(connection: transport.Connection, host: Any, body: bytes) -> Any:
    said = wire.dotted(body)
    _die_if_planned("body", last=lambda: host.sock.sendall(said[: len(said) // 2]))
    return _body(connection, host, body)


claiming.claim = _claim_and_perhaps_die
marking.advance = _advance_and_perhaps_die
transport.Connection._body = _body_or_half_of_it  # type: ignore[method-assign]
