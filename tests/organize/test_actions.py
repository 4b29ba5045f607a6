"""An organizer writes, publishes, corrects, closes and reopens an action, in real forms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from actionhub import clock
from actionhub.actions.models import Action, ActionKind, ActionState, ActionText
from actionhub.actions.showing import find_action
from actionhub.actions.tying import tied_to
from actionhub.extensions import db
from actionhub.followups.models import FollowUp
from actionhub.organizers.models import AuditEvent, Role
from tests.cast import a_draft, a_release, a_signature, an_open_action
from tests.letters import people
from tests.organize.people import Desk

WORDS: dict[str, Any] = {
    "title": "Pass the PRO Act",
    "ask": "Tell the Senate to pass the PRO Act now.",
    "body": "Everyone who works deserves **a union**.",
    "target_name": "The United States Senate",
    "goal": "1000",
    "shared": "y",
}


def drafted(desk: Desk, **changes: object) -> Action:
    once = desk.hidden("/organize/actions/new", "once")
    answer = desk.send("/organize/actions/new", once=once, **WORDS | changes)
    assert answer.status_code == 302, answer.text
    return db.session.get_one(Action, int(answer.location.rpartition("/")[2]))


def published(desk: Desk, action: Action, **fields: object) -> None:
    path = f"/organize/actions/{action.id}/publish"
    answer = desk.send(path, seen=desk.hidden(path, "seen"), **{"material": "no"} | fields)
    assert answer.status_code == 302, answer.text


def verbs() -> list[str]:
    events = select(AuditEvent.verb).where(AuditEvent.verb != "log_in").order_by(AuditEvent.id)
    return list(db.session.scalars(events))


def test_from_two_releases_to_an_open_action(sam: Desk) -> None:
    first, second = a_release(), a_release("another", title="Another Story")
    db.session.commit()
    page = sam.sees(f"/organize/actions/new?release={first.id}&release={second.id}")
    assert page.count(" checked") == 4, "a petition, two releases, the shared addresses"
    action = drafted(sam, releases=[first.id, second.id])
    assert (action.state, tied_to(action.id)) == (ActionState.DRAFT, [first.id, second.id])
    published(sam, action)
    view = find_action(action.slug, "en")
    assert (view.is_open, view.target_name) == (True, "The United States Senate")
    assert "<strong>a union</strong>" in view.body_html
    assert {release.id for release in view.releases} == {first.id, second.id}
    assert verbs() == ["draft", "publish"]


def test_the_same_form_sent_twice_makes_one_draft(sam: Desk) -> None:
    once = sam.hidden("/organize/actions/new", "once")
    for _time in range(2):
        assert sam.send("/organize/actions/new", once=once, **WORDS).status_code == 302
    assert db.session.scalar(select(func.count()).select_from(Action)) == 1


def test_an_error_stands_beside_its_field_and_all_is_kept(sam: Desk) -> None:
    once = sam.hidden("/organize/actions/new", "once")
    answer = sam.send("/organize/actions/new", once=once, **WORDS | {"title": "", "goal": "many"})
    assert answer.status_code == 422
    assert 'id="title-error"' in answer.text
    assert 'id="goal-error"' in answer.text
    assert "Everyone who works deserves **a union**." in answer.text
    assert db.session.scalar(select(func.count()).select_from(Action)) == 0


def test_the_preview_button_shows_and_saves_nothing(sam: Desk) -> None:
    once = sam.hidden("/organize/actions/new", "once")
    answer = sam.send("/organize/actions/new", once=once, preview="1", **WORDS)
    assert answer.status_code == 200
    assert "<strong>a union</strong>" in answer.text
    assert db.session.scalar(select(func.count()).select_from(Action)) == 0


def test_the_live_preview_is_sanitised(sam: Desk) -> None:
    answer = sam.send("/organize/preview", text="**so** <script>alert(1)</script>")
    assert "<strong>so</strong>" in answer.text
    assert "<script" not in answer.text


def test_what_is_missing_is_said_before_publishing(sam: Desk) -> None:
    action = drafted(sam, ask="", target_name="")
    path = f"/organize/actions/{action.id}/publish"
    assert "Say whom the action addresses." in sam.sees(path)
    seen = action.updated_at
    assert sam.send(path, material="no").status_code in {409, 422}
    assert (action.state, action.updated_at) == (ActionState.DRAFT, seen)


def test_publishing_twice_makes_one_version(sam: Desk) -> None:
    action = drafted(sam)
    path = f"/organize/actions/{action.id}/publish"
    seen = sam.hidden(path, "seen")
    for _time in range(2):
        assert sam.send(path, seen=seen, material="no").status_code == 302
    numbers = select(ActionText.number).where(ActionText.action_id == action.id)
    assert sorted(db.session.scalars(numbers)) == [0, 1]
    assert verbs() == ["draft", "publish"]


def test_a_time_ahead_is_read_in_the_organizations_zone_and_scheduled(sam: Desk) -> None:
    moment = datetime(2030, 7, 1, 14, 0, tzinfo=UTC)
    action = drafted(sam, opens_at="2030-07-01T10:00", closes_at="2030-08-01T10:00")
    assert action.opens_at == moment, "ten in New York in summer is fourteen UTC"
    published(sam, action)
    assert action.state is ActionState.SCHEDULED
    assert "Jul 1, 2030, 10:00" in sam.sees(f"/organize/actions/{action.id}")
    sam.send(f"/organize/actions/{action.id}/unschedule")
    assert action.state is ActionState.DRAFT
    assert verbs() == ["draft", "schedule", "unschedule"]


def test_an_hour_that_the_clocks_jump_over_is_refused(sam: Desk) -> None:
    once = sam.hidden("/organize/actions/new", "once")
    answer = sam.send(
        "/organize/actions/new", once=once, **WORDS | {"opens_at": "2030-03-10T02:30"}
    )
    assert answer.status_code == 422
    assert 'id="opens_at-error"' in answer.text


def test_a_correction_is_a_new_version_and_says_if_it_matters(sam: Desk) -> None:
    action = drafted(sam)
    published(sam, action)
    a_signature(action, "Ana Ruiz", "ana@example.org")
    db.session.commit()
    path = f"/organize/actions/{action.id}/edit"
    seen = sam.hidden(path, "seen")
    sam.send(path, seen=seen, **WORDS | {"body": "Other words."})
    assert "Everyone" in find_action(action.slug, "en").body_html, "not published yet"
    published(sam, action, material="yes")
    view = find_action(action.slug, "en")
    assert (view.text_number, "Other words." in view.body_html) == (2, True)
    page = sam.sees(f"/organize/actions/{action.id}/versions")
    assert "changed in substance" in page
    assert "1 signature stands under words" in sam.sees(f"/organize/actions/{action.id}")
    fields = select(AuditEvent.fields).where(AuditEvent.verb == "edit")
    assert list(db.session.scalars(fields)) == [["body"]]


def test_two_who_edit_at_once_lose_nothing(app: Flask, sam: Desk, ines: Desk) -> None:
    action = drafted(sam)
    path = f"/organize/actions/{action.id}/edit"
    mine, theirs = sam.hidden(path, "seen"), ines.hidden(path, "seen")
    assert ines.send(path, seen=theirs, **WORDS | {"ask": "Hers."}).status_code == 302
    answer = sam.send(path, seen=mine, **WORDS | {"ask": "His."})
    assert answer.status_code == 409
    assert "Hers." in answer.text
    assert "His." in answer.text
    text = db.session.scalars(select(ActionText).where(ActionText.action_id == action.id)).one()
    assert text.ask == "Hers."


def test_nobody_publishes_words_they_have_not_seen(sam: Desk, ines: Desk) -> None:
    action = drafted(sam)
    path = f"/organize/actions/{action.id}/publish"
    seen = sam.hidden(path, "seen")
    edit = f"/organize/actions/{action.id}/edit"
    ines.send(edit, seen=ines.hidden(edit, "seen"), **WORDS | {"ask": "Hers."})
    answer = sam.send(path, seen=seen, material="no")
    assert answer.status_code == 409
    assert "Hers." in answer.text
    assert action.state is ActionState.DRAFT


def test_spanish_words_are_written_and_left_out_again(sam: Desk) -> None:
    action = drafted(sam, es_title="Aprueben la Ley PRO", es_ask="Díganlo.", es_body="Todos.")
    published(sam, action)
    assert find_action(action.slug, "es").title == "Aprueben la Ley PRO"
    assert "Aprueben" in sam.sees(f"/organize/actions/{action.id}/preview?locale=es")
    path = f"/organize/actions/{action.id}/edit"
    sam.send(path, seen=sam.hidden(path, "seen"), **WORDS)
    published(sam, action)
    assert find_action(action.slug, "es").locale == "en"


def test_closing_and_opening_again(sam: Desk) -> None:
    action = an_open_action()
    db.session.commit()
    path = f"/organize/actions/{action.id}"
    for _time in range(2):
        assert sam.send(f"{path}/close").status_code == 302
    assert action.state is ActionState.CLOSED
    past = sam.send(f"{path}/reopen", closes_at="2020-01-01T10:00")
    assert past.status_code == 422
    assert "must lie ahead" in past.text
    assert sam.send(f"{path}/reopen").status_code == 302
    assert action.state is ActionState.OPEN
    assert verbs() == ["close", "reopen"]


def test_tying_a_release_to_an_open_action_drafts_the_news_of_it(sam: Desk) -> None:
    action, release = an_open_action(), a_release()
    db.session.commit()
    path = f"/organize/actions/{action.id}/releases"
    assert release.title in sam.sees(path)
    assert release.title not in sam.sees(f"{path}?q=nothing-like-it")
    assert sam.send(path, releases=[release.id]).status_code == 302
    assert tied_to(action.id) == [release.id]
    follow_up = db.session.scalars(select(FollowUp)).one()
    assert follow_up.release_id == release.id
    assert "waits for your approval" in sam.sees("/organize/")
    sam.send(f"/organize/actions/{action.id}/untie/{release.id}")
    assert tied_to(action.id) == []
    assert verbs() == ["tie", "untie"]


def test_a_viewer_sees_pictures_and_no_buttons(vera: Desk) -> None:
    action = an_open_action(closes_at=clock.now() + timedelta(days=3))
    a_draft(title="Another")
    db.session.commit()
    page = vera.sees(f"/organize/actions/{action.id}")
    assert "<svg" in page
    assert "/edit" not in page
    assert 'method="post"' not in page.replace("/organize/logout", "").split("<main")[1]
    assert "Another" in vera.sees("/organize/actions")
    assert Role.VIEWER.value in vera.sees("/organize/")


def test_an_action_that_is_not_there_is_told_kindly(sam: Desk) -> None:
    answer = sam.see("/organize/actions/999")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text


def test_a_letters_words_are_seen_before_they_are_published(sam: Desk) -> None:
    action = a_draft(kind=ActionKind.LETTER, letter=people.WORDS, target_rule="delegation")
    db.session.commit()
    for page in ("preview", "publish"):
        seen = sam.sees(f"/organize/actions/{action.id}/{page}")
        assert "Letter to The United States Senate" in seen
        assert "[title]: dignity for [your district]" in seen
        assert "I live in [your town] and write" in seen
        assert "Please cosponsor the bill, [title] [their name]." in seen
        assert "Thank you for cosponsoring the bill." in seen
        assert "Sign and confirm" not in seen
    assert "Write and confirm by email" in sam.sees(f"/organize/actions/{action.id}/preview")
