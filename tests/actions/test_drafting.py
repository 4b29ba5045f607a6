"""Organizers draft actions, in two languages, under addresses of their own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from actionhub import clock
from actionhub.actions import drafting, texts
from actionhub.actions.models import ActionKind, ActionState
from actionhub.actions.publishing import publish
from actionhub.actions.showing import preview_action
from actionhub.actions.states import NotReady
from actionhub.actions.tying import tie, tied_to, untie
from actionhub.errors import NotFound
from actionhub.extensions import db
from tests.cast import a_draft, a_release, an_open_action


def test_a_draft_is_tied_and_keeps_its_words_as_version_zero(app: Flask) -> None:
    release = a_release()
    action = a_draft(release_ids=[release.id])
    db.session.commit()
    assert action.state is ActionState.DRAFT
    assert action.text_number == 0
    view = preview_action(action.id, "en")
    assert view.title == "Pass the PRO Act"
    assert view.text_number == 0
    assert "<strong>a union</strong>" in view.body_html
    assert (view.target_name, view.target_office) == ("The United States Senate", "Washington, DC")
    assert [link.slug for link in view.releases] == [release.slug]


def test_two_actions_of_one_title_get_two_addresses(app: Flask) -> None:
    assert [a_draft().slug for _ in range(3)] == [
        "pass-the-pro-act",
        "pass-the-pro-act-2",
        "pass-the-pro-act-3",
    ]


def test_a_title_without_latin_letters_still_gets_an_address(app: Flask) -> None:
    assert a_draft(title="保护工会").slug == "petition"
    assert a_draft(title="保护工会", kind=ActionKind.LETTER).slug == "letter"


def test_an_incomplete_draft_may_be_kept(app: Flask) -> None:
    action = a_draft(title="", ask="", body_markdown="", goal=0, target_name="")
    db.session.commit()
    assert preview_action(action.id, "en").title == ""


def test_editing_changes_only_what_is_given(app: Flask) -> None:
    closes_at = clock.now() + timedelta(days=30)
    action = a_draft(closes_at=closes_at)
    drafting.edit_draft(action, ask="Tell them today.", target_name="Your senators")
    view = preview_action(action.id, "en")
    assert (view.title, view.ask) == ("Pass the PRO Act", "Tell them today.")
    assert (view.target_name, view.target_office) == ("Your senators", "Washington, DC")
    assert view.closes_at == closes_at
    drafting.edit_draft(action, closes_at=None)
    assert preview_action(action.id, "en").closes_at is None


def test_a_draft_speaks_two_languages_and_can_lose_one(app: Flask) -> None:
    action = a_draft()
    drafting.write_text(action, "es", "Aprueben la Ley PRO", "Díganlo ya.", "Texto.")
    assert preview_action(action.id, "es").title == "Aprueben la Ley PRO"
    drafting.drop_text(action, "es")
    fallen_back = preview_action(action.id, "es")
    assert (fallen_back.title, fallen_back.locale) == ("Pass the PRO Act", "en")
    with pytest.raises(NotFound):
        drafting.drop_text(action, "es")
    with pytest.raises(drafting.NotALanguage):
        drafting.write_text(action, "fr", "Non", "Non.", "")


def test_words_that_do_not_fit_are_refused_with_their_limit(app: Flask) -> None:
    action = a_draft()
    with pytest.raises(texts.TooLong, match="200"):
        drafting.edit_draft(action, title="x" * 201)
    with pytest.raises(texts.TooLong, match="300"):
        drafting.edit_draft(action, ask="x" * 301)


def test_target_and_address_stand_once_people_could_sign(app: Flask) -> None:
    action = an_open_action()
    with pytest.raises(drafting.FixedOnceSigned, match="United States Senate"):
        drafting.edit_draft(action, target_name="Somebody else")
    with pytest.raises(drafting.FixedOnceSigned):
        drafting.edit_draft(action, slug="elsewhere")
    drafting.edit_draft(action, target_name="The United States Senate", slug=action.slug)


def test_a_draft_may_move_to_another_free_address(app: Flask) -> None:
    a_draft(slug="unions")
    action = a_draft()
    drafting.edit_draft(action, slug="Unions")
    assert action.slug == "unions-2"


def test_unpublished_words_are_told_apart(app: Flask) -> None:
    action = a_draft()
    assert drafting.has_unpublished_words(action)
    publish(action, None)
    assert not drafting.has_unpublished_words(action)
    drafting.edit_draft(action, body_markdown="More.")
    assert drafting.has_unpublished_words(action)


def test_tying_twice_is_tying_once(app: Flask) -> None:
    action, release = a_draft(), a_release()
    assert tie(action.id, release.id)
    assert not tie(action.id, release.id)
    assert tied_to(action.id) == [release.id]
    assert untie(action.id, release.id)
    assert not untie(action.id, release.id)
    with pytest.raises(NotFound):
        tie(action.id, release.id + 1)


def test_an_open_action_keeps_a_goal_and_a_closing_time_ahead(app: Flask) -> None:
    action = an_open_action()
    with pytest.raises(NotReady) as refused:
        drafting.edit_draft(action, goal=0, closes_at=clock.now() - timedelta(seconds=1))
    assert set(refused.value.problems) == {"goal", "closes_at"}
    ahead = clock.now() + timedelta(days=1)
    drafting.edit_draft(action, goal=5000, closes_at=ahead)
    assert (action.goal, action.closes_at) == (5000, ahead)
