"""Newsroom pages saved as text, read as well as can be."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actionhub.newsroom.items import Item, Reading, UnreadableSource
from actionhub.newsroom.models import ReleaseKind
from actionhub.newsroom.plaintext import read_text
from actionhub.newsroom.sanitising import one_line, text_of
from tests.newsroom import pages_as_text as pages

PRESS_RELEASE, STATEMENT, REPORT = ReleaseKind


def gist(item: Item) -> tuple[str, str, ReleaseKind]:
    return item.title, item.released_on.isoformat(), item.kind


@pytest.fixture
def real_page(shared_data: Path) -> str:
    return (shared_data / "newsroom-page.txt").read_text("utf-8")


def test_the_real_page_gives_its_ten_releases(real_page: str) -> None:
    reading = read_text(real_page, "page")
    assert [item.released_on for item in reading.items] == [
        date(2021, 4, 29),
        date(2021, 3, 26),
        date(2020, 11, 18),
        date(2020, 8, 28),
        date(2020, 8, 26),
        date(2020, 6, 1),
        date(2020, 5, 29),
        date(2020, 5, 28),
        date(2020, 5, 26),
        date(2020, 5, 22),
    ]
    assert {item.kind for item in reading.items} == {PRESS_RELEASE}
    assert reading.items[0].title == "Pass PRO Act to Empower Workers, Protect Rights"
    assert reading.not_understood == ()


def test_its_three_cut_off_summaries_stay_as_they_stand(real_page: str) -> None:
    items = read_text(real_page, "page").items
    cut_off = [item for item in items if item.summary.endswith(" …")]
    assert [item.released_on.day for item in cut_off] == [1, 29, 28]
    for item in items:
        assert item.summary in one_line(real_page)
        assert text_of(item.body_html) == item.summary


def test_what_precedes_its_first_release_is_the_introduction(real_page: str) -> None:
    introduction = read_text(real_page, "page").introduction
    assert len(introduction) == 4
    assert introduction[-1] == "USA Newsroom"


def test_a_date_under_the_title_is_understood() -> None:
    reading = read_text(pages.DATE_SECOND, "page")
    assert [gist(item) for item in reading.items] == [
        ("Rent Freeze Passes in Three Cities", "2022-06-03", PRESS_RELEASE),
        ("Statement on the Fire in Harbor Street", "2022-05-28", STATEMENT),
        ("Empty Homes, Full Shelters", "2022-05-02", REPORT),
    ]
    assert reading.introduction == ("Tenants Together", "Home | About | News")
    assert set(reading.not_understood) == {
        "Photo: Maria Ruiz / Tenants Together",
        "Load more",
        "© 2022 Tenants Together",
    }
    assert text_of(reading.items[0].body_html) == (
        "The councils voted after months of testimony by tenants. "
        "Landlords have until autumn to comply."
    )


def test_a_date_after_the_text_is_understood() -> None:
    reading = read_text(pages.DATE_LAST, "page")
    assert [gist(item) for item in reading.items] == [
        ("Mill Must Clean Up, Court Says", "2021-03-04", PRESS_RELEASE),
        ("A Spring Without Salmon", "2021-03-02", PRESS_RELEASE),
        ("Volunteers Wanted for the Big Clean", "2021-02-08", PRESS_RELEASE),
    ]
    assert reading.items[1].summary.startswith("For the first time")
    assert len(reading.introduction) == 2


def test_a_date_and_a_title_on_one_line_are_understood() -> None:
    reading = read_text(pages.INLINE, "page")
    assert [gist(item)[:2] for item in reading.items] == [
        ("Bus Drivers Win Paid Rest Breaks After Strike", "2021-04-12"),
        ("Drivers Vote to Strike for Paid Rest Breaks", "2021-03-30"),
    ]


def test_a_kind_on_a_line_of_its_own_is_understood() -> None:
    reading = read_text(pages.KIND_APART, "page")
    assert [gist(item) for item in reading.items] == [
        ("Nurses Ask for Masks That Fit", "2020-04-09", PRESS_RELEASE),
        ("On the Death of a Colleague", "2020-04-02", STATEMENT),
    ]
    assert text_of(reading.items[0].body_html) == "They have asked since January."


def test_a_page_without_empty_lines_is_understood() -> None:
    reading = read_text(pages.CLOSE_TOGETHER, "page")
    assert [item.title for item in reading.items] == [
        "City Bans Evictions in Winter",
        "Tenants March on City Hall",
    ]
    assert reading.introduction == ("Our newsroom",)
    assert reading.items[0].summary == "The council voted nine to two on Tuesday night."


def test_a_list_of_titles_above_their_dates_is_understood() -> None:
    reading = read_text(pages.TITLES_ONLY, "page")
    assert [gist(item)[:2] for item in reading.items] == [
        ("City Bans Evictions in Winter", "2022-01-12"),
        ("Tenants March on City Hall", "2022-01-05"),
    ]
    assert reading.introduction == ("Newsroom",)


def test_title_kind_date_and_caption_on_lines_of_their_own_are_understood() -> None:
    reading = read_text(pages.TITLE_KIND_DATE, "page")
    assert [gist(item) for item in reading.items] == [
        ("City Bans Evictions in Winter", "2022-01-12", PRESS_RELEASE),
        ("Tenants March on City Hall", "2022-01-05", STATEMENT),
    ]
    assert reading.items[0].summary == "The council voted nine to two on Tuesday night."
    assert len(reading.not_understood) == 2


def test_one_date_that_must_have_its_day_first_tells_it_of_all() -> None:
    reading = read_text(pages.NUMERIC, "page")
    assert [item.released_on for item in reading.items] == [date(2023, 2, 14), date(2023, 2, 3)]


def test_a_date_that_could_be_read_both_ways_is_named() -> None:
    reading = read_text("04/05/2021\nA Title\nSome text.\n", "page")
    assert reading.items[0].released_on == date(2021, 4, 5)
    assert "A Title" in reading.not_understood[0]


def test_captions_and_buttons_are_set_aside_and_named() -> None:
    reading = read_text(pages.CAPTIONS_BETWEEN, "page")
    assert [gist(item) for item in reading.items] == [
        ("Let the Library Stay Open", "2023-05-06", STATEMENT),
        ("A Book for Every Child", "2023-05-01", PRESS_RELEASE),
    ]
    assert text_of(reading.items[1].body_html) == (
        "Every child in the county gets a book this summer."
    )
    assert "A Book for Every Child: “Washington DC” beside the date" in reading.not_understood
    assert "Read more" in reading.not_understood
    assert "Older posts" in reading.not_understood


def test_a_release_that_stands_there_twice_comes_in_once() -> None:
    once = "May 6, 2023\n\nLet It Open\n\nThey heard two hundred people.\n\n"
    reading = read_text(once + once, "page")
    assert len(reading.items) == 1
    assert reading.not_understood[0] == "Let It Open: stands there twice; the first was read"


def test_a_text_without_dates_is_refused_in_one_line() -> None:
    with pytest.raises(UnreadableSource, match="has no dates") as refusal:
        read_text("Dear diary,\ntoday nothing happened.\n", "diary.txt")
    assert "\n" not in str(refusal.value)


def test_a_text_of_nothing_but_dates_is_refused() -> None:
    with pytest.raises(UnreadableSource, match="more than 5000 dates"):
        read_text("May 1, 2020\nTitle\n" * 5001, "page")


LINES = st.one_of(
    st.sampled_from(
        [
            "April 29, 2021 • Press Release",
            "3 June 2022",
            "04/05/2021",
            "Statement",
            "Photo: A. Person",
            "Read more",
            "A Plain Title",
            "A sentence that says something, and then ends.",
            "Cut off before the …",
            "2021-04-12 – A Title That Is Longer Than Five Words",
            "",
            "",
        ]
    ),
    st.text(max_size=60),
)


def words_of(reading: Reading) -> str:
    parts = [*reading.introduction, *reading.not_understood]
    for item in reading.items:
        parts += [item.title, text_of(item.body_html), str(item.released_on)]
    return "\n".join(parts)


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, max_size=25))
def test_no_line_is_silently_lost(lines: list[str]) -> None:
    from actionhub.newsroom.datelines import kind_named, read_dateline

    try:
        reading = read_text("\n".join(lines), "page")
    except UnreadableSource:
        return
    everything = " ".join(words_of(reading).split())
    for line in "\n".join(lines).replace("\r", "\n").split("\n"):
        plain = one_line(line)
        if plain and kind_named(plain) is None and read_dateline(plain) is None:
            assert plain in everything


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(), max_size=400))
def test_no_text_breaks_the_reader(text: str) -> None:
    with suppress(UnreadableSource):
        read_text(text + "\nMay 1, 2020\n" + text, "page")
