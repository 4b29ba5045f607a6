from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, text, update
from sqlalchemy.exc import OperationalError

from actionhub import clock
from actionhub.addresses import address_hash
from actionhub.config import Smtp
from actionhub.extensions import db
from actionhub.outbox import (
    building,
    claiming,
    dropping,
    marking,
    queue,
    recording,
    sending,
    sweeping,
)
from actionhub.outbox.batch import Ready
from actionhub.outbox.durations import DURATIONS
from actionhub.outbox.models import Beat, Email, EmailState, Priority, Scope
from actionhub.outbox.sending import drain
from actionhub.outbox.tally import Drained
from actionhub.outbox.transport import Connection
from tests.mail import Sink, mailing_through
from tests.outbox.people import (
    a_mailing,
    events_of,
    row_of,
    state_of,
    sweep_after_the_lease,
    write_to,
)
from tests.outbox.scripted import Scripted, running


class Killed(BaseException):
    """Stands for kill -9: nothing after it runs, no handler catches it."""


def drain_in_thread(app: Flask) -> Drained:
    with app.app_context():
        try:
            return drain()
        finally:
            db.session.remove()


def test_workers_side_by_side_send_everything_once(app: Flask, smtp_sink: Sink) -> None:
    for n in range(240):
        queue.enqueue(
            a_mailing(),
            key=f"me:{n}",
            address=f"p{n}@example.org",
            address_hash=f"{n:064d}",
            fields={"me_url": "http://localhost/me/x"},
            priority=Priority.URGENT,
        )
    db.session.commit()
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _n: drain_in_thread(app), range(4)))
    assert sum(one.sent for one in done) == 240
    to = Counter(envelope.rcpt_tos[0] for envelope in smtp_sink.envelopes)
    assert len(to) == 240
    assert set(to.values()) == {1}
    assert queue.progress(a_mailing()) == {EmailState.SENT: 240}


def test_two_claims_never_hold_the_same_email(app: Flask) -> None:
    for n in range(10):
        write_to(f"p{n}@example.org")
    one = claiming.claim(db.engine, "one", 6)
    two = claiming.claim(db.engine, "two", 6)
    assert (len(one), len(two)) == (6, 4)
    assert not {email.id for email in one} & {email.id for email in two}


def test_what_was_put_off_does_not_crowd_out_what_is_new(app: Flask) -> None:
    for n in range(8):
        number = write_to(f"old{n}@example.org", "followup")
        db.session.execute(
            update(Email).where(Email.id == number).values(state=EmailState.DEFERRED)
        )
    db.session.commit()
    urgent = write_to("now@example.org", "confirm")
    batch = claiming.claim(db.engine, "one", 4)
    assert batch[0].id == urgent
    assert len(batch) == 3


