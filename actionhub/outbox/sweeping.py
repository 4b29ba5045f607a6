"""Taking back what dead workers held, told dead by their beat alone.

1. Look at every owner of a held email, and at its beat (-1: it has none). 2. Note each beat that
changed since this host last looked, with the monotonic time: the note is a row, so that whichever
process of this host looks next goes on with it. 3. Whose beat stands unchanged for the lease is
dead: its claimed emails were never sent and are ready again, those being sent are unknown. Any
number of sweepers may do this at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, Select, case, delete, exists, insert, literal, select, union, update
from sqlalchemy.engine import Connection

from actionhub import clock
from actionhub.config import settings
from actionhub.database import insert_on
from actionhub.outbox.beats import BEATS, OBSERVATIONS
from actionhub.outbox.claiming import EVENTS
from actionhub.outbox.durations import DURATIONS
from actionhub.outbox.models import EmailState, Priority
from actionhub.outbox.pacing import EMAILS

#: The beat of an owner that has no row.
NO_BEAT = -1
IN_HAND = EMAILS.c.state.in_([literal(s, literal_execute=True) for s in ("claimed", "sending")])


@dataclass(frozen=True)
class Swept:
    """How many emails dead workers had held, by what became of them."""

    ready: int = 0
    unknown: int = 0
    failed: int = 0
    held: int = 0


@dataclass(frozen=True)
class _Seen:
    beat: int
    at: float  # monotonic seconds


@cache
def boot_id() -> str:
    """Which boot of which host this is: monotonic times mean nothing beyond it (proc(5))."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:  # not Linux: nobody else goes on with our observations
        import uuid

        return str(uuid.uuid4())


def sweep(engine: Engine) -> Swept:
    """Take back what workers held that are dead by now. Commits. Any number may do so at once."""
    now = clock.monotonic()
    with engine.connect().execution_options(sqlite_deferred=True) as connection:
        beats = _beats(connection)
        seen = _seen(connection)
        late = connection.execute(_misplaced().limit(1)).first() is not None
    lease = DURATIONS.lease.total_seconds()
    changed = {
        owner: beat
        for owner, beat in beats.items()
        if owner not in seen or seen[owner].beat != beat or seen[owner].at > now
    }
    dead = [o for o in beats if o not in changed and now - seen[o].at >= lease]
    gone = seen.keys() - beats.keys()
    if not (changed or dead or gone or late):
        return Swept()
    with engine.begin() as connection:
        _note(connection, changed, now)
        _forget(connection, gone)
        if late:
            _bring_back(connection)
    outcomes: list[EmailState] = []
    for owner in dead:
        with engine.begin() as connection:
            outcomes += _bury(connection, owner, beats[owner])
    return Swept(*(outcomes.count(s) for s in _OUTCOMES))


_OUTCOMES = (EmailState.READY, EmailState.UNKNOWN, EmailState.FAILED, EmailState.HELD)


def _beats(connection: Connection) -> dict[str, int]:
    holders = select(EMAILS.c.owner).where(IN_HAND, EMAILS.c.owner.is_not(None))
    owners = union(holders, select(BEATS.c.owner)).subquery()
    rows = connection.execute(
        select(owners.c.owner, BEATS.c.beat).outerjoin_from(
            owners, BEATS, BEATS.c.owner == owners.c.owner
        )
    )
    return {owner: NO_BEAT if beat is None else beat for owner, beat in rows}


def _seen(connection: Connection) -> dict[str, _Seen]:
    rows = connection.execute(
        select(OBSERVATIONS.c.owner, OBSERVATIONS.c.beat, OBSERVATIONS.c.seen_at_monotonic).where(
            OBSERVATIONS.c.boot_id == boot_id()
        )
    )
    return {owner: _Seen(beat, at) for owner, beat, at in rows}


