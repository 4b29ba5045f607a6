"""A follow-up reaches everybody once: over pauses, two workers, and a worker that is killed."""

from __future__ import annotations

import multiprocessing
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from actionhub import clock, wakeups
from actionhub.actions.models import Action
from actionhub.extensions import db
from actionhub.followups import emails, progress, queueing, sending, writing
from actionhub.followups.models import FollowUp, FollowUpState
from actionhub.organizers.joining import add_organizer
from actionhub.outbox.models import Email, EmailState, Mailing, MailingState, Scope
from actionhub.supporters.subscribing import leave
from tests.cast import a_member, an_open_action
from tests.followups.killed import advance_and_die
from tests.outbox.archived import archive_finished
from worker.followups import advance as advance_task


def with_members(count: int) -> tuple[Action, FollowUp]:
    action = an_open_action()
    for number in range(count):
        a_member(action, f"Person {number}", f"p{number}@example.org")
    follow_up = writing.draft(action.id, subject="We won", body_markdown="It is **done**.")
    db.session.commit()
    return action, follow_up


def in_batches_of(monkeypatch: pytest.MonkeyPatch, size: int, ahead: int = 20_000) -> None:
    monkeypatch.setattr(queueing, "BATCH", dict.fromkeys(queueing.BATCH, size))
    monkeypatch.setattr(queueing, "AHEAD", ahead)


def keys() -> Counter[str]:
    return Counter(db.session.scalars(select(Email.key)))


def everybody_once(follow_up: FollowUp, count: int) -> bool:
    return len(keys()) == count and all(k.startswith(f"followup:{follow_up.id}:") for k in keys())


def end_all_emails(state: EmailState = EmailState.SENT) -> None:
    db.session.execute(update(Email).values(state=state))
    db.session.commit()


def test_a_follow_up_goes_to_every_member_once_and_is_then_sent(app: Flask) -> None:
    _action, follow_up = with_members(5)
    sending.start(follow_up, None)
    db.session.commit()
    assert follow_up.state is FollowUpState.SENDING
    assert sending.advance() == 5
    assert sending.advance() == 0
    assert everybody_once(follow_up, 5)
    assert follow_up.state is FollowUpState.SENDING
    end_all_emails()
    sending.advance()
    assert follow_up.state is FollowUpState.SENT
    assert follow_up.queued == 5


def test_the_body_is_stored_once_and_of_each_only_a_few_facts(app: Flask) -> None:
    action, follow_up = with_members(3)
    a_member(action, "Eva", "eva@example.org", locale="es")
    sending.start(follow_up, None)
    db.session.commit()
    sending.advance()
    mailings = {row.key: row for row in db.session.scalars(select(Mailing))}
    assert set(mailings) == {f"followup:{follow_up.id}:en", f"followup:{follow_up.id}:es"}
    spanish = mailings[f"followup:{follow_up.id}:es"]
    assert spanish.content["body_markdown"] == "It is **done**."
    assert spanish.content["action_url"] == "http://localhost/es/actions/pass-the-pro-act"
    assert spanish.scope is Scope.FOLLOWUPS
    assert not spanish.automatic
    rows = {row.address: row.fields for row in db.session.scalars(select(Email))}
    assert len(rows) == 4
    assert all(set(fields or {}) == {"name", "supporter"} for fields in rows.values())
    assert (rows["eva@example.org"] or {})["name"] == "Eva"


def test_an_unfinished_one_is_not_started_and_says_why(app: Flask) -> None:
    follow_up = writing.draft(an_open_action().id)
    with pytest.raises(writing.Incomplete) as refused:
        sending.start(follow_up, None, at=clock.now() - timedelta(minutes=1))
    assert set(refused.value.problems) == {"subject", "body_markdown", "starts_at"}
    assert follow_up.state is FollowUpState.DRAFT


def test_a_scheduled_one_starts_when_its_time_comes(app: Flask) -> None:
    _action, follow_up = with_members(2)
    start = clock.now()
    sending.start(follow_up, None, at=start + timedelta(hours=1))
    db.session.commit()
    assert follow_up.state is FollowUpState.SCHEDULED
    assert sending.advance() == 0
    with clock.set_to(start + timedelta(hours=1)):
        assert sending.advance() == 2
    assert follow_up.started_at == start + timedelta(hours=1)


