"""A connection on which a message was offered and not finished is never used again."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import TimeoutError as PoolTimeout

from actionhub.config import Smtp
from actionhub.outbox import building, keeping, marking, recording
from actionhub.outbox.models import EmailState
from actionhub.outbox.sending import drain
from tests.mail import Sink, mailing_through
from tests.outbox.people import state_of, sweep_after_the_lease, write_to
from tests.outbox.scripted import Scripted, running


class Broken(Exception):
    """Something nobody thought of."""


def test_a_run_that_breaks_while_the_next_is_offered_leaves_no_half_said_message_to_the_next_run(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came over it afterwards would be taken for the rest of somebody else's message."""
    numbers = [write_to(f"p{n}@example.org") for n in range(4)]
    build = building.Builder.build
    built = []

    def breaks_at_the_third(builder: building.Builder, email: Any) -> Any:
        built.append(email.id)
        if len(built) == 3:
            raise Broken
        return build(builder, email)

    server = Scripted()
    with (
        running(server) as port,
        mailing_through(app, Smtp("127.0.0.1", port, None, None, "plain")),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(building.Builder, "build", breaks_at_the_third)
            with pytest.raises(Broken):
                drain(keep_open=True)
        sweep_after_the_lease()
        drain(keep_open=True)
        keeping.close()
    for body in server.bodies:
        assert body.count(b"Message-ID:") == 1, "two messages in one"
    sent = [number for number in numbers if state_of(number) is EmailState.SENT]
    assert len(server.bodies) == len(sent) == 3
    assert sum(state_of(number) is EmailState.UNKNOWN for number in numbers) == 1


def test_a_pool_without_a_free_connection_is_no_reason_to_forget_a_250(
    app: Flask, smtp_sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = write_to("ada@example.org")
    monkeypatch.setattr(recording, "INSIST_SECONDS", (0.01, 0.01))
    advance, full = marking.advance, iter([True, True])

    def waits_in_vain(*given: Any) -> marking.Marked:
        if given[2] is not None and next(full, False):
            raise PoolTimeout("QueuePool limit reached")
        return advance(*given)

    monkeypatch.setattr(marking, "advance", waits_in_vain)
    assert drain().sent == 1
    assert state_of(number) is EmailState.SENT
    assert len(smtp_sink.raw) == 1
