"""Charts are well-formed, say in words what they show, and style nothing inline."""

from __future__ import annotations

from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask_babel import force_locale
from markupsafe import Markup

from actionhub.insights import charts
from actionhub.insights.figures import Day, Source, SourceKind

SVG = "{http://www.w3.org/2000/svg}"


def days(*confirmed: int) -> list[Day]:
    first = date(2026, 10, 25)
    return [Day(first + timedelta(days=n), number) for n, number in enumerate(confirmed)]


def drawn(chart: Markup) -> ElementTree.Element:
    root = ElementTree.fromstring(chart)
    assert root.get("role") == "img"
    named = {child.get("id"): child.text for child in root if child.get("id")}
    assert set((root.get("aria-labelledby") or "").split()) == set(named)
    assert all(named.values())
    for element in root.iter():
        assert "style" not in element.attrib
        assert not any(name.startswith("on") for name in element.attrib)
    return root


def words(chart: Markup) -> str:
    return " ".join(drawn(chart).itertext())


@pytest.mark.parametrize(
    "confirmed", [(1,), (0, 0, 1), (3, 1, 2), tuple(range(60)), (1_000_000, 1), (5,) * 30]
)
def test_every_bar_stays_inside_the_drawing(app: Flask, confirmed: tuple[int, ...]) -> None:
    root = drawn(charts.days_chart(days(*confirmed)))
    bars = [path for path in root.iter(f"{SVG}path") if path.get("class") == "chart-mark"]
    assert len(bars) == sum(1 for number in confirmed if number)
    for bar in bars:
        x = float((bar.get("d") or "")[1:].split()[0])
        assert 0 <= x <= charts.WIDTH
    for text in root.iter(f"{SVG}text"):
        assert 10 <= float(text.get("y") or 0) <= 190


def test_the_days_are_told_in_words(app: Flask) -> None:
    said = words(charts.days_chart(days(0, 12, 3)))
    assert "15 signatures in 3 days, most on Oct 26." in said
    assert "Oct 26: 12" in said


def test_the_highest_bar_bears_its_number_and_no_line_runs_through_it(app: Flask) -> None:
    for peak in range(1, 120):
        root = drawn(charts.days_chart(days(0, peak, 0)))
        label = next(t for t in root.iter(f"{SVG}text") if t.get("font-weight") == "700")
        assert label.text == str(peak)
        bottom = float(label.get("y") or 0)
        for line in root.iter(f"{SVG}line"):
            assert not bottom - 10 < float(line.get("y1") or 0) < bottom, peak


def test_sources_are_escaped_cut_and_read_out_in_full(app: Flask) -> None:
    long = "A <b>very</b> & truly long headline that no chart could ever hold in one line"
    chart = charts.sources_chart(
        [Source(SourceKind.RELEASE, long, 3), Source(SourceKind.DIRECT, "", 1)]
    )
    said = words(chart)
    assert f"{long}: 3; Straight to the page: 1" in said
    assert "<b>" not in str(chart)
    assert any((text.text or "").endswith("…") for text in drawn(chart).iter(f"{SVG}text"))


def test_empty_charts_say_so(app: Flask) -> None:
    assert "No confirmed signatures in this time yet." in words(charts.days_chart(days(0, 0)))
    assert "Nobody has confirmed yet." in words(charts.sources_chart([]))


def test_dates_and_numbers_follow_the_language(app: Flask) -> None:
    with app.test_request_context("/es/"), force_locale("es"):
        assert "26 oct" in words(charts.days_chart(days(0, 1_200, 0)))


def test_two_charts_on_a_page_have_ids_of_their_own(app: Flask) -> None:
    one, two = charts.days_chart(days(1), "one"), charts.days_chart(days(1), "two")
    assert 'id="one-title"' in one
    assert 'id="two-title"' in two