def test_a_schedule_can_be_taken_back_and_set_anew(app: Flask) -> None:
    _action, follow_up = with_members(1)
    sending.start(follow_up, None, at=clock.now() + timedelta(hours=1))
    sending.unschedule(follow_up)
    assert (follow_up.state, follow_up.starts_at) == (FollowUpState.DRAFT, None)
    sending.start(follow_up, None, at=clock.now() + timedelta(hours=1))
    sending.start(follow_up, None)
    assert follow_up.state is FollowUpState.SENDING
    with pytest.raises(writing.OnItsWay):
        sending.start(follow_up, None)


def test_pausing_stops_queueing_and_the_mailings_and_resuming_goes_on(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_batches_of(monkeypatch, 2, ahead=4)
    _action, follow_up = with_members(6)
    sending.start(follow_up, None)
    db.session.commit()
    assert sending.advance() == 4
    sending.pause(follow_up)
    db.session.commit()
    assert set(db.session.scalars(select(Mailing.state))) == {MailingState.PAUSED}
    assert sending.advance() == 0
    with pytest.raises(writing.OnItsWay):
        sending.pause(follow_up)
    sending.resume(follow_up)
    db.session.commit()
    assert set(db.session.scalars(select(Mailing.state))) == {MailingState.ACTIVE}
    end_all_emails()
    assert sending.advance() == 2
    assert everybody_once(follow_up, 6)


def test_no_more_than_so_many_stand_ready_ahead(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_batches_of(monkeypatch, 2, ahead=5)
    _action, follow_up = with_members(11)
    sending.start(follow_up, None)
    db.session.commit()
    assert [sending.advance(), sending.advance()] == [4, 0]
    end_all_emails()
    assert sending.advance() == 4
    end_all_emails()
    assert sending.advance() == 3
    assert everybody_once(follow_up, 11)


def test_cancelling_stops_what_has_not_gone_out(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_batches_of(monkeypatch, 2, ahead=2)
    _action, follow_up = with_members(5)
    sending.start(follow_up, None)
    db.session.commit()
    sending.advance()
    sending.cancel(follow_up)
    db.session.commit()
    assert sending.advance() == 0
    assert follow_up.state is FollowUpState.CANCELLED
    found = sending.progress_of(follow_up)
    assert (found.cancelled, found.sent, found.unqueued) == (2, 0, 0)
    with pytest.raises(writing.OnItsWay):
        sending.resume(follow_up)


def test_those_who_sign_after_the_start_are_not_in_its_audience(app: Flask) -> None:
    action, follow_up = with_members(2)
    sending.start(follow_up, None)
    a_member(action, "Late", "late@example.org")
    db.session.commit()
    assert sending.advance() == 2


def test_a_follow_up_to_nobody_is_sent_at_once(app: Flask) -> None:
    _action, follow_up = with_members(0)
    sending.start(follow_up, None)
    db.session.commit()
    assert sending.advance() == 0
    assert follow_up.state is FollowUpState.SENT


@pytest.mark.parametrize("archived", [False, True])
def test_progress_tells_what_became_of_each(
    app: Flask, monkeypatch: pytest.MonkeyPatch, archived: bool
) -> None:
    in_batches_of(monkeypatch, 3, ahead=6)
    _action, follow_up = with_members(8)
    assert sending.progress_of(follow_up).total == 8
    sending.start(follow_up, None)
    db.session.commit()
    sending.advance()
    ids = list(db.session.scalars(select(Email.id).order_by(Email.id)))
    ended = [EmailState.SENT, EmailState.SENT, EmailState.FAILED, EmailState.SUPPRESSED]
    for email_id, state in zip(ids, ended, strict=False):
        db.session.execute(update(Email).where(Email.id == email_id).values(state=state))
    first = db.session.scalars(select(Email.key).order_by(Email.id)).first()
    assert first is not None
    leave(int(first.rpartition(":")[2]))
    db.session.commit()
    if archived:
        assert archive_finished() == 4
    found = sending.progress_of(follow_up)
    assert (found.queued, found.unqueued, found.total) == (6, 2, 8)
    assert (found.sent, found.failed, found.suppressed, found.waiting) == (2, 1, 1, 2)
    assert found.unsubscribed == 1
    assert found.done == 0.5


def test_a_page_counts_a_large_one_less_often(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "LARGE", 3)
    action, follow_up = with_members(2)
    assert sending.progress_of(follow_up).renew_seconds == progress.RENEW_SECONDS
    a_member(action, "One more", "more@example.org")
    assert sending.progress_of(follow_up).renew_seconds == progress.RENEW_LARGE_SECONDS


def test_two_workers_at_once_queue_everybody_once(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_batches_of(monkeypatch, 3)
    _action, follow_up = with_members(20)
    sending.start(follow_up, None)
    db.session.commit()
    follow_up_id = follow_up.id
    db.session.remove()
    together = threading.Barrier(2)
    queued: list[int] = []
    problems: list[BaseException] = []

    def work() -> None:
        with app.app_context():
            try:
                together.wait()
                queued.append(sending.advance())
            except BaseException as problem:
                problems.append(problem)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert sum(queued) == 20
    found = db.session.get_one(FollowUp, follow_up_id)
    assert everybody_once(found, 20)
    assert found.queued == 20


def test_a_worker_killed_between_batches_loses_and_doubles_nobody(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    _action, follow_up = with_members(8)
    sending.start(follow_up, None)
    db.session.commit()
    process = multiprocessing.get_context("spawn").Process(
        target=advance_and_die, args=(database_url, str(tmp_path))
    )
    process.start()
    process.join(60)
    assert process.exitcode == 9
    db.session.expire_all()
    assert (len(keys()), follow_up.queued) == (3, 3)
    db.session.commit()
    assert sending.advance() == 5
    assert everybody_once(follow_up, 8)
    assert follow_up.queued == 8


def test_a_cursor_set_back_queues_nobody_twice(app: Flask) -> None:
    _action, follow_up = with_members(4)
    sending.start(follow_up, None)
    db.session.commit()
    sending.advance()
    lost = db.session.scalars(select(Email)).first()
    db.session.delete(lost)
    follow_up.cursor = 0
    db.session.commit()
    assert sending.advance() == 1
    assert everybody_once(follow_up, 4)
    assert follow_up.cursor == follow_up.audience_until


def test_a_test_goes_to_the_organizer_alone_as_often_as_they_like(app: Flask) -> None:
    _action, follow_up = with_members(2)
    organizer = add_organizer("Olga@example.org", "organizer", "Olga")
    sending.send_test(follow_up, organizer)
    writing.edit(follow_up, subject="We won!")
    sending.send_test(follow_up, organizer)
    db.session.commit()
    rows = list(db.session.scalars(select(Email).order_by(Email.id)))
    assert [row.address for row in rows] == ["olga@example.org"] * 2
    subjects = [mailing.content["subject"] for mailing in db.session.scalars(select(Mailing))]
    assert subjects == ["We won", "We won!"]
    assert {mailing.scope for mailing in db.session.scalars(select(Mailing))} == {Scope.STAFF}
    with pytest.raises(writing.Incomplete):
        sending.send_test(writing.draft(_action.id), organizer)


def test_the_worker_advances_what_is_on(app: Flask) -> None:
    _action, follow_up = with_members(2)
    sending.start(follow_up, None)
    db.session.commit()
    follow_up_id = follow_up.id
    db.session.remove()
    advance_task()
    assert everybody_once(db.session.get_one(FollowUp, follow_up_id), 2)


def test_a_follow_up_that_fails_holds_up_no_other(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    action, broken = with_members(2)
    fine = writing.draft(action.id, subject="This one goes", body_markdown="Yes.")
    sending.start(broken, None)
    sending.start(fine, None)
    db.session.commit()
    enqueue = emails.enqueue

    def sometimes(follow_up: FollowUp, *rest: object) -> int:
        if follow_up.id == broken.id:
            raise RuntimeError("nothing works")
        return enqueue(follow_up, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(emails, "enqueue", sometimes)
    assert sending.advance() == 2
    assert everybody_once(fine, 2)
    monkeypatch.undo()
    assert sending.advance() == 2
    assert broken.queued == 2


def test_a_button_pressed_on_an_old_page_acts_on_how_things_stand_now(app: Flask) -> None:
    _action, follow_up = with_members(1)
    assert follow_up.state is FollowUpState.DRAFT
    db.session.commit()
    assert follow_up.subject == "We won"  # read anew: from here on this session's copy is old
    elsewhere = update(FollowUp).values(state=FollowUpState.SENDING)
    db.session.execute(elsewhere, execution_options={"synchronize_session": False})
    assert follow_up.state is FollowUpState.DRAFT
    with pytest.raises(writing.OnItsWay):
        sending.start(follow_up, None)


def test_starting_and_resuming_wake_the_worker_once_committed(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[str] = []
    monkeypatch.setattr(wakeups, "flag", lambda *tasks: woken.extend(tasks))
    _action, follow_up = with_members(1)
    sending.start(follow_up, None)
    assert woken == []
    db.session.commit()
    assert woken == [wakeups.Task.ADVANCE_FOLLOWUPS]
    sending.pause(follow_up)
    sending.resume(follow_up)
    db.session.commit()
    assert woken.count(wakeups.Task.ADVANCE_FOLLOWUPS) == 2
