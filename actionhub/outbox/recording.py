"""Writing down what became of each email, whatever happens to the database meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import chain, repeat
from typing import TypeVar

import structlog
from sqlalchemy import Engine, exists, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from actionhub.outbox import marking, pausing, stopping
from actionhub.outbox.claiming import MAILINGS, Claimed
from actionhub.outbox.marking import Marked, Settled
from actionhub.outbox.models import EmailState, MailingState, Scope, Suppression
from actionhub.outbox.replies import Outcome, Reply, is_policy
from actionhub.outbox.suppressions import stops, suppress_on

log = structlog.get_logger(__name__)

#: Seconds between tries to record what happened, while the database is away.
INSIST_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)

#: What says that the database is away, or has no place for us just now.
AWAY = (DBAPIError, PoolTimeout)
#: What saying it again does not change: the record itself is wrong.
WRONG = (DataError, IntegrityError, NotSupportedError, ProgrammingError)

T = TypeVar("T")
#: The next email with its mailing's scope.
Goal = tuple[Claimed, Scope]


class Records:
    """What one owner writes down; every update is fenced, so that twice is harmless."""

    def __init__(self, engine: Engine, owner: str) -> None:
        self._engine = engine
        self._owner = owner
        self._hot: Connection | None = None  # kept for the commits of the hot path

    def close(self) -> None:
        if self._hot is not None:
            self._hot.close()
            self._hot = None

    def advance(
        self,
        sent: Settled | None,
        following: Goal | None,
        meanwhile: Callable[[], None] | None = None,
    ) -> Marked:
        """The one commit of the hot path: this one is sent, the next is being sent.

        If that fails, the first alone, insisted upon: a 250 must be written down; then the next.
        `meanwhile` as in `marking.advance`; it may have run though the next one is not marked.
        """
        if sent is None or following is None:
            done = insist(lambda: self._commit(sent, following))
        else:
            try:
                done = self._commit(sent, following, meanwhile)
            except AWAY as problem:
                log.warning("database_away", problem=type(problem).__name__)
                first = insist(lambda: self._commit(sent, None))
                done = Marked(first.settled, insist(lambda: self._commit(None, following)).marked)
        if sent is not None and not done.settled:
            insist(lambda: self._sent_late(sent.email))
        return done

    def other(self, settled: Settled, reply: Reply) -> None:
        """Anything but a 250: with the suppression or the pause that follows from it."""

        def record() -> None:
            with self._engine.begin() as connection:
                if not marking.settle(connection, self._owner, settled):
                    return
                if reply.outcome is Outcome.BOUNCED:
                    suppress_on(connection, settled.email.address_hash, Scope.ALL, "bounced")
                paused = is_policy(reply) and pausing.note_refusal(
                    connection, settled.email.mailing_id, reply
                )
            if paused:
                log.error("mailing_paused", mailing=settled.email.mailing_id, code=reply.code)

        insist(record)

    def turn(self, email: Claimed, after: EmailState, reason: str) -> bool:
        """Turn a claimed email that cannot or must not be sent; False if it is not ours."""
        with self._engine.begin() as connection:
            return marking.turn_claimed(connection, self._owner, email, after, reason)

    def why_not_marked(self, email: Claimed, scope: Scope) -> EmailState | None:
        """What a claimed email that may not be sent must become; None: it goes back."""
        about = select(
            select(MAILINGS.c.state).where(MAILINGS.c.id == email.mailing_id).scalar_subquery(),
            exists().where(stops(Suppression.address_hash == email.address_hash, scope)),
        )
        with self._engine.begin() as connection:
            state, stopped = connection.execute(about).one()
        if state == MailingState.CANCELLED:
            return EmailState.CANCELLED
        return EmailState.SUPPRESSED if stopped else None

    def forget_refusals(self, mailing_id: int) -> None:
        """The server took an email of that mailing. Never fails."""
        try:
            with self._engine.begin() as connection:
                pausing.forget_refusals(connection, mailing_id)
        except AWAY as problem:
            log.warning("refusals_not_forgotten", problem=type(problem).__name__)

    def forget_unknown(self, email: Claimed) -> None:
        """The relay says that it never took a claimed email: its fate is known again."""
        with self._engine.begin() as connection:
            marking.forget_unknown(connection, self._owner, email)

    def _commit(
        self,
        sent: Settled | None,
        following: Goal | None,
        meanwhile: Callable[[], None] | None = None,
    ) -> Marked:
        if self._hot is None:
            self._hot = marking.connect(self._engine)
        try:
            return marking.advance(self._hot, self._owner, sent, following, meanwhile)
        except DBAPIError:
            self.close()
            raise

    def _sent_late(self, email: Claimed) -> None:
        with self._engine.begin() as connection:
            marking.sent_late(connection, email)


def insist(record: Callable[[], T]) -> T:
    """Do it however long the database is away: what was sent must be written down.

    Doing it twice is harmless: every update is fenced. Told to stop, or told by the database that
    the record is wrong, it gives up with the last of `INSIST_SECONDS` and raises one of AWAY; the
    email stays `sending` and is swept as unknown.
    """
    for wait in chain(INSIST_SECONDS, repeat(INSIST_SECONDS[-1])):
        try:
            return record()
        except AWAY as problem:
            log.warning("database_away", problem=type(problem).__name__)
            in_vain = stopping.is_wished() or isinstance(problem, WRONG)
            if in_vain and wait == INSIST_SECONDS[-1]:
                raise
            time.sleep(wait)
    raise AssertionError("it insists for ever")