def test_dead_after_the_claim_is_ready_again_and_sent_once(
    app: Flask, smtp_sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [write_to(f"p{n}@example.org") for n in range(3)]
    with monkeypatch.context() as patch:
        patch.setattr(building.Builder, "build", dies)
        with pytest.raises(Killed):
            drain()
    assert {state_of(n) for n in numbers} == {EmailState.CLAIMED}
    assert drain().sent == 0
    sweeping.sweep(db.engine)
    assert drain().sent == 0, "the lease is not over: its worker may live"
    assert sweep_after_the_lease().ready == 3
    assert drain().sent == 3
    assert len(smtp_sink.raw) == 3


def dies(*_args: object, **_more: object) -> None:
    raise Killed


def test_dead_between_the_250_and_its_record_is_sent_once_more_byte_for_byte(
    app: Flask, smtp_sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = write_to("ada@example.org", "thanks")
    with monkeypatch.context() as patch:
        patch.setattr(sending, "Settled", dies)
        with pytest.raises(Killed):
            drain()
    assert len(smtp_sink.raw) == 1
    assert state_of(number) is EmailState.SENDING
    assert sweep_after_the_lease().unknown == 1
    assert sweep_after_the_lease().unknown == 0
    assert drain().sent == 0, "fifteen minutes are left for evidence"
    with clock.moved_by(minutes=15, seconds=1):
        assert drain().sent == 1
    assert smtp_sink.raw[0] == smtp_sink.raw[1]
    assert (row_of(number).state, row_of(number).attempt) == (EmailState.SENT, 2)


def test_dead_a_second_time_in_sending_is_failed_and_a_letter_held(app: Flask) -> None:
    number = write_to("ada@example.org")
    letter = write_to("office@example.org", key="letter:1", priority=Priority.LETTER)
    moment = clock.now()
    for _ in range(2):
        with clock.set_to(moment):
            for email in claiming.claim(db.engine, "dead", 10):
                with marking.connect(db.engine) as connection:
                    assert marking.advance(connection, "dead", None, (email, Scope.SIGNING)).marked
        with clock.set_to(moment):
            sweep_after_the_lease()
        moment += DURATIONS.unknown_wait
    assert state_of(number) is EmailState.FAILED
    assert state_of(letter) is EmailState.HELD
    assert (row_of(number).unknowns, row_of(letter).unknowns) == (2, 1)


@pytest.mark.parametrize("meanwhile", ["unknown", "claimed again", "cancelled"])
def test_a_late_250_of_the_first_attempt_turns_it_sent(
    app: Flask, smtp_sink: Sink, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    number = write_to("ada@example.org")
    long_after = clock.now() + timedelta(hours=1)
    keep = smtp_sink.handle_DATA

    async def slow(*args: object) -> str:
        reply = await keep(*args)  # type: ignore[arg-type]
        with app.app_context(), clock.set_to(long_after):
            db.session.execute(delete(Beat))  # as if it had stood still for long
            db.session.commit()
            sweep_after_the_lease()
            with clock.set_to(long_after + timedelta(minutes=16)):
                if meanwhile == "claimed again":
                    assert len(claiming.claim(db.engine, "other", 5)) == 1
                if meanwhile == "cancelled":
                    dropping.cancel_to(address_hash("ada@example.org"))
                    db.session.commit()
            db.session.remove()
        return reply

    monkeypatch.setattr(smtp_sink, "handle_DATA", slow)
    assert drain().sent == 1
    assert state_of(number) is EmailState.SENT
    with clock.set_to(long_after + timedelta(days=1)):
        sweep_after_the_lease()
        assert drain().sent == 0
    assert len(smtp_sink.raw) == 1


def test_a_worker_whose_lease_ran_out_sends_nothing_of_its_batch(
    app: Flask, smtp_sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_to("ada@example.org")
    build = building.Builder.build

    def slowly(run: building.Builder, email: claiming.Claimed) -> Ready | None:
        db.session.execute(delete(Beat))  # as if it had stood still for long
        db.session.commit()
        if sweep_after_the_lease().ready:
            assert len(claiming.claim(db.engine, "other", 5)) == 1
        return build(run, email)

    monkeypatch.setattr(building.Builder, "build", slowly)
    assert drain().sent == 0
    assert smtp_sink.raw == []


def test_the_record_of_a_250_waits_for_the_database_to_come_back(
    app: Flask, smtp_sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = write_to("ada@example.org")
    monkeypatch.setattr(recording, "INSIST_SECONDS", (0.01, 0.01, 0.01))
    advance: Callable[..., marking.Marked] = marking.advance
    away = iter([True, True])

    def shaky(*given: Any) -> marking.Marked:
        if given[2] is not None and next(away, False):
            raise OperationalError("UPDATE", {}, Exception("gone"))
        return advance(*given)

    monkeypatch.setattr(marking, "advance", shaky)
    assert drain().sent == 1
    assert state_of(number) is EmailState.SENT


def test_no_transaction_is_open_while_the_server_is_spoken_to(
    app: Flask, smtp_sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3):
        write_to(f"p{n}@example.org")
    keep, waits = smtp_sink.handle_DATA, []

    async def writes_too(*args: object) -> str:
        with app.app_context():
            start = time.monotonic()
            db.session.execute(update(Email).values(unknowns=Email.unknowns))
            db.session.commit()
            waits.append(time.monotonic() - start)
            db.session.remove()
        return await keep(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(smtp_sink, "handle_DATA", writes_too)
    assert drain().sent == 3
    assert len(waits) == 3
    assert max(waits) < 5  # a held lock would have kept it for the busy timeout


@pytest.mark.servers
def test_a_worker_killed_for_real_loses_nothing_and_repeats_only_the_one_in_hand(
    app: Flask, database_kind: str
) -> None:
    numbers = [write_to(f"p{n}@example.org") for n in range(6)]
    reached = threading.Event()

    def third(times: int) -> str:
        if times == 2 and not reached.is_set():
            reached.set()
            time.sleep(3)  # the server has it; the worker dies before it hears so
        return "250 2.0.0 ok"

    server = Scripted(DOT=third)
    with (
        running(server) as port,
        mailing_through(app, Smtp("127.0.0.1", port, None, None, "plain")),
    ):
        db.session.remove()
        child = os.fork()
        if child == 0:
            db.engine.dispose(close=False)
            drain()
            os._exit(0)
        assert reached.wait(20)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        states = Counter(state_of(n) for n in numbers)
        assert states == {EmailState.SENT: 2, EmailState.SENDING: 1, EmailState.CLAIMED: 3}
        sweep_after_the_lease()
        assert drain().sent == 3
        with clock.moved_by(minutes=16):
            assert drain().sent == 1
    assert len(server.bodies) == 7
    assert len(set(server.bodies)) == 6, "the repeated one is the same, byte for byte"


def test_dead_before_the_next_is_marked_leaves_it_unsent(
    app: Flask, smtp_sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = write_to("ada@example.org"), write_to("bo@example.org")
    advance: Callable[..., marking.Marked] = marking.advance

    def killed_at_the_second(*given: Any) -> marking.Marked:
        if given[2] is not None:  # the commit that says "the first is sent"
            raise Killed
        return advance(*given)

    with monkeypatch.context() as patch:
        patch.setattr(marking, "advance", killed_at_the_second)
        with pytest.raises(Killed):
            drain()
    assert len(smtp_sink.raw) == 1, "what has no final dot was not sent"
    assert state_of(first) is EmailState.SENDING
    assert state_of(second) is EmailState.CLAIMED


def test_nothing_is_built_between_a_250_and_its_record(
    app: Flask, smtp_sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        write_to(f"p{number}@example.org")
    happened: list[str] = []

    def told(owner: type, name: str) -> None:
        real = getattr(owner, name)

        def tell(*given: Any, **more: Any) -> Any:
            if name == "build":
                happened.append("build")
            result = real(*given, **more)
            if name != "build":
                happened.append(name)
            return result

        monkeypatch.setattr(owner, name, tell)

    told(building.Builder, "build")
    told(Connection, "finish")
    record = sending._Run._record_sent

    def recorded(*given: Any) -> bool:
        happened.append("record")
        return record(*given)

    monkeypatch.setattr(sending._Run, "_record_sent", recorded)
    assert drain().sent == 4
    after_each_250 = [happened[at + 1] for at, what in enumerate(happened) if what == "finish"]
    assert after_each_250 == ["record"] * 4


def test_a_database_that_hangs_up_on_the_record_loses_and_doubles_nothing(
    app: Flask, smtp_sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [write_to(f"p{n}@example.org") for n in range(4)]
    monkeypatch.setattr(recording, "INSIST_SECONDS", (0.01, 0.01, 0.01))
    advance: Callable[..., marking.Marked] = marking.advance
    calls, engine = Counter[str](), db.engine

    def hung_up_on(connection: Any, *given: Any) -> marking.Marked:
        calls["advance"] += 1
        if calls["advance"] == 3 and connection.dialect.name == "postgresql":
            backend = connection.connection.dbapi_connection.info.backend_pid
            with engine.begin() as killer:
                killer.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": backend})
        return advance(connection, *given)

    monkeypatch.setattr(marking, "advance", hung_up_on)
    assert drain().sent == 4
    assert {state_of(number) for number in numbers} == {EmailState.SENT}
    assert len(smtp_sink.raw) == 4
    if db.engine.dialect.name == "postgresql":
        assert calls["advance"] >= 7, "the sent one was said again, alone, then the next"


def test_a_commit_whose_answer_is_lost_is_said_again_and_leaves_nothing_unknown(
    app: Flask, smtp_sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [write_to(f"p{n}@example.org") for n in range(4)]
    monkeypatch.setattr(recording, "INSIST_SECONDS", (0.01,))
    advance: Callable[..., marking.Marked] = marking.advance
    lost = iter([True, False, True, False, False, True])

    def answered_in_vain(*given: Any) -> marking.Marked:
        done = advance(*given)
        if next(lost, False):
            raise OperationalError("COMMIT", None, Exception("the line is dead"))
        return done

    monkeypatch.setattr(marking, "advance", answered_in_vain)
    assert drain().sent == 4
    assert {state_of(number) for number in numbers} == {EmailState.SENT}
    assert {row_of(number).attempt for number in numbers} == {1}
    assert len(smtp_sink.raw) == 4
    for number in numbers:
        assert [state for state, _, _ in events_of(number)] == ["sent"]
