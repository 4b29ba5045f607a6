"""`actionhub outbox drain`: send what is due, once, or for ever where there is no broker at all."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from typing import Any

import click
import structlog

from actionhub.actions import publishing
from actionhub.broker import SOFT_SHUTDOWN_SECONDS
from actionhub.config import settings
from actionhub.database import db
from actionhub.deliveries import rounds as deliveries
from actionhub.followups import sending as followups
from actionhub.letters import rounds as letters
from actionhub.letters.cwc import sending as posting_letters
from actionhub.outbox import archiving, keeping, sending, stopping, sweeping, tallying
from actionhub.outbox.durations import DURATIONS
from actionhub.outbox.parking import parked
from actionhub.outbox.tally import Drained
from actionhub.privacy import cleaning
from actionhub.processes import die_with_parent
from actionhub.signatures import counts, reminding
from actionhub.supporters.reports import read_mailbox

log = structlog.get_logger(__name__)

#: Batches that one chore works off at most, before the mail has its turn again.
ROUNDS = 20
#: Seconds between looks, when there is nothing to do.
IDLE_SECONDS = min(1.0, DURATIONS.poll.total_seconds())


@click.command()
@click.option("--loop", is_flag=True, help="Go on until stopped, with Ctrl-C or SIGTERM.")
@click.option("--parent", type=int, hidden=True, help="Be told to stop when that process ends.")
def drain(loop: bool, parent: int | None) -> None:
    """Send what is due, over the configured server.

    With --loop this one process does what worker and beat do, but for the newsroom: it also queues
    follow-ups, opens and closes actions, folds counts, reads bounces, reminds, cleans up. Any
    number may run at once. Told to stop, it finishes the message in hand.
    """
    if parent is not None:
        die_with_parent(signal.SIGTERM, parent)
    if loop:
        click.echo(f"{_go_on()} sent.")
        parked().wait(SOFT_SHUTDOWN_SECONDS)
        keeping.close()
        return
    sweeping.sweep(db.engine)
    done = sending.drain()
    click.echo(f"{done.sent} sent.")
    _say_what_else(done)


def _go_on() -> int:
    """Until told to stop; how many were sent."""
    stopping.go_on()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stopping.stop_soon())
    total, done_at = 0, dict.fromkeys(CHORES, float("-inf"))
    while not stopping.is_wished():
        for chore, seconds in CHORES.items():
            if time.monotonic() - done_at[chore] >= seconds:
                done_at[chore] = time.monotonic()
                _quietly(chore)
        done = _quietly(_send)
        total += done.sent if done else 0
        if done is None or done.offline or not done.sent:
            stopping.rest(IDLE_SECONDS)
    return total


def _send() -> Drained:
    return sending.drain(keep_open=True, seconds=DURATIONS.run.total_seconds())


def _quietly(chore: Callable[[], Any]) -> Any:
    """Do it and commit; what fails comes again, and holds up nothing else."""
    try:
        done = chore()
        db.session.commit()
        return done
    except Exception as problem:
        log.error("chore_failed", chore=chore.__name__, problem=type(problem).__name__)
        return None
    finally:
        db.session.rollback()
        db.session.remove()


def sweep() -> None:
    sweeping.sweep(db.engine)


def archive() -> None:
    archiving.archive_all(db.engine, ROUNDS)


def bounces() -> None:
    if source := settings().bounce_mailbox:
        read_mailbox(source)


def clean() -> None:
    for _round in range(ROUNDS):
        done = cleaning.clean()
        db.session.commit()
        if not any(done.values()) or stopping.is_wished():
            break


#: What a worker does when beat wakes it: the seconds from one time to the next, at least.
CHORES: dict[Callable[[], Any], float] = {
    sweep: 0.0,
    publishing.turn: 0.0,
    followups.advance: 0.0,
    counts.fold: 0.0,
    letters.go_on: 30.0,
    posting_letters.send: 30.0,
    deliveries.go_on: 60.0,
    tallying.fold: 60.0,
    bounces: 300.0,
    reminding.remind_due: 60.0,
    archive: 900.0,
    clean: 3600.0,
}


def _say_what_else(done: Drained) -> None:
    for name in ("deferred", "failed", "suppressed", "unknown"):
        if count := getattr(done, name):
            click.echo(f"{count} {name}.")
    if done.offline:
        raise click.ClickException(
            f"No mail server: {done.offline}. Nothing is lost; try again when it is back."
        )
