"""A worker that nobody wakes looks for itself: no broker, no beat, and the mail still goes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from actionhub import clock
from actionhub.outbox import keeping
from actionhub.outbox.models import EmailState
from tests.mail import Sink
from tests.outbox.people import state_of, write_to
from worker import outbox, polling
from worker.context import TaskFailed
from worker.polling import SIGN_OF_LIFE, Lookout
from worker.schedule import BEAT


@pytest.fixture(autouse=True)
def _leave_no_connection(app: Flask) -> Iterator[None]:
    yield
    keeping.close()


def test_in_silence_what_is_due_is_sent(app: Flask, smtp_sink: Sink) -> None:
    number = write_to("ada@example.org")
    assert Lookout(silence=0).look()
    assert state_of(number) is EmailState.SENT
    assert len(smtp_sink.messages) == 1


def test_while_beat_is_heard_the_worker_waits_to_be_woken(app: Flask, smtp_sink: Sink) -> None:
    number = write_to("ada@example.org")
    lookout = Lookout(silence=60)
    lookout.heard(SIGN_OF_LIFE)
    assert not lookout.look()
    assert state_of(number) is EmailState.READY


def test_wake_ups_of_signers_are_no_sign_that_beat_lives() -> None:
    lookout = Lookout(silence=60)
    lookout._heard_at -= 61
    lookout.heard("actionhub.outbox.send")
    assert lookout._heard_at + 60 < clock.monotonic()
    lookout.heard(SIGN_OF_LIFE)
    assert lookout._heard_at + 60 > clock.monotonic()


def test_the_sign_of_life_is_one_that_beat_sends_in_time() -> None:
    (schedule,) = [entry["schedule"] for entry in BEAT.values() if entry["task"] == SIGN_OF_LIFE]
    assert schedule < polling.SILENCE_SECONDS


def test_a_task_that_breaks_keeps_no_other_from_its_turn(
    app: Flask, smtp_sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise TaskFailed("recover: OperationalError")

    monkeypatch.setattr(polling, "DUE", (broken, outbox.send))
    number = write_to("ada@example.org")
    assert Lookout(silence=0).look()
    assert state_of(number) is EmailState.SENT


def test_a_lookout_stops_at_once() -> None:
    lookout = Lookout(silence=0)
    lookout.start()
    lookout.stop()
    assert not lookout._thread.is_alive()
