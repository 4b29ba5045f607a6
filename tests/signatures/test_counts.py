"""Counts that can be believed: whatever happens, they equal COUNT(*)."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from actionhub import clock
from actionhub.actions.models import Action
from actionhub.errors import ActionHubError
from actionhub.extensions import db
from actionhub.privacy import erasing
from actionhub.signatures import confirming, counts, quarantine, withdrawing
from actionhub.signatures.models import CountDelta, Signature, SignatureState
from tests.signatures.people import a_form, an_action, confirmed, link, post, signatures, signed

S = SignatureState
_serial = count()

#: (what happens, to whom): four people of two addresses, in any order.
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["sign", "trap", "confirm", "withdraw", "remove", "release", "erase"]),
        st.integers(0, 3),
    ),
    max_size=25,
)


def happen(action: int, event: str, who: int, prefix: str) -> None:
    form = a_form(action, f"{prefix}{who // 2}@example.org", name=f"Person {'abcd'[who]}")
    mine = db.session.scalars(
        select(Signature).where(Signature.action_id == action, Signature.name == form.name)
    ).one_or_none()
    if event in {"sign", "trap"}:
        post(a_form(action, form.address.mailbox, name=form.name, trapped=event == "trap"))
    elif mine is None:
        return
    elif event == "confirm":
        confirming.confirm(link(mine))
    elif event == "withdraw":
        withdrawing.withdraw(mine.id)
    elif event == "remove":
        quarantine.remove([mine.id])
    elif event == "release":
        quarantine.release([mine.id])
    else:
        assert mine.supporter_id is not None
        mine.delivered_at = clock.now() if mine.id % 2 else None
        db.session.flush()
        erasing.erase(mine.supporter_id)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(events=EVENTS, fold_after=st.integers(0, 10))
def test_counts_equal_the_signatures_whatever_happens(
    app: Flask, events: list[tuple[str, int]], fold_after: int
) -> None:
    number = next(_serial)
    action = an_action(slug=f"counted-{number}")
    for step, (event, who) in enumerate(events):
        try:
            happen(action, event, who, f"p{number}-")
            db.session.commit()
        except ActionHubError:
            db.session.rollback()
        if step == fold_after:
            counts.fold()
            db.session.commit()
    assert counts.check() == []
    counts.fold()
    db.session.commit()
    assert counts.check() == []
    found = counts.counts_of(action)
    states = [s.state for s in signatures() if s.action_id == action]
    assert found.confirmed == states.count(S.CONFIRMED)
    assert found.pending == states.count(S.PENDING)
    assert found.removed == states.count(S.WITHDRAWN) + states.count(S.REMOVED)


def test_counts_stand_still_until_they_are_folded(app: Flask) -> None:
    action = an_action()
    signed(action)
    assert counts.counts_of(action).pending == 0
    assert counts.fold() == 1
    db.session.commit()
    found = counts.counts_of(action)
    assert (found.pending, found.goal) == (1, 1000)
    assert clock.now() - found.as_of_at < timedelta(minutes=1)
    assert counts.fold() == 0
    assert db.session.scalar(select(func.count()).select_from(CountDelta)) == 0


def test_a_batch_folds_no_more_than_its_limit(app: Flask) -> None:
    action = an_action()
    for n in range(5):
        signed(action, f"s{n}@example.org")
    assert [counts.fold(limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert counts.counts_of(action).pending == 5


def test_a_wrong_count_is_named(app: Flask) -> None:
    action = an_action()
    signed(action)
    db.session.add(CountDelta(action_id=action, confirmed=2, pending=0, removed=0))
    db.session.commit()
    assert counts.check() == [f"action {action}: confirmed is 2, counted 0"]


def test_counts_for_several_actions_come_together(app: Flask) -> None:
    one, two = an_action(goal=100), an_action(slug="two", goal=300)
    confirmed(two)
    counts.fold()
    db.session.commit()
    found = counts.counts_for([one, two, 10**6])
    assert {found[one].confirmed, found[10**6].confirmed} == {0}
    assert (found[two].confirmed, found[two].goal) == (1, 300)


@pytest.mark.parametrize(
    ("first", "confirmed_so_far", "goal"),
    [
        (100, 0, 100),
        (100, 94, 100),
        (100, 95, 250),
        (300, 10, 300),
        (300, 290, 500),
        (1000, 9_400, 10_000),
        (1000, 9_500, 25_000),
        (1000, 10**6, 2_500_000),
        (0, 0, 100),
    ],
)
def test_the_goal_climbs_its_ladder(first: int, confirmed_so_far: int, goal: int) -> None:
    assert counts.goal_for(first, confirmed_so_far) == goal


@given(first=st.integers(0, 10**7), confirmed_so_far=st.integers(0, 10**7))
def test_a_goal_is_ahead_and_never_below_the_first_rung(first: int, confirmed_so_far: int) -> None:
    goal = counts.goal_for(first, confirmed_so_far)
    assert goal > confirmed_so_far
    assert goal >= first
    assert goal <= counts.goal_for(first, confirmed_so_far + 1)


@pytest.mark.parametrize("near_the_end", [1000, 2])
def test_the_numbers_of_signatures_follow_their_confirmation(
    app: Flask, monkeypatch: pytest.MonkeyPatch, near_the_end: int
) -> None:
    monkeypatch.setattr(confirming, "NEAR_THE_END", near_the_end)
    action = an_action()
    people = [signed(action, f"s{n}@example.org") for n in range(6)]
    order = [people[n] for n in (3, 0, 5, 1, 4)]
    with clock.set_to(clock.now()):
        told = [confirming.confirm(link(person)).number for person in order[:3]]
    counts.fold()
    with clock.moved_by(hours=1):
        told += [confirming.confirm(link(person)).number for person in order[3:]]
    db.session.commit()
    assert told == [1, 1, 3, 4, 5]  # equal times go by id: person 0 came before person 3
    by_rule = sorted(order, key=lambda s: (s.confirmed_at, s.id))
    assert [confirming.number_of(s.id) for s in by_rule] == [1, 2, 3, 4, 5]
    assert confirming.number_of(people[2].id) == 0
    withdrawing.withdraw(by_rule[0].id)
    assert confirming.number_of(by_rule[4].id) == 4
    assert db.session.get_one(Action, action).goal == 1000
