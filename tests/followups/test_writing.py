"""Follow-ups are written, kept in order, and stand once they are on their way."""

from __future__ import annotations

import pytest
from flask import Flask

from actionhub.errors import NotFound
from actionhub.extensions import db
from actionhub.followups import announcing, sending, writing
from actionhub.followups.models import FollowUpState
from actionhub.outbox.markdown import to_text
from tests.cast import a_draft, a_release, an_open_action


def test_a_follow_up_is_written_and_mended(app: Flask) -> None:
    action = an_open_action()
    follow_up = writing.draft(action.id, subject="  We\n did it ")
    writing.edit(follow_up, body_markdown="Thanks to **you**.\r\n")
    assert follow_up.state is FollowUpState.DRAFT
    assert follow_up.subject == "We did it"
    assert follow_up.body_markdown == "Thanks to **you**."
    assert writing.of_action(action.id) == [follow_up]
    assert writing.find(follow_up.id) is follow_up


def test_what_is_not_there_or_does_not_fit_is_refused(app: Flask) -> None:
    action = an_open_action()
    with pytest.raises(NotFound):
        writing.draft(action.id + 1)
    with pytest.raises(NotFound):
        writing.find(1)
    with pytest.raises(writing.Incomplete, match="200"):
        writing.draft(action.id, subject="x" * 201)


def test_the_words_stand_once_it_is_on_its_way(app: Flask) -> None:
    follow_up = writing.draft(an_open_action().id, subject="News", body_markdown="Here.")
    sending.start(follow_up, None)
    with pytest.raises(writing.OnItsWay):
        writing.edit(follow_up, subject="Other news")


def test_a_release_tied_to_an_open_action_prepares_a_draft_once(app: Flask) -> None:
    action = an_open_action()
    release = a_release(title="Senate *finally* votes [live]", summary="1. At noon, they vote.")
    follow_up = announcing.announce(action.id, release.id)
    assert follow_up is not None
    assert follow_up.state is FollowUpState.DRAFT
    assert follow_up.subject == "Senate *finally* votes [live]"
    text = to_text(follow_up.body_markdown)
    assert "Senate *finally* votes [live]" in text
    assert "1. At noon, they vote." in text
    assert f"http://localhost/releases/{release.slug}" in text
    assert "Pass the PRO Act" in text
    assert writing.waiting_for_approval() == [follow_up]
    assert announcing.announce(action.id, release.id) is None


def test_a_dropped_announcement_does_not_come_back(app: Flask) -> None:
    action, release = an_open_action(), a_release()
    follow_up = announcing.announce(action.id, release.id)
    assert follow_up is not None
    sending.cancel(follow_up)
    db.session.commit()
    assert announcing.announce(action.id, release.id) is None
    assert writing.waiting_for_approval() == []


def test_nothing_is_announced_of_drafts_and_hidden_releases(app: Flask) -> None:
    assert announcing.announce(a_draft().id, a_release().id) is None
    action = an_open_action()
    assert announcing.announce(action.id, a_release("hidden", visible=False).id) is None
    assert announcing.announce(action.id, 10_000) is None


def test_a_long_headline_is_shortened_to_fit_a_subject(app: Flask) -> None:
    follow_up = announcing.announce(an_open_action().id, a_release(title="long " * 90).id)
    assert follow_up is not None
    assert len(follow_up.subject) <= writing.LONGEST_SUBJECT
    assert follow_up.subject.endswith("…")
