"""The embedded broker: small whatever happens, quick, and nothing a crash could stick."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from celery import Celery

from actionhub.broker import make_celery


@pytest.fixture
def sender(tmp_path: Path) -> Celery:
    return make_celery("filesystem://", tmp_path)


def waiting(folder: Path) -> list[Path]:
    return sorted((folder / "broker").rglob("*.msg"))


def take(celery: Celery) -> str | None:
    """The name of the next task asked for, as a worker would take it."""
    with celery.connection_for_read() as connection:
        message = connection.SimpleQueue(celery.amqp.queues["actionhub"], no_ack=True)
        try:
            return str(message.get(block=False).headers["task"])
        except message.Empty:
            return None


def test_equal_wakeups_are_one_file_while_nobody_reads(sender: Celery, tmp_path: Path) -> None:
    for _ in range(300):
        sender.send_task("actionhub.outbox.send", ignore_result=True)
    sender.send_task("actionhub.signatures.fold", ignore_result=True)
    assert len(waiting(tmp_path)) == 2


def test_each_wakeup_is_taken_once(sender: Celery, tmp_path: Path) -> None:
    sender.send_task("actionhub.outbox.send", ignore_result=True)
    assert take(sender) == "actionhub.outbox.send"
    assert take(sender) is None
    assert waiting(tmp_path) == []


def test_the_oldest_goes_first(sender: Celery) -> None:
    names = ["actionhub.signatures.fold", "actionhub.outbox.send", "actionhub.actions.turn"]
    for name in names:
        sender.send_task(name, ignore_result=True)
    assert [take(sender) for _ in names] == names


def test_a_file_cut_short_or_left_by_a_killed_process_stops_nobody(
    sender: Celery, tmp_path: Path
) -> None:
    sender.send_task("actionhub.outbox.send", ignore_result=True)
    folder = waiting(tmp_path)[0].parent
    (folder / "cut.msg").write_text('{"headers": {"ta')
    (folder / ".left.1.2").write_text("half of")
    taken = {take(sender), take(sender)}
    assert "actionhub.outbox.send" in taken
    assert waiting(tmp_path) == []


def test_a_wakeup_holds_its_name_and_nothing_of_anybody(sender: Celery, tmp_path: Path) -> None:
    sender.send_task("actionhub.outbox.send", ignore_result=True)
    message = json.loads(waiting(tmp_path)[0].read_text())
    assert message["headers"]["task"] == "actionhub.outbox.send"
    assert message["headers"]["argsrepr"] == "()"


def test_a_folder_that_cannot_be_had_keeps_nobody_from_starting(tmp_path: Path) -> None:
    """Who only sends mail can do without a broker, and is started just when it is away."""
    (tmp_path / "broker").write_text("in the way")
    make_celery("filesystem://", tmp_path)
