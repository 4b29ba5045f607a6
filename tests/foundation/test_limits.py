"""Token buckets hold on both databases."""

from __future__ import annotations

from flask import Flask

from actionhub import clock
from actionhub.extensions import db
from actionhub.limits import Rate, read_rates, take


def test_a_bucket_gives_its_amount_then_refuses_then_refills(app: Flask) -> None:
    rate = Rate(3, 60)
    start = clock.now()
    with clock.set_to(start):
        assert [take("k", rate) for _ in range(5)] == [True, True, True, False, False]
        assert take("other", rate)
    db.session.commit()
    with clock.set_to(start), clock.moved_by(seconds=21):
        assert [take("k", rate) for _ in range(2)] == [True, False]
    with clock.set_to(start), clock.moved_by(days=1):
        assert [take("k", rate) for _ in range(4)] == [True, True, True, False]


def test_rates_are_read_as_documented() -> None:
    assert read_rates("30/minute;300/hour") == (Rate(30, 60), Rate(300, 3600))
    assert read_rates("off") == ()


def test_the_tightest_of_several_rates_decides(app: Flask) -> None:
    with clock.set_to(clock.now()):
        taken = [take("k", Rate(2, 60), Rate(5, 3600)) for _ in range(4)]
    assert taken == [True, True, False, False]
