"""A log line says what and where: no token, no address, no row."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from actionhub import logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


KINDS = ["confirm", "unsubscribe", "me", "organize/enter"]
KINDS += ["letters", "deliveries/office", "deliveries/wishes"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_never_stands_in_an_address(kind: str) -> None:
    line = logs.masked(f'Exception on /es/{kind}/eyJ0.abc-d_e [POST] "http://x/{kind}/zz"')
    assert "eyJ0" not in line
    assert "zz" not in line
    assert f"/{kind}/***" in line


def test_an_exception_leaves_its_place_and_not_its_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.set_up(as_json=True)
    try:
        raise ValueError("row of ana@example.org, 12 Secret Street")
    except ValueError:
        logging.getLogger("flask").exception("Exception on %s", "/me/tokentoken")
    line = capsys.readouterr().err
    found = json.loads(line)
    assert found["problem"] == "ValueError"
    assert any("test_logs.py" in place for place in found["at"])
    assert "Secret Street" not in line
    assert "tokentoken" not in line


def test_the_same_event_is_one_line_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(as_json=False)
    structlog.get_logger("worker").warning("sent", to="ana@example.org", count=3)
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert "warning" in line
    assert "count=3" in line
    assert "ana@example.org" not in line


def test_a_task_that_went_well_leaves_no_line_and_one_that_failed_does(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.set_up(as_json=False)
    for name in ("celery.worker.strategy", "celery.app.trace"):
        logging.getLogger(name).info("Task actionhub.signatures.fold succeeded")
        logging.getLogger(name).error("Task actionhub.outbox.send raised")
    told = capsys.readouterr().err
    assert "succeeded" not in told
    assert told.count("raised") == 2
