"""The sink does what its script says, and has on its disk what it said yes to."""

from __future__ import annotations

import json
import os
import signal
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.faults.programs import Program
from tests.faults.sink.orders import Orders
from tests.servers.brokers import free_port, until


@dataclass
class Running:
    port: int
    http: int
    orders: Orders
    journal: Path

    def send(self, to: str, message_id: str = "<1@example.org>") -> None:
        body = f"Message-ID: {message_id}\r\n\r\n" + "A line of some length.\r\n" * 40
        with smtplib.SMTP("127.0.0.1", self.port, timeout=10) as smtp:
            smtp.sendmail("from@example.org", [to], body)

    def lines(self, what: str) -> list[dict[str, Any]]:
        read = [json.loads(line) for line in self.journal.read_text().splitlines()]
        return [line for line in read if line["what"] == what]


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Running]:
    port, http = free_port(), free_port()
    control, journal = tmp_path / "control", tmp_path / "journal"
    arguments = [str(port), str(http), str(control), str(journal), "0"]
    command = [sys.executable, "-m", "tests.faults.sink", *arguments]
    program = Program("sink", command, os.environ, tmp_path / "log")
    program.start()
    try:
        until(control.exists, "the sink")
        orders = Orders(control)
        yield Running(port, http, orders, journal)
        orders.close()
    finally:
        program.kill()


def test_what_it_accepts_is_written_down_and_can_be_asked_for(sink: Running) -> None:
    sink.send("ada@example.org")
    (kept,) = sink.lines("accept")
    assert (kept["to"], kept["id"]) == ("ada@example.org", "<1@example.org>")
    asked = f"http://127.0.0.1:{sink.http}/accepted/"
    assert httpx.get(asked + quote("<1@example.org>", safe="")).status_code == 200
    assert httpx.get(asked + quote("<2@example.org>", safe="")).status_code == 404


def test_a_reply_at_the_first_try_is_given_once(sink: Running) -> None:
    sink.orders.add("later", "rcpt", reply="450 4.2.1 later", tries=1)
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        sink.send("ada@example.org")
    sink.send("ada@example.org")
    assert sink.orders.hits("later") == 1
    assert [line["tries"] for line in sink.lines("try")] == [1, 2]


@pytest.mark.parametrize(("stage", "accepted"), [("body", 0), ("dot", 0), ("accepted", 1)])
def test_a_line_that_is_dropped_keeps_the_message_only_after_its_acceptance(
    sink: Running, stage: str, accepted: int
) -> None:
    sink.orders.add("drop", stage, drop=True)
    with pytest.raises((smtplib.SMTPServerDisconnected, OSError)):
        sink.send("ada@example.org")
    assert sink.orders.accepted() == accepted


def test_it_kills_whoever_talks_to_it_and_spares_whom_it_shall(sink: Running) -> None:
    sink.orders.add("kill", "accepted", signal=int(signal.SIGKILL), spare=os.getpid())
    sink.send("ada@example.org")
    talk = (
        "import smtplib, sys; s = smtplib.SMTP('127.0.0.1', int(sys.argv[1]));"
        "s.sendmail('a@example.org', ['b@example.org'], 'Message-ID: <2>\\r\\n\\r\\nx')"
    )
    run = subprocess.run([sys.executable, "-c", talk, str(sink.port)], timeout=30, check=False)
    assert run.returncode == -signal.SIGKILL
    assert len(sink.lines("signal")) == 1
    with suppress(smtplib.SMTPException):
        sink.send("ada@example.org")
    assert sink.orders.accepted() == 3
