"""Releases written and edited by hand, and what readers then see."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask

from actionhub import clock
from actionhub.errors import NotFound
from actionhub.newsroom.editing import (
    BadRelease,
    accept_upstream,
    edit_release,
    release_at,
    summary_of,
    write_release,
)
from actionhub.newsroom.models import PressRelease, ReleaseKind
from actionhub.newsroom.reading import find_release, latest_releases, view_of


def written(title: str = "Rent relief passes", day: int = 1, **fields: Any) -> PressRelease:
    return write_release(
        **{
            "title": title,
            "released_on": date(2024, 5, day),
            "body_html": "<p>It passed.</p><p>Now to spend it.</p><script>x</script>",
        }
        | fields
    )


def test_a_written_release_is_sanitised_and_gets_address_and_summary(app: Flask) -> None:
    release = written("Rent “relief” – passes at last!")
    assert release.slug == "rent-relief-passes-at-last"
    assert release.summary == "It passed."
    assert "script" not in release.body_html
    assert find_release(release.slug) == view_of(release)


def test_releases_of_one_title_get_addresses_of_their_own(app: Flask) -> None:
    slugs = [written().slug, written().slug, written().slug, written("行動").slug]
    assert slugs == [
        "rent-relief-passes",
        "rent-relief-passes-2024-05-01",
        "rent-relief-passes-2024-05-01-2",
        "release-2024-05-01",
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", " \x00 "),
        ("title", "x" * 501),
        ("body_html", "<script>only</script>"),
        ("source_url", "javascript:alert(1)"),
        ("locale", "tlh"),
    ],
)
def test_a_release_that_cannot_stand_says_where(app: Flask, field: str, value: str) -> None:
    with pytest.raises(BadRelease) as refusal:
        written(**{field: value})
    assert refusal.value.field == field
    assert latest_releases() == []


def test_an_edit_is_marked_and_the_old_word_can_be_taken_back(app: Flask) -> None:
    release = written()
    before = release.updated_at
    with clock.moved_by(hours=1):
        changed = edit_release(
            release, title="Rent relief passed", kind=ReleaseKind.STATEMENT, summary="It passed."
        )
    assert changed == ["kind", "title"]
    assert release.edited_fields == ["title", "kind"]
    assert release.updated_at > before
    accept_upstream(release, "title")
    accept_upstream(release, "kind")
    assert (release.title, release.kind) == ("Rent relief passes", ReleaseKind.PRESS_RELEASE)
    assert (release.edited_fields, release.upstream) == ([], {})


def test_nothing_else_can_be_accepted(app: Flask) -> None:
    with pytest.raises(BadRelease):
        accept_upstream(written(), "title")


def test_a_refused_edit_changes_nothing(app: Flask) -> None:
    release = written()
    with pytest.raises(BadRelease):
        edit_release(release, summary="New", title="")
    assert release.summary == "It passed."


def test_a_hidden_release_is_only_there_for_its_editors(app: Flask) -> None:
    release = written(visible=False)
    with pytest.raises(NotFound):
        find_release(release.slug)
    assert latest_releases() == []
    assert release_at(release.slug) is release


def test_the_latest_come_first_and_go_on_from_a_cursor(app: Flask) -> None:
    for day, title in [(1, "A"), (3, "C"), (2, "B"), (3, "D")]:
        written(title, day)
    first = latest_releases(limit=2)
    assert [release.title for release in first] == ["D", "C"]
    assert [release.title for release in latest_releases(before=first[-1].cursor)] == ["B", "A"]
    assert latest_releases(locale="es") == []


def test_a_long_first_paragraph_is_cut_at_a_word() -> None:
    summary = summary_of("<p>" + "word, " * 200 + "</p><p>more</p>")
    assert summary.endswith("word …")
    assert len(summary) <= 602
