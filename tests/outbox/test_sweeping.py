"""A worker is told dead by its beat alone, and never while it lives."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from actionhub import clock
from actionhub.extensions import db
from actionhub.outbox import claiming, marking, sweeping
from actionhub.outbox.beats import Pulse, pulse
from actionhub.outbox.durations import DURATIONS
from actionhub.outbox.models import Beat, BeatObservation, Email, EmailState, Scope
from actionhub.outbox.sending import drain
from actionhub.outbox.sweeping import Swept
from tests.mail import Sink
from tests.outbox.people import events_of, row_of, state_of, sweep_after_the_lease, write_to

LEASE = DURATIONS.lease.total_seconds()


def claim_and_beat(owner: str = "worker") -> list[claiming.Claimed]:
    return claiming.claim(db.engine, owner, 10, first=True)


def count(table: type) -> int:
    db.session.rollback()
    return db.session.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_beat_that_stands_still_for_the_lease_gives_its_mail_back(app: Flask) -> None:
    number = write_to("ada@example.org")
    claim_and_beat()
    assert sweeping.sweep(db.engine) == Swept()
    with clock.let_pass(LEASE - 1):
        assert sweeping.sweep(db.engine) == Swept(), "the lease is not over"
    with clock.let_pass(LEASE + 1):
        assert sweeping.sweep(db.engine) == Swept(ready=1)
    assert (state_of(number), row_of(number).owner) == (EmailState.READY, None)
    assert (count(Beat), count(BeatObservation)) == (0, 0)


def test_a_worker_that_beats_keeps_its_mail_however_long(app: Flask) -> None:
    number = write_to("ada@example.org")
    claim_and_beat()
    for minutes in range(1, 6):
        with clock.let_pass(60.0 * minutes):
            Pulse(db.engine).beat(["worker"])
            assert sweeping.sweep(db.engine) == Swept()
    assert state_of(number) is EmailState.CLAIMED


def test_the_wall_clock_says_nothing_about_life_and_death(app: Flask) -> None:
    write_to("ada@example.org")
    claim_and_beat()
    sweeping.sweep(db.engine)
    for days in (1, -1, 400):
        with clock.moved_by(days=days):
            assert sweeping.sweep(db.engine) == Swept()


def test_any_sweeper_of_this_host_goes_on_with_what_another_saw(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_to("ada@example.org")
    claim_and_beat()
    sweeping.sweep(db.engine)
    with clock.let_pass(LEASE + 1), monkeypatch.context() as elsewhere:
        elsewhere.setattr(sweeping, "boot_id", lambda: "another host's boot")
        assert sweeping.sweep(db.engine) == Swept(), "that host has only just begun to look"
        elsewhere.undo()
        assert sweeping.sweep(db.engine) == Swept(ready=1)


def test_mail_held_by_a_worker_without_a_beat_comes_back_too(app: Flask) -> None:
    number = write_to("ada@example.org")
    claiming.claim(db.engine, "no beat", 10)
    assert sweep_after_the_lease() == Swept(ready=1)
    assert state_of(number) is EmailState.READY


def test_one_that_beats_between_look_and_burial_is_left_alone(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = write_to("ada@example.org")
    claim_and_beat()
    sweeping.sweep(db.engine)
    note = sweeping._note

    def beats_meanwhile(*given: object) -> None:
        note(*given)  # type: ignore[arg-type]
        monkeypatch.setattr(sweeping, "_bury", late)

    bury = sweeping._bury

    def late(*given: object) -> object:
        given[0].execute(update(Beat).values(beat=Beat.beat + 1))  # type: ignore[attr-defined]
        return bury(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(sweeping, "_note", beats_meanwhile)
    with clock.let_pass(LEASE + 1):
        assert sweeping.sweep(db.engine) == Swept()
    assert state_of(number) is EmailState.CLAIMED


def test_a_worker_unsure_of_its_beat_gives_no_dot_and_loses_nothing(
    app: Flask, smtp_sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, other = write_to("ada@example.org"), write_to("bo@example.org")
    monkeypatch.setattr(Pulse, "may_give_a_dot", lambda *_given: False)
    assert drain().sent == 0
    assert smtp_sink.raw == []
    for one in (number, other):
        assert (state_of(one), row_of(one).attempt) == (EmailState.READY, 0)
    monkeypatch.undo()
    assert drain().sent == 2


def test_an_old_beat_is_renewed_before_the_dot_unless_its_row_is_gone(app: Flask) -> None:
    write_to("ada@example.org")
    heart = pulse(db.engine)
    since = clock.monotonic()
    claim_and_beat("mine")
    heart.begin("mine", since)
    with clock.let_pass(LEASE + 5):
        assert heart.may_give_a_dot("mine"), "it beat at once, and nobody had noticed"
        assert sweeping.sweep(db.engine) == Swept()
    with clock.let_pass(3 * LEASE):
        sweep_after_the_lease()
        with clock.let_pass(2 * LEASE):
            assert not heart.may_give_a_dot("mine"), "it was taken for dead"
    heart.end("mine")


def test_a_run_leaves_no_beat_behind(app: Flask, smtp_sink: Sink) -> None:
    write_to("ada@example.org")
    assert drain().sent == 1
    assert drain().sent == 0
    assert count(Beat) == 0


def test_a_thread_beats_while_a_run_is_on(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    write_to("ada@example.org")
    faster = Pulse(db.engine)
    monkeypatch.setattr("actionhub.outbox.beats.DURATIONS", DURATIONS.divided(100))
    since = clock.monotonic()
    claim_and_beat("mine")
    faster.begin("mine", since)
    until = time.monotonic() + 20
    beat = 0
    while beat < 3 and time.monotonic() < until:
        db.session.rollback()
        beat = db.session.execute(select(Beat.beat)).scalar_one()
        db.session.rollback()
        time.sleep(0.05)
    faster.end("mine")
    assert beat >= 3
    assert count(Beat) == 0


def test_what_was_put_off_by_a_clock_that_was_set_back_is_due(app: Flask) -> None:
    number = write_to("ada@example.org")
    db.session.execute(
        update(Email)
        .where(Email.id == number)
        .values(state=EmailState.DEFERRED, due_at=clock.now() + timedelta(days=1))
    )
    db.session.commit()
    sweeping.sweep(db.engine)
    assert row_of(number).due_at <= clock.now()


def test_what_is_put_off_for_its_time_stays_so(app: Flask) -> None:
    number = write_to("ada@example.org")
    due_at = clock.now() + timedelta(hours=6)
    db.session.execute(update(Email).values(state=EmailState.DEFERRED, due_at=due_at))
    db.session.commit()
    sweeping.sweep(db.engine)
    assert row_of(number).due_at == due_at


def test_what_a_dead_worker_was_sending_is_noted_as_unknown(app: Flask) -> None:
    number = write_to("ada@example.org")
    (email,) = claim_and_beat("dead")
    with marking.connect(db.engine) as connection:
        assert marking.advance(connection, "dead", None, (email, Scope.SIGNING)).marked
    assert sweep_after_the_lease() == Swept(unknown=1)
    assert events_of(number) == [("unknown", None, None)]
