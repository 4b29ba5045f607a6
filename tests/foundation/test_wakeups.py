"""A wake-up follows a commit, never a rollback, and a dead broker slows nobody."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from actionhub import wakeups
from actionhub.broker import make_celery
from actionhub.extensions import db
from actionhub.wakeups import Task, Waker


class Recorder:
    """Stands in for the far broker."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.options: list[dict[str, Any]] = []
        self.arrived = threading.Event()

    def send_task(self, name: str, **options: Any) -> None:
        self.sent.append(name)
        self.options.append(options)
        self.arrived.set()


@pytest.fixture
def recorder(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    monkeypatch.setitem(app.extensions, "actionhub.waker", Waker(recorder))  # type: ignore[arg-type]
    return recorder


def test_a_commit_wakes_and_many_flags_are_one_message(app: Flask, recorder: Recorder) -> None:
    for _ in range(50):
        wakeups.on_commit(Task.SEND_MAIL)
    db.session.execute(text("SELECT 1"))
    db.session.commit()
    assert recorder.arrived.wait(5)
    assert recorder.sent == [Task.SEND_MAIL.value]


def test_a_rollback_wakes_nobody(app: Flask, recorder: Recorder) -> None:
    db.session.execute(text("SELECT 1"))
    wakeups.on_commit(Task.SEND_MAIL)
    db.session.rollback()
    db.session.execute(text("SELECT 1"))
    db.session.commit()
    assert not recorder.arrived.wait(0.3)


def test_a_dead_broker_costs_the_request_nothing(app: Flask, tmp_path: Any) -> None:
    waker = Waker(make_celery("redis://127.0.0.1:1/0", tmp_path))
    started = time.monotonic()
    for _ in range(1000):
        waker.flag(Task.SEND_MAIL)
    # not a speed test: one blocking publish alone would take longer than all of these together
    assert time.monotonic() - started < 0.5


def test_a_wake_up_that_nobody_took_expires(app: Flask, recorder: Recorder) -> None:
    wakeups.flag(Task.SEND_MAIL)
    assert recorder.arrived.wait(5)
    # else weeks without a worker would leave a broker full of them
    assert 10 <= recorder.options[0]["expires"] <= 600


def test_a_child_forked_in_the_middle_of_a_flag_still_wakes(tmp_path: Any) -> None:
    recorder = Recorder()
    waker = Waker(recorder)  # type: ignore[arg-type]
    waker.flag(Task.FOLD_COUNTS)
    assert recorder.arrived.wait(5)
    recorder.arrived.clear()
    heard, told = os.pipe()
    with waker._lock:  # as if another thread flagged at this moment
        child = os.fork()
        if child == 0:
            threading.Thread(target=lambda: waker.flag(Task.SEND_MAIL), daemon=True).start()
            arrived = recorder.arrived.wait(5)
            os.write(told, ",".join(recorder.sent).encode() if arrived else b"nothing")
            os._exit(0)
    os.close(told)
    with os.fdopen(heard) as answer:
        assert answer.read() == f"{Task.FOLD_COUNTS},{Task.SEND_MAIL}"
    os.waitpid(child, 0)
