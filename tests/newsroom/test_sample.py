"""The sample newsroom: there after a first start, untouched by later ones."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from actionhub.actions.models import Action, ActionState
from actionhub.actions.showing import actions_for_releases, find_action
from actionhub.cli.demo import Loaded, load_sample
from actionhub.database import db
from actionhub.newsroom.editing import edit_release, release_at
from actionhub.newsroom.importing import import_source
from actionhub.newsroom.models import PressRelease
from actionhub.newsroom.plaintext import read_text
from actionhub.newsroom.reading import latest_releases
from actionhub.newsroom.sample.loading import sample_releases
from actionhub.newsroom.sanitising import text_of


def test_ten_releases_and_two_open_actions_are_there(app: Flask) -> None:
    assert load_sample() == Loaded(10, 2)
    db.session.rollback()  # it has committed
    latest = latest_releases()
    assert len(latest) == 10
    assert latest[0].released_on == date(2021, 4, 29)
    tied = actions_for_releases([release.id for release in latest], "en")
    by_day = {
        release.released_on: [action.slug for action in tied.get(release.id, [])]
        for release in latest
        if tied.get(release.id)
    }
    assert by_day == {
        date(2021, 4, 29): ["pass-the-pro-act"],
        date(2021, 3, 26): ["dignity-for-detained-immigrants"],
    }
    assert set(db.session.scalars(select(Action.state))) == {ActionState.OPEN}


def test_the_actions_speak_english_and_spanish(app: Flask) -> None:
    load_sample()
    assert find_action("pass-the-pro-act", "en").target_name == "United States Senate"
    assert find_action("pass-the-pro-act", "es").title == "Aprueben la Ley PRO"
    assert "<li>" in find_action("dignity-for-detained-immigrants", "es").body_html
    assert (
        find_action("dignity-for-detained-immigrants", "en").target_name
        == "Your members of Congress"
    )


def test_loading_again_adds_nothing_and_keeps_edits(app: Flask) -> None:
    load_sample()
    release = release_at("president-trump-tramples-right-to-protest")
    edit_release(release, title="The right to protest stands", visible=False)
    db.session.commit()
    assert load_sample() == Loaded(0, 0)
    assert release_at("president-trump-tramples-right-to-protest").title == (
        "The right to protest stands"
    )
    assert db.session.scalar(select(func.count()).select_from(PressRelease)) == 10


def test_importing_the_real_page_over_the_sample_adds_none_twice(
    app: Flask, shared_data: Path
) -> None:
    load_sample()
    report = import_source(str(shared_data / "newsroom-page.txt"))
    assert (report.added, report.updated, report.unchanged) == (0, 10, 0)


def test_titles_and_dates_are_facts_and_no_sentence_is_taken(shared_data: Path) -> None:
    page = read_text((shared_data / "newsroom-page.txt").read_text("utf-8"), "page")
    sample = sample_releases()
    assert [(item.title, item.released_on) for item in sample] == [
        (item.title, item.released_on) for item in page.items
    ]
    for item, original in zip(sample, page.items, strict=True):
        ours, theirs = text_of(item.body_html).split(), f" {text_of(original.body_html)} "
        runs = [" ".join(ours[start : start + 7]) for start in range(len(ours) - 6)]
        assert [run for run in runs if f" {run} " in theirs] == []
        assert 2 <= item.body_html.count("<p>") <= 4
