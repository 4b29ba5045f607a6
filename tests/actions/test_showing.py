"""What pages show of actions: the right words, the right state, few queries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event

from actionhub import clock
from actionhub.actions import drafting, posting, publishing, showing
from actionhub.actions.models import ActionState
from actionhub.actions.tying import tie
from actionhub.errors import NotFound
from actionhub.extensions import db
from tests.cast import a_draft, a_release, an_open_action


@contextmanager
def queries() -> Iterator[list[str]]:
    said: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            said.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_spanish_pages_show_spanish_words_and_fall_back_to_english(app: Flask) -> None:
    action = a_draft()
    drafting.write_text(action, "es", "Aprueben la Ley PRO", "Díganlo ya.", "Texto.")
    publishing.publish(action, None)
    only_english = an_open_action(title="Dignity now")
    spanish = showing.find_action(action.slug, "es")
    assert (spanish.title, spanish.locale) == ("Aprueben la Ley PRO", "es")
    fallen_back = showing.find_action(only_english.slug, "es")
    assert (fallen_back.title, fallen_back.locale) == ("Dignity now", "en")


def test_drafts_and_scheduled_actions_are_nobodys_business(app: Flask) -> None:
    draft = a_draft()
    scheduled = a_draft(title="Later", opens_at=clock.now() + timedelta(days=1))
    publishing.publish(scheduled, None)
    for action in (draft, scheduled):
        with pytest.raises(NotFound):
            showing.find_action(action.slug, "en")
        with pytest.raises(NotFound):
            showing.signing_target(action.slug, "en")
    assert showing.open_actions("en") == []
    assert showing.preview_action(draft.id, "en").title == "Pass the PRO Act"


def test_an_action_opens_and_closes_on_time_even_if_no_beat_runs(app: Flask) -> None:
    start = clock.now()
    action = a_draft(opens_at=start + timedelta(days=1), closes_at=start + timedelta(days=2))
    publishing.publish(action, None)
    with clock.set_to(start + timedelta(days=1)):
        assert showing.find_action(action.slug, "en").is_open
        assert [view.id for view in showing.open_actions("en")] == [action.id]
        assert showing.signing_target(action.slug, "en").state is ActionState.OPEN
    with clock.set_to(start + timedelta(days=2)):
        assert showing.find_action(action.slug, "en").state is ActionState.CLOSED
        assert showing.open_actions("en") == []
        assert showing.signing_target(action.slug, "en").state is ActionState.CLOSED


def test_many_actions_take_as_few_queries_as_one(app: Flask) -> None:
    releases = [a_release(f"release-{number}").id for number in range(4)]
    for number in range(12):
        action = an_open_action(title=f"Action {number}", release_ids=releases)
        assert action.slug == f"action-{number}"
    db.session.commit()
    db.session.expire_all()
    with queries() as said:
        views = showing.open_actions("es")
    assert len(views) == 12
    assert all(len(view.releases) == 4 for view in views)
    assert len(said) == 3
    with queries() as said:
        by_release = showing.actions_for_releases(releases, "en")
    assert {len(views) for views in by_release.values()} == {12}
    assert len(said) == 4


def test_releases_know_their_actions_the_open_ones_first(app: Flask) -> None:
    release, lonely = a_release(), a_release("lonely")
    closed = an_open_action(title="Done", release_ids=[release.id])
    publishing.close(closed)
    opened = an_open_action(title="Doing", release_ids=[release.id])
    draft = a_draft(title="Not yet")
    tie(draft.id, release.id)
    found = showing.actions_for_releases([release.id, lonely.id], "en")
    assert [view.id for view in found[release.id]] == [opened.id, closed.id]
    assert found[lonely.id] == []
    assert showing.actions_for_releases([], "en") == {}


def test_hidden_releases_are_not_linked(app: Flask) -> None:
    shown, hidden = a_release(), a_release("hidden", visible=False)
    action = an_open_action(release_ids=[shown.id, hidden.id])
    view = showing.find_action(action.slug, "en")
    assert [link.id for link in view.releases] == [shown.id]
    assert showing.actions_by_id([action.id], "en") == {action.id: view}


def test_a_posting_finds_its_action_in_one_query_then_none_for_a_second(app: Flask) -> None:
    action = a_draft()
    drafting.write_text(action, "es", "Aprueben la Ley PRO", "Díganlo ya.", "Texto.")
    publishing.publish(action, None)
    slug = action.slug
    db.session.commit()
    with queries() as said:
        target = showing.signing_target(slug, "es")
        assert showing.signing_target(slug, "es") == target
    assert len(said) == 1
    assert (target.action_id, target.locale) == (action.id, "es")
    assert target.text_id == showing.find_action(action.slug, "es").text_id


def test_a_commit_in_this_process_is_seen_by_the_next_posting(app: Flask) -> None:
    action = an_open_action()
    db.session.commit()
    assert showing.signing_target(action.slug, "en").state is ActionState.OPEN
    publishing.close(action)
    db.session.commit()
    assert showing.signing_target(action.slug, "en").state is ActionState.CLOSED


def test_what_a_process_knew_is_forgotten_within_a_second(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    action = an_open_action()
    db.session.commit()
    showing.signing_target(action.slug, "en")
    db.session.commit()
    with db.engine.begin() as elsewhere:
        elsewhere.exec_driver_sql("UPDATE actions SET state = 'closed'")
    later = posting.time.monotonic() + posting.TARGET_SECONDS + 0.01
    monkeypatch.setattr(posting.time, "monotonic", lambda: later)
    assert showing.signing_target(action.slug, "en").state is ActionState.CLOSED
