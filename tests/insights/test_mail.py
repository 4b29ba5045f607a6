"""The mail's figures fall into the hours and days of the organization's own clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from markupsafe import Markup

from actionhub import clock
from actionhub.extensions import db
from actionhub.insights import mail_charts
from actionhub.insights.mail import DAYS, HOURS, Reason, by_kind, mail_figures
from actionhub.outbox import tallying
from actionhub.outbox.models import EmailState
from tests.outbox.troubles import an_email, an_event, archived, mailing_of

S = EmailState
SVG = "{http://www.w3.org/2000/svg}"
#: 15:40 in New York, where the test's organization is.
NOW = datetime(2026, 11, 23, 20, 40, tzinfo=UTC)


def happened(state: EmailState, at: datetime, number: int = 1, **says: object) -> None:
    email = an_email(state)
    for _one in range(number):
        an_event(email, state, at, **says)
    db.session.commit()


@pytest.mark.parametrize("folded", [False, True])
def test_the_last_hours_are_counted_hour_by_hour(app: Flask, folded: bool) -> None:
    with clock.set_to(NOW):
        happened(S.SENT, NOW - timedelta(minutes=39), 2)  # 15:01
        happened(S.SENT, NOW - timedelta(minutes=41), 3)  # 14:59
        happened(S.DEFERRED, NOW - timedelta(hours=2))
        happened(S.UNKNOWN, NOW - timedelta(hours=2))
        happened(S.FAILED, NOW - timedelta(hours=23), 5)
        happened(S.EXPIRED, NOW - timedelta(hours=23))
        happened(S.SENT, NOW - timedelta(hours=24), 7)  # before the first hour
        if folded:
            assert tallying.fold() == 20
        hours = mail_figures().hours
        assert len(hours) == HOURS
        assert hours[-1].start == datetime(2026, 11, 23, 20, tzinfo=UTC)
        assert [slot.sent for slot in hours[-2:]] == [3, 2]
        assert sum(slot.sent for slot in hours) == 5
        assert hours[-3].put_off == 2
        assert hours[0].failed == 6


def test_a_day_is_one_of_the_organization(app: Flask) -> None:
    midnight = datetime(2026, 11, 23, 5, tzinfo=UTC)  # in New York
    with clock.set_to(NOW):
        happened(S.SENT, midnight - timedelta(minutes=1))
        happened(S.SENT, midnight, 2)
        happened(S.SENT, midnight - timedelta(days=DAYS - 1), 4)
        happened(S.SENT, midnight - timedelta(days=DAYS - 1, minutes=1), 8)
        days = mail_figures().days
        assert [slot.sent for slot in days] == [4, 0, 0, 0, 0, 1, 2]


def test_an_hour_is_one_of_a_zone_of_half_hours(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    india = replace(app.extensions["actionhub.settings"], timezone=ZoneInfo("Asia/Kolkata"))
    monkeypatch.setitem(app.extensions, "actionhub.settings", india)
    with clock.set_to(NOW):
        happened(S.SENT, datetime(2026, 11, 23, 20, 31, tzinfo=UTC))  # 2:01
        happened(S.SENT, datetime(2026, 11, 23, 20, 29, tzinfo=UTC), 2)  # 1:59
        hours = mail_figures().hours
        assert hours[-1].start == datetime(2026, 11, 23, 20, 30, tzinfo=UTC)
        assert [slot.sent for slot in hours[-2:]] == [2, 1]


def test_the_hours_pass_over_a_change_of_the_clocks(app: Flask) -> None:
    night = datetime(2026, 11, 1, 12, 30, tzinfo=UTC)  # the night had 25 hours
    with clock.set_to(night):
        happened(S.SENT, night - timedelta(hours=7))
        hours, days = mail_figures().hours, mail_figures().days
        gaps = {b.start - a.start for a, b in pairwise(hours)}
        assert gaps == {timedelta(hours=1)}
        assert [slot.sent for slot in hours].index(1) == HOURS - 8
        assert days[-1].sent == 1
        assert days[-1].start == datetime(2026, 11, 1, 4, tzinfo=UTC)


def test_what_a_fast_clock_wrote_is_in_the_last_hour(app: Flask) -> None:
    with clock.set_to(NOW):
        happened(S.SENT, NOW + timedelta(hours=5))
        assert mail_figures().hours[-1].sent == 1


def test_reasons_are_grouped_the_most_frequent_first(app: Flask) -> None:
    with clock.set_to(NOW):
        happened(S.FAILED, NOW, 2, code=550, enhanced="5.1.1")
        happened(S.FAILED, NOW - timedelta(days=3), 3, code=550, enhanced="5.1.1")
        happened(S.EXPIRED, NOW, 1, code=451, enhanced="4.4.1")
        happened(S.SENT, NOW, 2, enhanced="5.2.2", reason="bounced")
        happened(S.SENT, NOW, 1, reason="complained")
        happened(S.DEFERRED, NOW, 9, enhanced="4.2.2")
        happened(S.FAILED, NOW - timedelta(days=8), 50, code=554)
        found = mail_figures()
        assert found.reasons == (
            Reason("failed", "5.1.1", 5),
            Reason("bounced", "5.2.2", 2),
            Reason("expired", "4.4.1", 1),
        )
        assert (found.bounced, found.complained) == (2, 1)


def test_each_kind_of_mail_is_counted_with_its_archive(app: Flask) -> None:
    thanks = mailing_of("thanks")
    for state in S:
        an_email(state, thanks)
    archived(thanks, S.SENT, 100)
    archived(mailing_of("me"), S.FAILED, 3)
    assert by_kind() == {
        "me": {"waiting": 0, "again": 0, "sent": 0, "failed": 3, "stopped": 0},
        "thanks": {"waiting": 3, "again": 2, "sent": 101, "failed": 2, "stopped": 3},
    }


def drawn(chart: Markup) -> ElementTree.Element:
    root = ElementTree.fromstring(chart)
    for element in root.iter():
        assert "style" not in element.attrib
        assert not any(name.startswith("on") for name in element.attrib)
    return root


@pytest.mark.parametrize("numbers", [[0, 0], [1], [5, 0, 3], list(range(24)), [1_000_000, 1]])
def test_every_column_stays_inside_the_drawing(app: Flask, numbers: list[int]) -> None:
    times = [f"{n}:00" for n in range(len(numbers))]
    root = drawn(mail_charts.columns(numbers, times, "Sent: <5> & more"))
    assert root.get("aria-label") == "Sent: <5> & more"
    _x, _y, wide, high = map(float, (root.get("viewBox") or "").split())
    bars = [rect for rect in root.iter(f"{SVG}rect") if rect.find(f"{SVG}title") is not None]
    assert len(bars) == sum(number > 0 for number in numbers)
    for bar in bars:
        x, y, width, height = (float(bar.get(a) or 0) for a in ("x", "y", "width", "height"))
        assert x >= 0
        assert x + width <= wide
        assert y >= 0
        assert y + height <= high
        assert height >= 2, "one is seen beside a million"


def test_each_column_names_its_time_and_number(app: Flask) -> None:
    root = drawn(mail_charts.columns([3, 0, 1_200], ["1 PM", "2 PM", "3 PM"], "Sent"))
    assert [title.text for title in root.iter(f"{SVG}title")] == ["1 PM: 3", "3 PM: 1,200"]


@pytest.mark.parametrize(("share", "length"), [(0.0, 0), (1e-6, 4), (0.5, 240), (1.0, 480)])
def test_a_bar_is_as_long_as_its_share(app: Flask, share: float, length: float) -> None:
    (mark,) = (
        r
        for r in drawn(mail_charts.bar(share)).iter(f"{SVG}rect")
        if r.get("class") == "chart-mark"
    )
    assert float(mark.get("width") or -1) == length
