"""A worker that nobody wakes sees to it itself: no broker, no beat, and the mail still goes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from actionhub import clock, wakeups
from actionhub.outbox.durations import DURATIONS
from tests.servers.brokers import until
from worker import polling
from worker.polling import Lookout, helper_command
from worker.schedule import BEAT

SIGN_OF_LIFE = "actionhub.outbox.sweep"
#: It tells that it runs by a file, and at SIGTERM by another.
HELPER = """
import pathlib, signal, sys
here = pathlib.Path(sys.argv[1])
signal.signal(signal.SIGTERM, lambda *_: sys.exit((here / "told").touch()))
(here / "runs").touch()
signal.pause()
"""


@contextmanager
def lookout(folder: Path, silence: float) -> Iterator[Lookout]:
    found = Lookout(silence, [sys.executable, "-c", HELPER, str(folder)])
    try:
        yield found
    finally:
        found.stop()


def test_in_silence_a_helper_lives_until_beat_is_heard_again(tmp_path: Path) -> None:
    with lookout(tmp_path, silence=0.0) as alone:
        assert alone.look()
        until((tmp_path / "runs").exists, "a helper")
        helper = alone._helper
        assert alone.look()
        assert alone._helper is helper, "one is enough"
        alone._silence = 60.0
        alone.heard(SIGN_OF_LIFE)
        assert not alone.look()
        until((tmp_path / "told").exists, "the end of the helper")
        until(lambda: not alone.look() and alone._helper is None, "its being forgotten")


def test_while_beat_is_heard_there_is_none(tmp_path: Path) -> None:
    with lookout(tmp_path, silence=60.0) as woken:
        woken.heard(SIGN_OF_LIFE)
        assert not woken.look()
        assert woken._helper is None


def test_a_helper_that_dies_comes_again(tmp_path: Path) -> None:
    with lookout(tmp_path, silence=0.0) as alone:
        alone.look()
        first = alone._helper
        assert first is not None
        until((tmp_path / "runs").exists, "a helper")
        first.kill()
        first.wait()
        alone.look()
        assert alone._helper is None, "it rests"
        with clock.let_pass(polling.REST_SECONDS):
            alone.look()
        assert alone._helper is not None
        assert alone._helper.poll() is None
        assert alone._helper.pid != first.pid


def test_a_helper_ends_with_its_worker(tmp_path: Path) -> None:
    with lookout(tmp_path, silence=0.0) as alone:
        alone.look()
        until((tmp_path / "runs").exists, "a helper")
    assert (tmp_path / "told").exists()
    assert alone._helper is not None
    assert alone._helper.returncode is not None


def test_the_helper_is_told_whose_it_is() -> None:
    command = helper_command()
    assert command[1:5] == ["-m", "actionhub", "outbox", "drain"]
    assert command[-2:] == ["--parent", str(os.getpid())]


def test_wake_ups_of_signers_are_no_sign_that_beat_lives() -> None:
    alone = Lookout(silence=60)
    alone._heard_at -= 61
    alone.heard("actionhub.outbox.send")
    assert alone._heard_at + 60 < clock.monotonic()
    alone.heard(SIGN_OF_LIFE)
    assert alone._heard_at + 60 > clock.monotonic()


def test_a_sign_of_life_comes_from_beat_alone_and_in_time() -> None:
    signs = {entry["task"]: entry["schedule"] for entry in BEAT.values()}
    assert min(signs[sign] for sign in polling.SIGNS_OF_LIFE) < polling.SILENCE_SECONDS
    assert not polling.SIGNS_OF_LIFE & set(wakeups.Task)


def test_no_wake_up_is_stale_before_the_runs_that_go_first_are_over() -> None:
    run = DURATIONS.run.total_seconds()
    assert all(entry["options"]["expires"] > 3 * run for entry in BEAT.values())


def test_a_lookout_stops_at_once() -> None:
    watching = Lookout(silence=60)
    watching.start()
    watching.stop()
    assert not watching._thread.is_alive()


def test_one_that_cannot_start_a_helper_goes_on() -> None:
    alone = Lookout(0.0, ["/nowhere/at/all"])
    tried: list[bool] = []
    look = alone.look

    def look_in_vain() -> bool:
        tried.append(True)
        return look()

    alone.look = look_in_vain  # type: ignore[method-assign]
    alone.start()
    until(lambda: len(tried) > 1, "another try")
    assert alone._thread.is_alive()
    alone.stop()