def _note(connection: Connection, changed: Mapping[str, int], now: float) -> None:
    if not changed:
        return
    statement = insert_on(connection)(OBSERVATIONS)
    statement = statement.on_conflict_do_update(
        index_elements=["owner", "boot_id"],
        set_={
            "beat": statement.excluded.beat,
            "seen_at_monotonic": statement.excluded.seen_at_monotonic,
        },
        # Whoever saw this beat first saw it longest: an equal one keeps its time.
        where=(OBSERVATIONS.c.beat != statement.excluded.beat)
        | (OBSERVATIONS.c.seen_at_monotonic > now),
    )
    rows = [
        {"owner": owner, "boot_id": boot_id(), "beat": beat, "seen_at_monotonic": now}
        for owner, beat in sorted(changed.items())
    ]
    connection.execute(statement, rows)


def _forget(connection: Connection, owners: set[str]) -> None:
    """Observations of owners that ended."""
    if owners:
        connection.execute(delete(OBSERVATIONS).where(OBSERVATIONS.c.owner.in_(owners)))


def _bury(connection: Connection, owner: str, beat: int) -> list[EmailState]:
    """Take what `owner` held, unless it beat meanwhile."""
    ended = connection.execute(
        delete(BEATS).where(BEATS.c.owner == owner, BEATS.c.beat == beat)
    ).rowcount
    if not ended:
        row = select(exists().where(BEATS.c.owner == owner))
        if beat != NO_BEAT or connection.execute(row).scalar_one():
            return []  # it beat again, or another sweeper was first
    ready = connection.execute(
        update(EMAILS)
        .where(EMAILS.c.owner == owner, EMAILS.c.state == EmailState.CLAIMED)
        .values(state=EmailState.READY, owner=None, held_at=None)
    ).rowcount
    lost = _lose(connection, owner)
    connection.execute(delete(OBSERVATIONS).where(OBSERVATIONS.c.owner == owner))
    return [EmailState.READY] * ready + lost


def _lose(connection: Connection, owner: str) -> list[EmailState]:
    """What a dead worker was sending, perhaps sent: the owner stays, to fence a late reply."""
    now = clock.now()
    letter = EMAILS.c.priority == Priority.LETTER
    # One that was unknown before is given up, unless the relay can be asked about it first.
    again = (EMAILS.c.unknowns > 0) & literal(not settings().smtp_evidence_url)
    turned = connection.execute(
        update(EMAILS)
        .where(EMAILS.c.owner == owner, EMAILS.c.state == EmailState.SENDING)
        .values(
            state=case(
                (letter, literal(EmailState.HELD, EMAILS.c.state.type)),
                (again, literal(EmailState.FAILED, EMAILS.c.state.type)),
                else_=literal(EmailState.UNKNOWN, EMAILS.c.state.type),
            ),
            unknowns=EMAILS.c.unknowns + 1,
            due_at=now + DURATIONS.unknown_wait,
            finished_at=case((again & ~letter, literal(now, EMAILS.c.due_at.type)), else_=None),
        )
        .returning(EMAILS.c.id, EMAILS.c.attempt, EMAILS.c.state)
    ).all()
    events = [
        {"email_id": number, "at": now, "state": state, "attempt": attempt, "reason": "worker died"}
        for number, attempt, state in turned
    ]
    if events:
        connection.execute(insert(EVENTS), events)
    return [EmailState(state) for _, _, state in turned]


def _misplaced() -> Select[int]:
    """What is put off for longer than anything may be: the clock was set back since."""
    return select(EMAILS.c.id).where(
        EMAILS.c.state.in_([literal(s, literal_execute=True) for s in ("deferred", "unknown")]),
        EMAILS.c.due_at > clock.now() + DURATIONS.longest_wait(),
    )


def _bring_back(connection: Connection) -> None:
    """No wait outlasts the longest there is: due now."""
    connection.execute(
        update(EMAILS).where(EMAILS.c.id.in_(_misplaced().limit(10_000))).values(due_at=clock.now())
    )
