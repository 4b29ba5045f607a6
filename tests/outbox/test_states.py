from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from itertools import pairwise

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from actionhub import clock
from actionhub.extensions import db
from actionhub.outbox.accents import NIGHT, NIGHT_BOX, READABLE, by_night, contrast, ink_on
from actionhub.outbox.models import Email, EmailEvent, EmailState
from actionhub.outbox.sending import drain
from actionhub.outbox.states import (
    CANCELLABLE,
    CLAIMABLE,
    FINISHED,
    RETRYABLE,
    TRANSITIONS,
    may_turn,
    sources_of,
)
from tests.mail import Sink
from tests.outbox.people import write_to

STATES = st.sampled_from(list(EmailState))


def test_every_state_has_its_row_in_the_table() -> None:
    assert set(TRANSITIONS) == set(EmailState)


@given(STATES, STATES)
def test_the_table_reads_the_same_from_both_ends(before: EmailState, after: EmailState) -> None:
    assert may_turn(before, after) == (before in sources_of(after))


@given(st.lists(STATES, min_size=2, max_size=12))
def test_sent_is_for_good_and_mail_is_only_sent_once_marked(walk: list[EmailState]) -> None:
    path = [walk[0]]
    for state in walk[1:]:
        if may_turn(path[-1], state):
            path.append(state)
    if EmailState.SENT in path:
        assert path[path.index(EmailState.SENT) :] == [EmailState.SENT]
    for before, after in pairwise(path):
        if after is EmailState.SENDING:
            assert before is EmailState.CLAIMED
        if after is EmailState.CLAIMED:
            assert before in CLAIMABLE


def test_whatever_it_became_a_late_250_makes_it_sent() -> None:
    assert sources_of(EmailState.SENT) == set(EmailState) - {EmailState.SENT}


def test_the_named_sets_follow_from_the_table() -> None:
    assert EmailState.SENDING not in CANCELLABLE
    assert all(may_turn(state, EmailState.READY) for state in RETRYABLE)
    assert not any(may_turn(state, EmailState.CLAIMED) for state in FINISHED)


@pytest.mark.parametrize("replies", [["450 x", "550 5.1.1 x"], ["421 x"], ["550 5.7.1 x"], []])
def test_what_is_recorded_walks_the_table(app: Flask, smtp_sink: Sink, replies: list[str]) -> None:
    smtp_sink.rcpt_replies["ada@example.org"] = list(replies)
    write_to("ada@example.org")
    for hours in range(0, 4):
        with clock.set_to(clock.now() + timedelta(hours=hours)):
            drain()
    walks = defaultdict(list)
    for number, state in db.session.execute(
        select(EmailEvent.email_id, EmailEvent.state).order_by(EmailEvent.id)
    ):
        walks[number].append(state)
    [walk] = walks.values()
    for before, after in pairwise(walk):
        assert before in CLAIMABLE
        assert may_turn(EmailState.SENDING, after)
    assert db.session.execute(select(Email.state)).scalar_one() is walk[-1]


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_any_accent_can_be_read_by_day_and_by_night(parts: tuple[int, int, int]) -> None:
    accent = "#" + "".join(f"{part:02x}" for part in parts)
    assert contrast(ink_on(accent), accent) >= 4.2
    for page in (NIGHT, NIGHT_BOX):
        assert contrast(by_night(accent), page) >= READABLE
