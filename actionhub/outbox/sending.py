"""Sending what is due: claim, build, mark, hand over, record; one commit a message."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Set
from dataclasses import dataclass
from typing import TypeVar

import structlog
from sqlalchemy import exists, select
from sqlalchemy.engine import Connection as DatabaseConnection
from sqlalchemy.exc import DBAPIError

from actionhub.addresses import domain_of
from actionhub.config import settings
from actionhub.database import db
from actionhub.outbox import claiming, keeping, marking, rendering
from actionhub.outbox.batch import Batch, Ready
from actionhub.outbox.breaker import breaker
from actionhub.outbox.claiming import MAILINGS, Claimed
from actionhub.outbox.marking import Marked, Settled
from actionhub.outbox.meanwhile import Meanwhile
from actionhub.outbox.messages import Kind, skeleton
from actionhub.outbox.models import EmailState, MailingState, Scope, Suppression
from actionhub.outbox.outcomes import conclude
from actionhub.outbox.replies import Outcome, Reply
from actionhub.outbox.suppressions import stops, suppress_on
from actionhub.outbox.transport import Offline

log = structlog.get_logger(__name__)

#: Emails claimed and built at a time.
BATCH = 50
#: Seconds between tries to record what happened, while the database is away.
INSIST_SECONDS = (0.2, 1.0, 3.0, 10.0)

T = TypeVar("T")


@dataclass(frozen=True)
class Drained:
    """What one run sent, and what became of the rest. `offline` says why the server was left."""

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    suppressed: int = 0
    unknown: int = 0
    offline: str | None = None


def drain(
    *, limit: int | None = None, seconds: float | None = None, keep_open: bool = False
) -> Drained:
    """Send what is due, over `settings().smtp`, until nothing is or a bound is reached.

    Commits by itself, also what the caller's session had begun. Any number of these may run at
    once. `keep_open` leaves the SMTP connection to this thread's next run.
    """
    db.session.commit()
    run = _Run(limit, seconds)
    try:
        return run.until_done()
    finally:
        run.close(keep_open)


class _Run:
    """One run of one worker: its name, its two connections, its tally."""

    def __init__(self, limit: int | None, seconds: float | None) -> None:
        self._owner = claiming.new_owner()
        self._left = limit
        self._ends = None if seconds is None else time.monotonic() + seconds
        self._smtp = keeping.take()
        self._engine = db.engine  # also for the commits' thread, which has no app context
        self._database: DatabaseConnection | None = None
        self._commits: Meanwhile[Marked] = Meanwhile()
        self._kinds: dict[int, Kind] = {}
        self._tally: Counter[EmailState] = Counter()
        self._offline: str | None = None

    def until_done(self) -> Drained:
        while self._left != 0 and not self._over():
            size = BATCH if self._left is None else min(BATCH, self._left)
            batch = claiming.claim(db.engine, self._owner, size)
            if not batch:
                break
            if self._left is not None:
                self._left -= len(batch)
            self._learn_kinds({email.mailing_id for email in batch} - self._kinds.keys())
            self._send(Batch(batch, self._build))
        count = self._tally
        if count:
            log.info("mail", **{state.value: n for state, n in count.items()})
        return Drained(
            sent=count[EmailState.SENT],
            deferred=count[EmailState.DEFERRED],
            failed=count[EmailState.FAILED] + count[EmailState.EXPIRED],
            suppressed=count[EmailState.SUPPRESSED],
            unknown=count[EmailState.UNKNOWN] + count[EmailState.HELD],
            offline=self._offline,
        )

    def close(self, keep_open: bool) -> None:
        self._commits.end()
        if self._database is not None:
            self._database.close()
        if keep_open and self._smtp.host is not None:
            keeping.keep(self._smtp)
        else:
            self._smtp.close()

    def _over(self) -> bool:
        if breaker().is_open():
            self._offline = self._offline or "the mail server is left alone for a while"
        timed_out = self._ends is not None and time.monotonic() >= self._ends
        return self._offline is not None or timed_out

    def _build(self, email: Claimed) -> Ready | None:
        """The message of a claimed email; one that cannot be written fails, and stops no other."""
        kind, fields = self._kinds[email.mailing_id], email.fields
        try:
            if email.address is None or fields is None:
                raise LookupError("erased")
            frame = skeleton(kind, rendering.variant_of(fields), settings())
            message = frame.fill(
                address=email.address,
                message_id=email.message_id,
                date=email.created_at,
                fields=fields,
            )
        except Exception as problem:  # a bad template or row must not stop the others
            reason = f"cannot be written: {type(problem).__name__}"
            log.error("email_cannot_be_written", email=email.id, template=kind.template)
            try:
                self._turn(email, EmailState.FAILED, reason)
            except DBAPIError:  # it stays claimed; the lease brings it back
                log.warning("database_away", email=email.id)
            return None
        return Ready(email, kind, message)

    def _send(self, batch: Batch) -> None:
        """Send a built batch.

        1. Mark the first as being sent. 2. Offer it: all but the final dot. 3. Give the dot.
        4. On its 250, record that and mark the next in one commit, while the next is offered; it
        gets its dot only once that commit stands, else it is taken back. Without its dot nothing
        was sent, so a death before the commit leaves the next one `claimed`, and rightly.
        """
        current = self._mark_next(batch)
        offered = False
        while current is not None:
            if not offered:
                self._smtp.offer(current.message)
            reply = self._smtp.finish(current.message)
            settled = conclude(current.email, reply)
            following = None
            if reply.outcome is Outcome.ACCEPTED:
                if batch.built is not None and self._may_go_at_once(batch.built):
                    following = batch.take()
                if not self._record_sent(settled, following, batch):
                    following = None
            else:
                self._record_other(settled, reply)
            offered = following is not None
            current = following or self._mark_next(batch)
        claiming.release(db.engine, self._owner, batch.left(), None)

    def _may_go_at_once(self, item: Ready) -> bool:
        cooling = breaker().cooling_until(domain_of(item.message.envelope_to))
        timed_out = self._ends is not None and time.monotonic() >= self._ends
        return cooling is None and not timed_out and self._smtp.is_ready()

    def _mark_next(self, batch: Batch) -> Ready | None:
        """The next that may be sent, marked; None when the run or the batch is over."""
        while not self._over() and (item := batch.peek()) is not None:
            until = breaker().cooling_until(domain_of(item.message.envelope_to))
            if until is not None:
                batch.take()
                claiming.release(db.engine, self._owner, [item.email], until)
                continue
            try:
                self._smtp.ready()
            except Offline as offline:
                self._leave_alone(offline.reply)
                return None
            batch.take()
            batch.peek()  # built before this one's 250, after which nothing may come between
            breaker().worked()
            if self._advance(None, item).marked:
                return item
            self._explain(item)
        return None

    def _record_sent(self, settled: Settled, following: Ready | None, batch: Batch) -> bool:
        """Record a 250 and mark the following, which is offered meanwhile; whether it is marked."""
        if following is None:
            done = self._advance(settled, None)
        else:
            goal = following
            self._commits.begin(lambda: self._advance(settled, goal))
            try:
                self._smtp.offer(following.message)
                batch.peek()  # the one after it is built while the commit is under way
            finally:
                done = self._commits.result()
        if not done.settled:
            _insist(lambda: self._record_late(settled.email))
        self._tally[EmailState.SENT] += 1
        if following is not None and not done.marked:
            self._smtp.take_back()
            self._explain(following)
        return done.marked

    def _record_late(self, email: Claimed) -> None:
        with self._engine.begin() as database:
            marking.sent_late(database, email)

    def _record_other(self, settled: Settled, reply: Reply) -> None:
        def record() -> None:
            with db.engine.begin() as database:
                marking.settle(database, self._owner, settled)
                if reply.outcome is Outcome.BOUNCED:
                    suppress_on(database, settled.email.address_hash, Scope.ALL, "bounced")

        _insist(record)
        self._tally[settled.state] += 1
        if reply.outcome is Outcome.OFFLINE:
            self._leave_alone(reply)

    def _explain(self, item: Ready) -> None:
        """The mark was refused: suppressed, paused or cancelled since the claim, or not ours."""
        email = item.email
        about = select(
            select(MAILINGS.c.state).where(MAILINGS.c.id == email.mailing_id).scalar_subquery(),
            exists().where(stops(Suppression.address_hash == email.address_hash, item.kind.scope)),
        )
        with db.engine.begin() as database:
            state, stopped = database.execute(about).one()
        if state == MailingState.CANCELLED:
            self._turn(email, EmailState.CANCELLED, "its mailing was cancelled")
        elif stopped:
            self._turn(email, EmailState.SUPPRESSED, "suppressed")
        else:  # paused, or recovered by another worker: then the fence makes this nothing
            claiming.release(db.engine, self._owner, [email], None)

    def _turn(self, email: Claimed, after: EmailState, reason: str) -> None:
        with db.engine.begin() as database:
            if marking.turn_claimed(database, self._owner, email, after, reason):
                self._tally[after] += 1

    def _leave_alone(self, reply: Reply) -> None:
        until = breaker().failed()
        self._offline = reply.reason
        log.warning("mail_server_away", reason=reply.reason, code=reply.code, until=str(until))

    def _advance(self, sent: Settled | None, following: Ready | None) -> Marked:
        """The one commit of the hot path, over a connection kept for the run."""
        goal = None if following is None else (following.email, following.kind.scope)

        def commit() -> Marked:
            if self._database is None:
                self._database = marking.connect(self._engine)
            try:
                return marking.advance(self._database, self._owner, sent, goal)
            except DBAPIError:
                self._database.close()
                self._database = None
                raise

        return _insist(commit)

    def _learn_kinds(self, ids: Set[int]) -> None:
        if not ids:
            return
        with db.engine.begin() as database:
            rows = database.execute(select(MAILINGS).where(MAILINGS.c.id.in_(ids))).all()
        for row in rows:
            content = rendering.canonical(row.content)
            self._kinds[row.id] = Kind(
                row.key, row.template, row.locale, row.scope, row.automatic, content
            )


def _insist(record: Callable[[], T]) -> T:
    """Do it though the database may be away for a moment: what was sent must be written down.

    Doing it twice is harmless: every update is fenced. Raises DBAPIError when patience ends; the
    email then stays `sending` and is recovered as `unknown`.
    """
    for wait in INSIST_SECONDS:
        try:
            return record()
        except DBAPIError as problem:
            log.warning("database_away", problem=type(problem).__name__)
            time.sleep(wait)
    return record()
