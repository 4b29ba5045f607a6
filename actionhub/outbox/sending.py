"""Sending what is due: claim, build, mark, hand over, record; one commit a message."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace

import structlog

from actionhub import clock
from actionhub.config import settings
from actionhub.database import db
from actionhub.outbox import claiming, keeping, stopping
from actionhub.outbox.batch import Batch, Ready
from actionhub.outbox.beats import pulse
from actionhub.outbox.bounds import Bounds
from actionhub.outbox.building import Builder
from actionhub.outbox.claiming import Claimed
from actionhub.outbox.connecting import Offline
from actionhub.outbox.evidence import was_accepted
from actionhub.outbox.marking import Settled
from actionhub.outbox.models import EmailState
from actionhub.outbox.outcomes import conclude
from actionhub.outbox.parking import parked
from actionhub.outbox.recording import AWAY, Goal, Records, insist
from actionhub.outbox.replies import Outcome, Reply, is_policy
from actionhub.outbox.tally import Drained, drained

log = structlog.get_logger(__name__)

#: Emails claimed at a time: about as many as go out in BATCH_SECONDS, so that what is urgent need
#: not wait for a slow server to take a long batch.
BATCHES = (10, 100)
BATCH_SECONDS = 2.0


def drain(
    *, limit: int | None = None, seconds: float | None = None, keep_open: bool = False
) -> Drained:
    """Send what is due, over `settings().smtp`, until nothing is or a bound is reached.

    Commits by itself, also what the caller's session had begun. Any number of these may run at
    once. `keep_open` leaves the SMTP connection to this thread's next run, and to threads of their
    own the conversations that wait long for the server's last word; else it waits for them.
    """
    db.session.commit()
    run = _Run(limit, seconds)
    try:
        run.until_done()
    finally:
        run.close(keep_open)
    return run.drained()


class _Run:
    """One run of one worker: its name, its two connections, its tally."""

    def __init__(self, limit: int | None, seconds: float | None) -> None:
        self._owner = claiming.new_owner()
        self._left = limit
        self._ends = None if seconds is None else time.monotonic() + seconds
        self._engine = db.engine
        self._pulse = pulse(self._engine)
        self._beats = False
        self._smtp = keeping.take()
        self._smtp.may_give_a_dot = self._may_give_a_dot
        self._records = Records(self._engine, self._owner)
        self._bounds = Bounds(self._engine, settings(), self._owner)
        self._builder = Builder(self._engine, self._cannot_be_written)
        self._refused: set[int] = set()  # mailings that were refused by policy
        self._tally: Counter[EmailState] = Counter()
        self._over_because: str | None = None

    def until_done(self) -> None:
        size = BATCHES[0]
        while self._left != 0 and not self._over():
            emails = self._claim(size if self._left is None else min(size, self._left))
            if not emails:
                if not self._bounds.rests(self._ends):
                    break
                continue
            if self._left is not None:
                self._left -= len(emails)
            self._refused |= self._builder.learn(email.mailing_id for email in emails)
            begun = time.monotonic()
            self._send(Batch(emails, self._builder.build))
            pace = len(emails) / max(time.monotonic() - begun, 1e-6)
            size = min(max(int(pace * BATCH_SECONDS), BATCHES[0]), BATCHES[1])

    def drained(self) -> Drained:
        more = self._left == 0 or self._is_late()
        return drained(self._tally, self._over_because or self._bounds.closed, more)

    def close(self, keep_open: bool) -> None:
        self._records.close()
        self._smtp.may_give_a_dot = keeping.always
        if keep_open and self._smtp.host is not None and not self._bounds.counts_connections:
            keeping.keep(self._smtp)
        else:
            self._smtp.close()
        if not keep_open:
            parked().wait()
        if self._beats:
            self._pulse.end(self._owner)

    def _over(self) -> bool:
        if stopping.is_wished() or self._over_because is not None:
            return True
        return self._is_late() or self._bounds.is_closed()

    def _is_late(self) -> bool:
        return self._ends is not None and time.monotonic() >= self._ends

    def _may_give_a_dot(self) -> bool:
        return self._pulse.may_give_a_dot(self._owner)

    def _claim(self, most: int) -> list[Claimed]:
        since = clock.monotonic()
        emails = claiming.claim(
            self._engine,
            self._owner,
            most,
            outlook=self._bounds.outlook,
            limits=self._bounds.limits,
            first=not self._beats,
        )
        if emails and not self._beats:
            self._pulse.begin(self._owner, since)
            self._beats = True
        return self._bounds.within_rates(emails)

    def _send(self, batch: Batch) -> None:
        """Send a claimed batch.

        1. Mark the first as being sent. 2. Build the one after it: nothing is built later. 3. Give
        the first to the server, its dot only if our beat is so young that nobody took us for dead.
        4. On its 250, record that and mark the next in one commit, and offer the next as soon as no
        death of ours can stop that commit. It gets its dot only once it is marked, else it is taken
        back: without its dot nothing was sent. 5. A server that is slow to answer the dot keeps a
        thread waiting, not us.
        """
        current, offered = self._mark_next(batch), False
        while current is not None:
            batch.peek()
            if not offered:
                self._smtp.offer(current.message)
            reply = self._smtp.finish(current.message, patience=self._bounds.patience())
            following = None
            if reply is None:
                self._park(current)
            elif reply.outcome is Outcome.ACCEPTED:
                following = self._take_following(batch)
                if not self._record_sent(current, reply, following, batch):
                    following = None
            else:
                self._record_other(current.email, reply)
            offered = following is not None
            current = following or self._mark_next(batch)
        claiming.release(self._engine, self._owner, batch.left(), None)

    def _take_following(self, batch: Batch) -> Ready | None:
        """The next, if it is built and may go at once. Nothing here can fail or wait."""
        item = batch.built
        if item is None or item.email.unknowns or self._is_late() or stopping.is_wished():
            return None
        if not self._smtp.is_ready() or not self._bounds.may_go(item.email.domain):
            return None
        return batch.take()

    def _mark_next(self, batch: Batch) -> Ready | None:
        """The next that may be sent, marked; None when the run or the batch is over."""
        while not self._over() and (item := batch.peek()) is not None:
            until = self._bounds.put_off(item.email.domain)
            if until is not None:
                batch.take()
                claiming.release(self._engine, self._owner, [item.email], until)
                continue
            if item.email.unknowns:
                item = self._ask_about(item)
                if item is None:
                    batch.take()
                    continue
            try:
                self._smtp.ready()
            except Offline as offline:
                self._bounds.failed(offline.reply)
                return None
            batch.take()
            if self._records.advance(None, _goal(item)).marked:
                return item
            self._explain(item)
        return None

    def _ask_about(self, item: Ready) -> Ready | None:
        """Ask the relay, if it can tell, about an email whose fate is unknown.

        None: it is over, as the relay took it or as twice nobody could tell.
        """
        url, email = settings().smtp_evidence_url, item.email
        taken = was_accepted(url, email.message_id) if url else None
        if taken:
            self._turn(email, EmailState.SENT, "the relay had taken it")
            return None
        if taken is False:
            self._records.forget_unknown(email)
            return replace(item, email=replace(email, unknowns=0))
        if email.unknowns > 1:
            self._turn(email, EmailState.FAILED, "unknown twice")
            return None
        return item

    def _record_sent(
        self, item: Ready, reply: Reply, following: Ready | None, batch: Batch
    ) -> bool:
        """Record a 250 and mark the following in one commit; whether it is marked, and offered."""
        settled, offered = Settled(item.email, EmailState.SENT, reply), False
        if following is None:
            marked = self._records.advance(settled, None).marked
        else:
            message = following.message

            def meanwhile() -> None:
                nonlocal offered
                offered = True
                self._smtp.offer(message)
                batch.peek()

            marked = self._records.advance(settled, _goal(following), meanwhile).marked
        self._tally[EmailState.SENT] += 1
        self._bounds.worked()
        self._bounds.accepted(item.email.domain)
        if item.email.mailing_id in self._refused:
            self._refused.discard(item.email.mailing_id)
            self._records.forget_refusals(item.email.mailing_id)
        if following is not None and not marked:
            if offered:
                self._smtp.take_back()
            self._explain(following)
        elif following is not None and not offered:  # marked by itself, the commit having failed
            self._smtp.offer(following.message)
        return marked

    def _record_other(self, email: Claimed, reply: Reply) -> None:
        settled = insist(lambda: conclude(self._engine, email, reply))
        self._records.other(settled, reply)
        self._tally[settled.state] += 1
        if is_policy(reply):
            self._refused.add(email.mailing_id)
        if reply.outcome is Outcome.OFFLINE:
            self._bounds.failed(reply)
        elif reply.outcome in (Outcome.REFUSED, Outcome.BOUNCED, Outcome.LATER):
            self._bounds.worked()
        elif reply.outcome is Outcome.COOL:
            self._bounds.look()
        elif reply.outcome is Outcome.WITHHELD:
            self._over_because = reply.reason

    def _park(self, item: Ready) -> None:
        """Leave a server that is slow to answer to a thread, and go on over a new connection."""
        self._bounds.is_slow(item.email.domain)
        tally, email = self._tally, item.email

        def tell(reply: Reply) -> None:
            tally[EmailState.SENT if reply.outcome is Outcome.ACCEPTED else EmailState.UNKNOWN] += 1

        parked().park(self._smtp, email, self._owner, self._pulse, tell)
        self._smtp = keeping.fresh()
        self._smtp.may_give_a_dot = self._may_give_a_dot

    def _explain(self, item: Ready) -> None:
        """The mark was refused: suppressed, paused or cancelled since the claim, or not ours."""
        after = self._records.why_not_marked(item.email, item.kind.scope)
        if after is None:  # paused, or swept meanwhile: then the fence makes this nothing
            claiming.release(self._engine, self._owner, [item.email], None)
        else:
            self._turn(item.email, after, after.value)

    def _cannot_be_written(self, email: Claimed, reason: str) -> None:
        try:
            self._turn(email, EmailState.FAILED, reason)
        except AWAY:  # it stays claimed; a sweeper brings it back
            log.warning("database_away", email=email.id)

    def _turn(self, email: Claimed, after: EmailState, reason: str) -> None:
        if self._records.turn(email, after, reason):
            self._tally[after] += 1


def _goal(item: Ready) -> Goal:
    return item.email, item.kind.scope
