"""Draft, scheduled, open, closed; and words that were published never change."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from actionhub import clock
from actionhub.actions import drafting, publishing, texts
from actionhub.actions.models import Action, ActionState, ActionText
from actionhub.actions.showing import find_action
from actionhub.extensions import db
from tests.cast import a_draft, an_open_action


def all_versions(action: Action) -> list[tuple[int, str, str]]:
    found = select(ActionText).where(ActionText.action_id == action.id)
    rows = db.session.execute(found.order_by(ActionText.number, ActionText.locale)).scalars()
    return [(row.number, row.locale, row.title) for row in rows]


def test_publishing_copies_every_language_to_the_next_version(app: Flask) -> None:
    action = a_draft()
    drafting.write_text(action, "es", "Aprueben la Ley PRO", "Díganlo ya.", "Texto.")
    publishing.publish(action, None)
    assert action.state is ActionState.OPEN
    assert action.opens_at is not None
    assert all_versions(action) == [
        (0, "en", "Pass the PRO Act"),
        (0, "es", "Aprueben la Ley PRO"),
        (1, "en", "Pass the PRO Act"),
        (1, "es", "Aprueben la Ley PRO"),
    ]


def test_new_words_wait_for_publishing_and_the_signed_ones_stay(app: Flask) -> None:
    action = an_open_action()
    signed = find_action(action.slug, "en")
    drafting.edit_draft(action, title="Pass the PRO Act now")
    assert find_action(action.slug, "en") == signed
    publishing.publish(action, None, material=True)
    shown = find_action(action.slug, "en")
    assert shown.title == "Pass the PRO Act now"
    assert shown.text_number == 2
    assert db.session.get_one(ActionText, shown.text_id).material
    assert db.session.get_one(ActionText, signed.text_id).title == "Pass the PRO Act"


def test_publishing_the_same_words_again_makes_no_version(app: Flask) -> None:
    action = an_open_action()
    publishing.publish(action, None)
    assert action.text_number == 1


def test_published_words_can_be_neither_edited_nor_deleted(app: Flask) -> None:
    action = an_open_action()
    db.session.commit()
    text_id = find_action(action.slug, "en").text_id
    published = db.session.get_one(ActionText, text_id)
    published.title = "Something that nobody signed"
    with pytest.raises(texts.PublishedWordsStand):
        db.session.flush()
    db.session.rollback()
    published = db.session.get_one(ActionText, text_id)
    published.number = 0
    with pytest.raises(texts.PublishedWordsStand):
        db.session.flush()
    db.session.rollback()
    db.session.delete(db.session.get_one(ActionText, text_id))
    with pytest.raises(texts.PublishedWordsStand):
        db.session.flush()
    db.session.rollback()
    with pytest.raises(texts.PublishedWordsStand):
        db.session.execute(update(ActionText).values(title="Nobody signed this"))
    with pytest.raises(texts.PublishedWordsStand):
        db.session.execute(delete(ActionText))
    db.session.rollback()
    assert find_action(action.slug, "en").title == "Pass the PRO Act"


def test_two_organizers_publishing_at_once_make_one_version(app: Flask) -> None:
    action = a_draft()
    db.session.commit()
    action_id = action.id
    db.session.remove()
    together = threading.Barrier(2)
    problems: list[BaseException] = []

    def press() -> None:
        with app.app_context():
            try:
                row = db.session.get_one(Action, action_id)
                db.session.commit()
                together.wait()
                publishing.publish(row, None)
                db.session.commit()
            except BaseException as problem:
                problems.append(problem)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    action = db.session.get_one(Action, action_id)
    assert (action.state, action.text_number) == (ActionState.OPEN, 1)
    assert [number for number, _locale, _title in all_versions(action)] == [0, 1]


def test_an_unready_action_says_what_is_missing_field_by_field(app: Flask) -> None:
    action = a_draft(title="", ask="", goal=0, target_name="  ")
    drafting.write_text(action, "es", "Título", "", "")
    action.closes_at = clock.now() - timedelta(minutes=1)
    with pytest.raises(publishing.NotReady) as refused:
        publishing.publish(action, None)
    assert set(refused.value.problems) == {
        "title", "ask", "ask:es", "goal", "target_name", "closes_at",
    }  # fmt: skip
    assert "at least one signature" in str(refused.value)
    assert action.state is ActionState.DRAFT


def test_a_closing_before_the_opening_is_refused(app: Flask) -> None:
    soon = clock.now() + timedelta(days=2)
    action = a_draft(opens_at=soon, closes_at=soon - timedelta(days=1))
    with pytest.raises(publishing.NotReady, match="after the opening"):
        publishing.publish(action, None)


def test_a_scheduled_action_opens_and_closes_on_its_own(app: Flask) -> None:
    start = clock.now()
    with clock.set_to(start):
        action = a_draft(opens_at=start + timedelta(days=1), closes_at=start + timedelta(days=9))
        publishing.publish(action, None)
        db.session.commit()
        assert action.state is ActionState.SCHEDULED
        assert publishing.turn() == 0
    with clock.set_to(start + timedelta(days=1)):
        assert publishing.turn() == 1
        db.session.commit()
        assert action.state is ActionState.OPEN
        assert publishing.turn() == 0
    with clock.set_to(start + timedelta(days=9)):
        assert publishing.turn() == 1
        assert action.state is ActionState.CLOSED


def test_a_worker_that_slept_through_it_all_closes_what_never_opened(app: Flask) -> None:
    start = clock.now()
    action = a_draft(opens_at=start + timedelta(days=1), closes_at=start + timedelta(days=2))
    publishing.publish(action, None)
    with clock.set_to(start + timedelta(days=3)):
        assert publishing.turn() == 2
        assert action.state is ActionState.CLOSED


def test_closing_and_opening_again(app: Flask) -> None:
    action = an_open_action()
    publishing.close(action)
    assert action.state is ActionState.CLOSED
    with pytest.raises(publishing.WrongTurn, match="closed"):
        publishing.close(action)
    with pytest.raises(publishing.WrongTurn):
        publishing.publish(action, None)
    with pytest.raises(publishing.NotReady, match="ahead"):
        publishing.reopen(action, closes_at=clock.now())
    publishing.reopen(action)
    assert action.state is ActionState.OPEN
    assert action.closes_at is None
    with pytest.raises(publishing.WrongTurn, match="open"):
        publishing.reopen(action)


def test_an_action_past_its_time_can_be_reopened_before_the_beat_noticed(app: Flask) -> None:
    start = clock.now()
    action = an_open_action(closes_at=start + timedelta(days=1))
    with clock.set_to(start + timedelta(days=2)):
        publishing.reopen(action)
        assert action.state is ActionState.OPEN


def test_a_schedule_can_be_taken_back(app: Flask) -> None:
    action = a_draft(opens_at=clock.now() + timedelta(days=1))
    publishing.publish(action, None)
    publishing.unschedule(action)
    assert action.state is ActionState.DRAFT
    with pytest.raises(publishing.WrongTurn):
        publishing.unschedule(action)
