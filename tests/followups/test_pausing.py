"""Pausing takes hold within a message a worker, leaving reaches queued mail, and refusals pause."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask
from sqlalchemy import func, select, update

from actionhub import clock
from actionhub.actions.models import Action
from actionhub.config import Smtp
from actionhub.extensions import db
from actionhub.followups import sending, writing
from actionhub.followups.models import FollowUp, FollowUpState
from actionhub.outbox.models import Email, EmailEvent, EmailState, Mailing, MailingState
from actionhub.outbox.sending import drain
from actionhub.supporters.subscribing import leave
from tests.cast import a_member, an_open_action
from tests.mail import Sink, listening, mailing_through

E = EmailState
WORKERS = 4


class SlowSink(Sink):
    """Takes its time, and calls `then` once: when recipient number `at` is named.

    One that `waits` answers none of them until that is done.
    """

    def __init__(self, at: int, then: Callable[[], None], waits: bool = False) -> None:
        super().__init__()
        self.accepted: list[str] = []
        self.done = threading.Event()
        self._left, self._then, self._waits = at, then, waits

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        self._left -= 1
        if self._left == 0:
            threading.Thread(target=self._act).start()
        while self._waits and not self.done.is_set():
            await asyncio.sleep(0.01)
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        await asyncio.sleep(0.01)
        self.accepted.append(envelope.rcpt_tos[0])
        return "250 2.0.0 OK"

    def _act(self) -> None:
        self._then()
        self.done.set()


def going_out(members: int) -> tuple[Action, FollowUp, list[int]]:
    action = an_open_action()
    ids = [a_member(action, f"P {n}", f"p{n}@example.org").supporter_id for n in range(members)]
    follow_up = writing.draft(action.id, subject="News", body_markdown="Here.")
    sending.start(follow_up, None)
    db.session.commit()
    assert sending.advance() == members
    return action, follow_up, [supporter_id or 0 for supporter_id in ids]


def with_workers(app: Flask, sink: SlowSink) -> None:
    """Drain by several workers at once until nothing may be sent any more."""
    problems: list[BaseException] = []

    def work() -> None:
        with app.app_context():
            try:
                drain()
            except BaseException as problem:
                problems.append(problem)
            finally:
                db.session.remove()

    with (
        listening(sink) as port,
        mailing_through(app, Smtp("127.0.0.1", port, None, None, "plain")),
    ):
        threads = [threading.Thread(target=work) for _ in range(WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
    assert problems == []
    assert sink.done.wait(10)


def until_each_worker_hands_one_over() -> None:
    """From here on none turns to another email: the sink lets each of them wait."""
    for _try in range(3000):
        db.session.rollback()
        held = select(Email.owner, Email.state).where(Email.state.in_([E.CLAIMED, E.SENDING]))
        found = db.session.execute(held).all()
        owners = {owner for owner, _state in found}
        handing_over = {owner for owner, state in found if state is E.SENDING}
        if owners == handing_over and (len(owners) == WORKERS or E.READY not in states()):
            return
        time.sleep(0.01)
    raise AssertionError("the workers did not begin")


def states() -> dict[EmailState, int]:
    db.session.rollback()
    counted = select(Email.state, func.count()).group_by(Email.state)
    return {state: number for state, number in db.session.execute(counted)}  # noqa: C416


def test_a_pause_takes_hold_within_one_message_a_worker(app: Flask) -> None:
    _action, follow_up, _ids = going_out(300)
    follow_up_id = follow_up.id
    db.session.remove()
    accepted_by_then: list[int] = []

    def pause() -> None:
        with app.app_context():
            sending.pause(db.session.get_one(FollowUp, follow_up_id))
            db.session.commit()
            accepted_by_then.append(len(sink.accepted))
            db.session.remove()

    sink = SlowSink(40, pause)
    with_workers(app, sink)
    [before] = accepted_by_then
    assert 0 < before < 300
    assert len(sink.accepted) - before <= WORKERS
    found = states()
    assert found == {E.SENT: len(sink.accepted), E.READY: 300 - len(sink.accepted)}


def test_nobody_who_left_meanwhile_is_mailed_by_any_worker(app: Flask) -> None:
    _action, follow_up, _ids = going_out(200)
    follow_up_id = follow_up.id
    db.session.remove()
    leavers: set[str | None] = set()

    def go() -> None:
        """All but forty of those whose email is queued, or held by a worker already, leave."""
        with app.app_context():
            until_each_worker_hands_one_over()
            waiting = select(Email.key, Email.address).where(Email.state.in_([E.READY, E.CLAIMED]))
            for key, address in db.session.execute(waiting.order_by(Email.id).offset(40)).all():
                leave(int(key.rpartition(":")[2]))
                leavers.add(address)
            db.session.commit()
            db.session.remove()

    sink = SlowSink(1, go, waits=True)
    with_workers(app, sink)
    assert len(leavers) > 100
    assert leavers.isdisjoint(sink.accepted)
    assert states() == {E.SENT: 200 - len(leavers), E.SUPPRESSED: len(leavers)}
    progress = sending.progress_of(db.session.get_one(FollowUp, follow_up_id))
    assert progress.unsubscribed == progress.suppressed == len(leavers)


def refuse(*numbers: int) -> None:
    """What the outbox does when the mail server refuses some emails in a row, and their mailing."""
    moment = clock.now()
    for number in numbers:
        db.session.execute(
            update(Email)
            .where(Email.id == number)
            .values(state=E.FAILED, attempt=1, finished_at=moment, owner="w")
        )
        db.session.add(
            EmailEvent(
                email_id=number, at=moment, state=E.FAILED, attempt=1, code=550, enhanced="5.7.1"
            )
        )
    mailing_id = db.session.scalar(select(Email.mailing_id).where(Email.id == numbers[0]))
    paused: dict[str, Any] = {"state": MailingState.PAUSED, "paused_because": "550 5.7.1"}
    db.session.execute(
        update(Mailing).where(Mailing.id == mailing_id).values(refusals=len(numbers), **paused)
    )
    db.session.commit()


def numbers() -> list[int]:
    return list(db.session.scalars(select(Email.id).order_by(Email.id)))


def test_a_refused_follow_up_pauses_whole_and_tells_why(app: Flask) -> None:
    _action, follow_up, _ids = going_out(5)
    first, second, *_rest = numbers()
    refuse(first, second)
    assert sending.advance() == 0
    assert follow_up.state is FollowUpState.PAUSED
    assert set(db.session.scalars(select(Mailing.state))) == {MailingState.PAUSED}
    progress = sending.progress_of(follow_up)
    assert (progress.refusal, progress.refused) == ("550 5.7.1", 2)
    assert (progress.failed, progress.waiting) == (2, 3)


def test_resuming_a_refused_one_tries_anew_what_was_refused_and_only_that(
    app: Flask, smtp_sink: Sink
) -> None:
    _action, follow_up, _ids = going_out(5)
    refused, bounced, *_rest = numbers()
    refuse(refused)
    failed = {"state": E.FAILED, "finished_at": clock.now()}
    db.session.execute(update(Email).where(Email.id == bounced).values(failed))
    event = {"at": clock.now(), "state": E.FAILED, "attempt": 1, "code": 550, "enhanced": "5.1.1"}
    db.session.add(EmailEvent(email_id=bounced, **event))
    db.session.commit()
    sending.advance()
    sending.resume(follow_up)
    db.session.commit()
    told = select(Mailing.state, Mailing.refusals, Mailing.paused_because)
    assert set(db.session.execute(told)) == {(MailingState.ACTIVE, 0, None)}
    assert sending.progress_of(follow_up).refusal is None
    assert drain().sent == 4
    assert states() == {E.SENT: 4, E.FAILED: 1}
    reasons = select(EmailEvent.reason).where(EmailEvent.email_id == refused)
    assert "retried" in list(db.session.scalars(reasons))
    sending.advance()
    assert follow_up.state is FollowUpState.SENT


def test_a_pause_by_hand_sends_nothing_again_that_was_refused(app: Flask) -> None:
    _action, follow_up, _ids = going_out(3)
    refuse(numbers()[0])
    db.session.execute(update(Mailing).values(state=MailingState.ACTIVE, paused_because=None))
    sending.pause(follow_up)
    sending.resume(follow_up)
    db.session.commit()
    assert states() == {E.FAILED: 1, E.READY: 2}


def test_one_that_was_over_pauses_too_when_its_rest_is_refused(app: Flask) -> None:
    _action, follow_up, _ids = going_out(2)
    db.session.execute(update(Email).values(state=E.SENT, finished_at=clock.now()))
    db.session.commit()
    sending.advance()
    assert follow_up.state is FollowUpState.SENT
    refuse(numbers()[1])
    sending.advance()
    assert (follow_up.state, follow_up.finished_at) == (FollowUpState.PAUSED, None)
    assert [row.id for row in writing.paused_by_themselves()] == [follow_up.id]


def test_another_follow_up_goes_on(app: Flask) -> None:
    action, follow_up, _ids = going_out(2)
    other = writing.draft(action.id, subject="Other", body_markdown="Here.")
    refuse(numbers()[0])
    sending.start(other, None)
    db.session.commit()
    assert sending.advance() == 2
    assert (follow_up.state, other.state) == (FollowUpState.PAUSED, FollowUpState.SENDING)
