"""An organizer records what came of an action, for one or for many, and strikes what was wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select, update

from actionhub import clock
from actionhub.actions.models import Action
from actionhub.actions.outcome_models import Outcome, OutcomeKind
from actionhub.actions.outcomes import how_many
from actionhub.congress.models import Term
from actionhub.extensions import db
from actionhub.followups.models import FollowUp, FollowUpState
from actionhub.links import absolute
from actionhub.organizers.auditing import latest
from actionhub.organizers.models import Role
from actionhub.outbox.models import Email
from tests.cast import a_draft, an_open_action
from tests.congress.seats import load_ohio
from tests.organize.people import Desk

VOTE = {
    "kind": "vote",
    "position": "yea",
    "happened_on": "2026-06-30",
    "words": "On passage of S. 1",
    "source_url": "https://www.congress.gov/vote/1",
}
BOTH = "C000003\nAsh, Ada (OH)"


@pytest.fixture
def action(app: Flask) -> Iterator[Action]:
    with clock.set_to(datetime(2026, 7, 1, 12, tzinfo=UTC)):
        load_ohio()
        action = an_open_action(target_rule="delegation", slug="pro-act")
        db.session.commit()
        yield action


@pytest.fixture
def sam(action: Action, app: Flask) -> Desk:
    return Desk(app, Role.ORGANIZER)


def new(action: Action) -> str:
    return f"/organize/actions/{action.id}/outcomes/new"


def many(action: Action) -> str:
    return f"/organize/actions/{action.id}/outcomes/many"


def recorded() -> list[Outcome]:
    return list(db.session.scalars(select(Outcome).order_by(Outcome.id)))


def recorded_of_both(sam: Desk, action: Action) -> list[Outcome]:
    once = sam.hidden(many(action), "once")
    look = sam.send(many(action), once=once, who=BOTH, **VOTE)
    seen = look.text.partition('name="seen"')[2].partition('value="')[2].partition('"')[0]
    sam.send(many(action), once=once, seen=seen, who=BOTH, **VOTE)
    return recorded()


def test_a_vote_is_recorded_and_listed_with_who_recorded_it(sam: Desk, action: Action) -> None:
    assert "Nothing is recorded yet" in sam.sees(f"/organize/actions/{action.id}")
    once = sam.hidden(new(action), "once")
    assert '<option value="Senator Cy Cedar, Ohio (C000003)">' in sam.sees(new(action))
    sent = sam.send(new(action), once=once, who="Senator Cy Cedar, Ohio (C000003)", **VOTE)
    assert sent.status_code == 302
    page = sam.sees(sent.location)
    assert "Senator Cy Cedar" in page
    assert "On passage of S. 1" in page
    assert "recorded by sam" in page
    assert "1 reply, vote or other outcome is recorded" in sam.sees(
        f"/organize/actions/{action.id}"
    )
    (event,) = latest(1)
    (outcome,) = recorded()
    assert (event.verb, event.subject_id) == ("record", action.id)
    assert event.fields == ["vote", f"outcome {outcome.id}"]
    assert outcome.recorded_by == sam.organizer_id


def test_a_double_press_records_one(sam: Desk, action: Action) -> None:
    once = sam.hidden(new(action), "once")
    reply = VOTE | {"kind": "reply", "position": ""}
    for words in ("They will think about it", "They will think about it again"):
        sent = sam.send(new(action), once=once, who="Cedar", **reply | {"words": words})
        assert sent.status_code == 302
    assert len(recorded()) == 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"who": "Somebody Else"}, "“Somebody Else” is nobody whom this action addresses."),
        ({"who": "X000009"}, "“X000009” is nobody whom this action addresses."),
        ({"happened_on": "2026-07-02"}, "That day is yet to come"),
        ({"source_url": "javascript:alert(1)"}, "begins with https://"),
        ({"position": ""}, "Say how they voted."),
        ({"kind": "statement", "words": ""}, "Say in a few words what they stated."),
        ({"kind": "rumour"}, "Not a valid choice"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_typed_is_lost(
    sam: Desk, action: Action, changes: dict[str, str], told: str
) -> None:
    once = sam.hidden(new(action), "once")
    typed = {"who": "Cedar", **VOTE, "words_es": "Sobre la ley", **changes}
    answer = sam.send(new(action), once=once, **typed)
    assert answer.status_code == 422
    assert told in answer.text
    assert "Sobre la ley" in answer.text
    assert recorded() == []
    fixed = {"who": "Cedar", **VOTE}
    assert sam.send(new(action), once=once, **fixed).status_code == 302, "the same form goes on"
    assert len(recorded()) == 1


def test_the_one_whom_it_addresses_need_not_be_named(app: Flask) -> None:
    action = an_open_action()
    db.session.commit()
    sam = Desk(app, Role.ORGANIZER)
    page = sam.sees(new(action))
    assert "The United States Senate" in page
    assert 'name="who"' not in page
    once = sam.hidden(new(action), "once")
    reply = {"kind": "reply", "happened_on": "2026-01-02", "words": "We have it."}
    assert sam.send(new(action), once=once, **reply).status_code == 302
    assert [row.addressee_key for row in recorded()] == [f"named:{action.targets[0].id}"]


def test_many_are_shown_before_they_are_recorded(sam: Desk, action: Action) -> None:
    once = sam.hidden(many(action), "once")
    look = sam.send(many(action), once=once, who=BOTH, **VOTE)
    assert look.status_code == 200
    assert "The lines name 2 people" in look.text
    assert "Representative Ada Ash" in look.text
    assert recorded() == []
    assert len(recorded_of_both(sam, action)) == 2


def test_other_lines_than_were_shown_are_shown_again(sam: Desk, action: Action) -> None:
    once = sam.hidden(many(action), "once")
    look = sam.send(many(action), once=once, who="Ash", **VOTE).text
    seen = look.partition('name="seen"')[2].partition('value="')[2].partition('"')[0]
    again = sam.send(many(action), once=once, seen=seen, who=BOTH, **VOTE)
    assert again.status_code == 200
    assert recorded() == []


def test_one_bad_line_records_nobody_and_keeps_every_line(sam: Desk, action: Action) -> None:
    once = sam.hidden(many(action), "once")
    typed = BOTH + "\nSnow, <b>Sue</b>\nB000009"
    answer = sam.send(many(action), once=once, who=typed, **VOTE)
    assert answer.status_code == 422
    assert "“B000009” is nobody" in answer.text
    assert "Snow, &lt;b&gt;Sue&lt;/b&gt;" in answer.text
    assert "Ash, Ada (OH)" in answer.text
    assert recorded() == []


def test_whoever_it_stands_of_already_is_passed_over(sam: Desk, action: Action) -> None:
    once = sam.hidden(new(action), "once")
    sam.send(new(action), once=once, who="Cedar", **VOTE)
    assert len(recorded_of_both(sam, action)) == 2
    page = sam.sees(f"/organize/actions/{action.id}/outcomes")
    assert "1 stood there already" in page


def test_one_is_struck_and_stays_in_the_list(sam: Desk, action: Action) -> None:
    first, _second = recorded_of_both(sam, action)
    path = f"/organize/outcomes/{first.id}/strike"
    assert "The same is recorded of 2 addressees." in sam.sees(path)
    assert how_many(action.id) == 2, "looking changes nothing"
    sent = sam.send(path, which="one")
    page = sam.sees(sent.location)
    assert "by sam" in page
    assert how_many(action.id) == 1
    assert latest(1)[0].verb == "strike"
    sam.send(path, which="one")
    assert [event.verb for event in latest(2)] == ["strike", "record"], "a second press is nothing"
    assert "It was struck" in sam.sees(path)


def test_a_wrong_vote_is_struck_whole(sam: Desk, action: Action) -> None:
    first, _second = recorded_of_both(sam, action)
    sam.sees(f"/organize/outcomes/{first.id}/strike")
    sam.send(f"/organize/outcomes/{first.id}/strike", which="all")
    assert how_many(action.id) == 0


def test_a_follow_up_is_drafted_from_it_and_nothing_is_sent(sam: Desk, action: Action) -> None:
    first, _second = recorded_of_both(sam, action)
    path = f"/organize/outcomes/{first.id}/followup"
    once = sam.hidden(f"/organize/actions/{action.id}/outcomes", "once")
    emails = select(Email.id)
    before = db.session.scalars(emails).all()
    sent = sam.send(path, once=once)
    page = sam.sees(sent.location)
    assert "Write something" not in page
    assert sam.send(path, once=once).status_code == 302
    follow_up = db.session.scalars(select(FollowUp)).one()
    assert follow_up.state is FollowUpState.DRAFT
    assert follow_up.subject == "What came of “Pass the PRO Act”"
    body = follow_up.body_markdown
    assert (
        "- **Voted yes:** Senator Cy Cedar (Ohio), Representative Ada Ash (Ohio, district 9)"
        in (body)
    )
    assert "> On passage of S. 1" in body
    assert "(<https://www.congress.gov/vote/1>)" in body
    assert f"({absolute('/actions/pro-act#outcomes')})" in body
    assert db.session.scalars(emails).all() == before


def test_what_one_did_is_the_subject_and_its_words_are_no_markup(sam: Desk, action: Action) -> None:
    once = sam.hidden(new(action), "once")
    sam.send(new(action), once=once, who="Cedar", **VOTE | {"words": "**Bold** [x](http://y)"})
    (row,) = recorded()
    once = sam.hidden(f"/organize/actions/{action.id}/outcomes", "once")
    sam.send(f"/organize/outcomes/{row.id}/followup", once=once)
    follow_up = db.session.scalars(select(FollowUp)).one()
    assert follow_up.subject == "Senator Cy Cedar voted yes"
    assert r"> \*\*Bold\*\* \[x\](http://y)" in follow_up.body_markdown


def test_of_a_struck_one_no_follow_up_is_drafted(sam: Desk, action: Action) -> None:
    first, _second = recorded_of_both(sam, action)
    once = sam.hidden(f"/organize/actions/{action.id}/outcomes", "once")
    sam.send(f"/organize/outcomes/{first.id}/strike", which="all")
    assert sam.send(f"/organize/outcomes/{first.id}/followup", once=once).status_code == 409
    assert db.session.scalars(select(FollowUp)).all() == []


def test_one_who_left_since_is_named_by_their_id(sam: Desk, action: Action) -> None:
    db.session.execute(update(Term).values(ends_on=datetime(2026, 7, 1).date()))
    db.session.commit()
    once = sam.hidden(new(action), "once")
    assert sam.send(new(action), once=once, who="A000001", **VOTE).status_code == 302
    (row,) = recorded()
    assert (row.name, row.kind) == ("Ada Ash", OutcomeKind.VOTE)


def test_a_draft_has_no_such_pages(sam: Desk) -> None:
    draft = a_draft(slug="draft")
    db.session.commit()
    for path in (new(draft), many(draft), f"/organize/actions/{draft.id}/outcomes"):
        assert sam.see(path).status_code == 409
    assert "What came of it" not in sam.sees(f"/organize/actions/{draft.id}")


def test_a_viewer_sees_the_record_and_no_buttons(sam: Desk, action: Action, app: Flask) -> None:
    recorded_of_both(sam, action)
    vera = Desk(app, Role.VIEWER)
    page = vera.sees(f"/organize/actions/{action.id}/outcomes")
    assert "Ada Ash" in page
    assert "Strike" not in page
    assert "Write to those" not in page
