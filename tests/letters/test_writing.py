"""A supporter writes to those who represent them, once each, and only after confirming."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from actionhub import clock
from actionhub.actions import contacts, drafting, outcomes
from actionhub.actions.models import Action
from actionhub.actions.outcome_models import OutcomeKind
from actionhub.actions.posting import forget_targets
from actionhub.actions.publishing import publish
from actionhub.congress.models import DataSet
from actionhub.extensions import db
from actionhub.letters import following, queueing, stopping, writing
from actionhub.letters.models import ChannelName, LetterState
from actionhub.outbox import rendering, retrying
from actionhub.outbox.models import Email, EmailState, Mailing, Report
from actionhub.privacy import cleaning, erasing
from actionhub.signatures.models import DistrictFound, Signature, SignatureState
from tests.congress.seats import load_ohio
from tests.letters.people import (
    WORDS,
    a_letter_action,
    confirm,
    confirm_path,
    letters,
    links_of,
    mailed,
    write,
)

WEDNESDAY = datetime(2026, 7, 1, 16, tzinfo=UTC)  # noon at the Capitol


@pytest.fixture(autouse=True)
def _ohio(app: Flask) -> Iterator[None]:
    with clock.set_to(WEDNESDAY):
        load_ohio()
        yield


def signatures() -> list[Signature]:
    db.session.rollback()
    return list(db.session.scalars(select(Signature)))


def test_a_zip_of_one_district_asks_nothing_and_writes_to_each_who_sits(
    client: FlaskClient,
) -> None:
    a_letter_action()
    assert write(client).status_code == 303
    assert letters() == []
    page = confirm(client).text
    senator, member = letters()
    assert (senator.addressee_key, member.addressee_key) == ("C000003", "A000001")
    assert {letter.state for letter in letters()} == {LetterState.WAITING}
    assert "Senator Cy Cedar" in page
    assert "Representative Ada Ash" in page
    assert "accepted it" not in page


def test_a_zip_of_several_districts_is_asked_about_before_anything_is_stored(
    client: FlaskClient,
) -> None:
    a_letter_action()
    asked = write(client, zip="44101", comment="My own beginning.")
    assert asked.status_code == 422
    assert "Ohio, district 9" in asked.text
    assert "Ada Ash" in asked.text
    assert "the seat is vacant" in asked.text
    assert "My own beginning." in asked.text
    assert signatures() == []
    assert write(client, zip="44101", district="OH-10").status_code == 303
    confirm(client)
    assert [letter.addressee_key for letter in letters()] == ["C000003"]
    (kept,) = signatures()
    assert (kept.us_state, kept.us_district, kept.town) == ("OH", 10, "Dayton")
    assert kept.district_found is DistrictFound.CHOICE


def test_a_zip_that_tells_no_state_is_asked_about_step_by_step(client: FlaskClient) -> None:
    a_letter_action()
    first = write(client, zip="99999")
    assert first.status_code == 422
    assert '<option value="OH">Ohio</option>' in first.text
    second = write(client, zip="99999", state="OH")
    assert 'value="OH-9"' in second.text
    assert write(client, zip="99999", state="OH", district="OH-9").status_code == 303
    confirm(client)
    assert len(letters()) == 2


def test_a_district_that_the_zip_does_not_touch_cannot_be_chosen(client: FlaskClient) -> None:
    a_letter_action()
    assert write(client, zip="44101", district="TX-1").status_code == 422
    assert write(client, zip="44101", district="nonsense").status_code == 422
    assert signatures() == []


def test_nobody_to_write_to_is_said_and_nothing_is_stored(client: FlaskClient) -> None:
    a_letter_action(target_rule="house")
    refused = write(client, zip="44101", district="OH-10")
    assert refused.status_code == 422
    assert "Nobody whom this letter addresses sits for your district" in refused.text
    assert signatures() == []


def test_a_town_is_needed(client: FlaskClient) -> None:
    a_letter_action()
    assert "Enter your town" in write(client, town=" ").text


def test_the_opening_as_it_was_offered_is_nobodys_own(client: FlaskClient) -> None:
    a_letter_action()
    offered = client.get("/actions/dignity").text
    opening = re.search(r"<textarea[^>]*name=\"comment\"[^>]*>\s*(.*?)</textarea>", offered, re.S)
    assert opening is not None
    assert "[your town]" in opening[1]
    write(client, comment=opening[1])
    confirm(client)
    assert [letter.own_words for letter in letters()] == [0, 0]


def test_own_words_are_counted(client: FlaskClient) -> None:
    a_letter_action()
    write(client, comment="My brother lives in Dayton and waits for your help.")
    confirm(client)
    senator, _member = letters()
    # of "I live in Dayton and write to ask for your help." stay: in Dayton and for your help
    assert senator.own_words == 4
    assert senator.words == 10 + 7  # and: Please cosponsor the bill, Senator Cy Cedar.


def test_a_letter_is_written_once_however_often_it_is_confirmed(client: FlaskClient) -> None:
    a_letter_action()
    write(client)
    confirm(client)
    confirm(client)
    (signature,) = signatures()
    assert writing.write_letters(signature.id) == 0
    db.session.commit()
    assert len(letters()) == 2


def test_without_data_nothing_is_promised(client: FlaskClient) -> None:
    a_letter_action()
    db.session.execute(DataSet.__table__.delete())
    db.session.commit()
    assert "We cannot tell yet who represents you" in client.get("/actions/dignity").text
    assert write(client).status_code == 422
    assert signatures() == []


def test_a_letter_goes_by_email_to_an_office_whose_address_is_known(client: FlaskClient) -> None:
    a_letter_action()
    contacts.know("C000003", email="cedar@senate.example")
    db.session.commit()
    write(client, comment="My own beginning.")
    confirm(client)
    assert queueing.advance() == 1
    assert queueing.advance() == 0
    (email,) = mailed()
    assert email.address == "cedar@senate.example"
    assert email.fields is not None
    assert email.fields["reply_to"] == "ana@example.org"
    assert email.fields["subject"] == "Senator: dignity for Ohio, district 9"
    assert email.fields["letter"] == (
        "Dear Senator Cy Cedar,\n\nMy own beginning.\n\n"
        "Please cosponsor the bill, Senator Cy Cedar.\n\nSincerely,\nAna Ruiz\nDayton, OH 44102"
    )
    senator, member = letters()
    assert (senator.channel, senator.state) == (ChannelName.EMAIL, LetterState.QUEUED)
    assert (member.channel, member.state) == (ChannelName.PHONE, LetterState.WAITING)


def test_a_cosponsor_is_thanked_and_others_are_asked(client: FlaskClient) -> None:
    action = a_letter_action()
    deed = outcomes.Deed(OutcomeKind.COSPONSORSHIP, WEDNESDAY.date())
    outcomes.record(action, ["C000003"], deed)
    db.session.commit()
    write(client)
    page = confirm(client)
    senator, member = letters()
    assert (senator.thanks, member.thanks) == (True, False)
    thanked, asked = (client.get(path).text for path in links_of(page))
    assert "Thank you for cosponsoring the bill." in thanked
    assert "Please cosponsor" not in thanked
    assert "Please cosponsor the bill, Representative Ada Ash." in asked


def test_a_writer_sends_it_by_hand_and_says_so_once(client: FlaskClient) -> None:
    a_letter_action()
    write(client)
    path = links_of(confirm(client))[0]
    page = client.get(path)
    assert "tel:+1-202-555-0101" in page.text
    assert "I called" in page.text
    assert "as you told us" not in page.text
    assert client.post(path, data={"way": "email"}).status_code == 422
    assert client.post(path, data={"way": "nonsense"}).status_code == 422
    assert client.post(path, data={"way": "form"}).status_code == 422, "the office has none"
    for _press in range(2):
        assert client.post(path, data={"way": "phone"}).status_code == 303
    assert "You called on July 1, 2026, as you told us." in client.get(path).text
    senator, member = letters()
    assert (senator.state, member.state) == (LetterState.ACCEPTED, LetterState.WAITING)


def test_a_letters_link_shows_it_for_a_day_and_to_nobody_else(client: FlaskClient) -> None:
    a_letter_action()
    write(client)
    path = links_of(confirm(client))[0]
    found = client.get(path)
    assert found.headers["Referrer-Policy"] == "no-referrer"
    assert found.headers["Cache-Control"] == "no-store"
    assert client.get(path[:-3] + "xyz").status_code == 404
    with clock.set_to(WEDNESDAY + timedelta(days=2)):
        late = client.get(path)
        assert late.status_code == 410
        assert "Ana" not in late.text


def test_a_withdrawn_signature_sends_nothing_more(client: FlaskClient) -> None:
    a_letter_action()
    contacts.know("C000003", email="cedar@senate.example")
    write(client)
    confirm(client)
    queueing.advance()
    path = confirm_path()
    assert client.post(f"{path}/withdraw").status_code == 303
    assert {letter.state for letter in letters()} == {LetterState.CANCELLED}
    assert [email.state for email in mailed()] == [EmailState.CANCELLED]


def queued(client: FlaskClient, target: str = "delegation", **fields: str) -> Action:
    """A letter of somebody's to Ohio's senator, in the outbox; the action."""
    action = a_letter_action(target_rule=target)
    contacts.know("C000003", email="cedar@senate.example")
    write(client, **fields)
    confirm(client)
    assert queueing.advance() == 1
    return action


def refused(client: FlaskClient) -> str:
    """A letter that its office's server refused; the confirming path."""
    queued(client)
    db.session.execute(
        update(Email)
        .where(Email.key.like("letter:%"))
        .values(state=EmailState.FAILED, finished_at=clock.now())
    )
    db.session.commit()
    assert following.follow() == 1
    assert letters()[0].state is LetterState.FAILED
    return confirm_path()


def test_a_refused_letter_that_its_writer_sent_is_not_sent_once_more(client: FlaskClient) -> None:
    (link, _member) = links_of(client.get(refused(client)))
    assert client.post(link, data={"way": "phone"}).status_code == 303
    assert retrying.retry({EmailState.FAILED}) == 0
    assert letters()[0].state is LetterState.ACCEPTED


def test_a_refused_letter_that_was_withdrawn_is_not_sent_once_more(client: FlaskClient) -> None:
    assert client.post(f"{refused(client)}/withdraw").status_code == 303
    assert retrying.retry({EmailState.FAILED}) == 0


def test_one_that_was_being_sent_when_it_was_withdrawn_is_told_as_it_was(
    client: FlaskClient,
) -> None:
    queued(client)
    found = update(Email).where(Email.key.like("letter:%"))
    db.session.execute(found.values(state=EmailState.SENDING))
    db.session.commit()
    assert client.post(f"{confirm_path()}/withdraw").status_code == 303
    assert letters()[0].state is LetterState.CANCELLED
    db.session.execute(found.values(state=EmailState.SENT, finished_at=clock.now()))
    db.session.commit()
    assert following.follow() == 1
    assert following.follow() == 0
    assert letters()[0].state is LetterState.ACCEPTED


def accepted() -> None:
    """The emailed letters were taken."""
    found = update(Email).where(Email.key.like("letter:%"), Email.state == EmailState.READY)
    db.session.execute(found.values(state=EmailState.SENT, finished_at=clock.now()))
    db.session.commit()
    assert following.follow() >= 1


def test_a_signature_given_anew_writes_anew_to_who_has_nothing_yet(client: FlaskClient) -> None:
    queued(client, comment="First words of mine.")
    accepted()
    assert client.post(f"{confirm_path()}/withdraw").status_code == 303
    states = {letter.addressee_key: letter.state for letter in letters()}
    assert states == {"C000003": LetterState.ACCEPTED, "A000001": LetterState.CANCELLED}
    with clock.set_to(WEDNESDAY + timedelta(hours=2)):
        write(client, comment="Entirely different words.")
        page = confirm(client)
        assert len(signatures()) == 1
        states = {letter.addressee_key: letter.state for letter in letters()}
        assert states == {"C000003": LetterState.ACCEPTED, "A000001": LetterState.WAITING}
        assert queueing.advance() == 0
        told = [client.get(link).text for link in links_of(page)]
    (senator,) = [text for text in told if "accepted it" in text]
    assert "First words of mine." in senator, "what went is told as it went"
    assert "Entirely different words." not in senator
    (member,) = [text for text in told if "accepted it" not in text]
    assert "Entirely different words." in member
    assert len(mailed()) == 1


def test_a_signature_given_anew_at_once_loses_no_letter(client: FlaskClient) -> None:
    queued(client, "senators", comment="With a tpyo.")
    client.post(f"{confirm_path()}/withdraw")
    write(client, comment="Without one.")
    confirm(client)
    (letter,) = letters()
    assert letter.state is LetterState.WAITING
    assert queueing.advance() == 1


def test_what_a_letter_said_goes_with_a_form_that_is_never_confirmed(client: FlaskClient) -> None:
    queued(client, "senators", comment="My secret words.")
    accepted()
    client.post(f"{confirm_path()}/withdraw")
    assert letters()[0].went is not None
    write(client, comment="Other words.")
    with clock.set_to(WEDNESDAY + timedelta(days=40)):
        cleaning.clean()
        db.session.commit()
    assert letters() == []


def test_signing_newer_words_stops_the_letters_of_the_older_ones(client: FlaskClient) -> None:
    action = queued(client)
    words = replace(WORDS, body="Do something else.")
    drafting.write_text(action, "en", "Dignity", "Now ask differently", "New.", words)
    publish(action, None, material=True)
    db.session.commit()
    forget_targets()
    with clock.set_to(WEDNESDAY + timedelta(minutes=20)):
        write(client)
        confirm(client)
        assert queueing.advance() == 1
    old, new = (
        [letter.state for letter in letters() if letter.signature_id == signature.id]
        for signature in sorted(signatures(), key=lambda one: one.id)
    )
    assert old == [LetterState.CANCELLED] * 2
    assert new == [LetterState.QUEUED, LetterState.WAITING]
    assert [email.state for email in mailed()] == [EmailState.CANCELLED, EmailState.READY]


def test_an_erased_letters_number_is_nobody_elses(client: FlaskClient) -> None:
    queued(client, "senators")
    accepted()
    (first,) = letters()
    number = first.id
    (signature,) = signatures()
    assert signature.supporter_id is not None
    erasing.erase(signature.supporter_id)
    db.session.commit()
    with clock.set_to(WEDNESDAY + timedelta(hours=2)):
        write(client, name="Bob Low", email="bob@example.org")
        confirm(client)
        assert queueing.advance() == 1
        assert following.follow() == 0
    (second,) = letters()
    assert second.id > number
    assert second.state is LetterState.QUEUED


def test_what_is_left_of_the_offered_opening_is_filled(client: FlaskClient) -> None:
    a_letter_action(target_rule="senators")
    contacts.know("C000003", email="cedar@senate.example")
    offered = client.get("/actions/dignity").text
    assert "I live in [your town]" in offered
    own = "I live in [your town], [title] [their name] of [your district]. {{ district }} [sic]"
    write(client, comment=own)
    assert "I live in Dayton" in client.get(confirm_path()).text
    confirm(client)
    queueing.advance()
    (email,) = mailed()
    assert email.fields is not None
    assert "I live in Dayton, Senator Cy Cedar of Ohio, district 9." in email.fields["letter"]
    assert "{{ district }} [sic]" in email.fields["letter"], "what its writer typed is no field"


@pytest.mark.parametrize("way", ["withdrawn", "erased"])
def test_one_that_is_queued_while_its_writer_goes_does_not_go(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """Whoever withdraws waits for who queues, and then stops what was queued."""
    a_letter_action(target_rule="senators")
    contacts.know("C000003", email="cedar@senate.example")
    write(client)
    confirm(client)
    (signature,) = signatures()
    signature_id, owner = signature.id, signature.supporter_id
    assert owner is not None
    db.session.rollback()
    under_way, go_on = threading.Event(), threading.Event()
    enqueue = queueing.enqueue

    def slowly(*given: Any) -> bool:
        queued = enqueue(*given)
        db.session.flush()
        under_way.set()
        go_on.wait(10)
        return queued

    monkeypatch.setattr(queueing, "enqueue", slowly)

    def in_a_thread(work: Callable[[], object]) -> threading.Thread:
        def run() -> None:
            with app.app_context():
                work()
                db.session.commit()
                db.session.remove()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    queues = in_a_thread(queueing.advance)
    assert under_way.wait(10)
    if way == "withdrawn":
        leaves = in_a_thread(lambda: stopping.withdraw(signature_id))
    else:
        leaves = in_a_thread(lambda: erasing.erase(owner))
    leaves.join(0.5)  # it waits, or has not begun to
    go_on.set()
    queues.join()
    leaves.join()
    (email,) = mailed()
    assert email.state is EmailState.CANCELLED
    assert email.address is None
    left = [LetterState.CANCELLED] if way == "withdrawn" else []
    assert [letter.state for letter in letters()] == left


def test_a_signature_that_an_organizer_removes_before_its_hour_sends_nothing(
    client: FlaskClient,
) -> None:
    a_letter_action()
    contacts.know("C000003", email="cedar@senate.example")
    write(client)
    confirm(client)
    db.session.execute(update(Signature).values(state=SignatureState.REMOVED))
    db.session.commit()
    assert queueing.advance() == 0
    assert mailed() == []
    assert letters()[0].state is LetterState.CANCELLED


def test_a_removed_signatures_letters_leave_the_outbox_too(client: FlaskClient) -> None:
    a_letter_action()
    contacts.know("C000003", email="cedar@senate.example")
    write(client)
    confirm(client)
    queueing.advance()
    assert stopping.remove([signatures()[0].id]) == 1
    db.session.commit()
    assert [email.state for email in mailed()] == [EmailState.CANCELLED]
    assert {letter.state for letter in letters()} == {LetterState.CANCELLED}
    assert signatures()[0].state is SignatureState.REMOVED


def test_erasing_a_writer_leaves_nothing_of_their_letters(client: FlaskClient) -> None:
    a_letter_action()
    contacts.know("C000003", email="cedar@senate.example")
    write(client, comment="My brother waits.")
    confirm(client)
    queueing.advance()
    (signature,) = signatures()
    assert signature.supporter_id is not None
    erasing.erase(signature.supporter_id)
    db.session.commit()
    assert letters() == []
    (email,) = mailed()
    assert (email.address, email.fields, email.state) == (None, None, EmailState.CANCELLED)
    assert signatures()[0].town is None


@pytest.mark.parametrize(
    ("moment", "goes"),
    [
        (datetime(2026, 7, 1, 12, 59, tzinfo=UTC), 0),  # 8:59 at the Capitol
        (datetime(2026, 7, 1, 13, 0, tzinfo=UTC), 1),
        (datetime(2026, 7, 1, 20, 59, tzinfo=UTC), 1),
        (datetime(2026, 7, 1, 21, 0, tzinfo=UTC), 0),
        (datetime(2026, 7, 4, 16, 0, tzinfo=UTC), 0),  # a Saturday
        (datetime(2026, 12, 1, 13, 30, tzinfo=UTC), 0),  # 8:30 in winter
    ],
)
def test_an_office_is_written_to_in_its_hours(
    client: FlaskClient, moment: datetime, goes: int
) -> None:
    a_letter_action()
    contacts.know("C000003", email="cedar@senate.example")
    write(client)
    page = confirm(client)
    assert page.status_code == 200
    with clock.set_to(moment):
        assert queueing.advance() == goes


def test_waiting_for_monday_is_told(client: FlaskClient) -> None:
    with clock.set_to(datetime(2026, 7, 4, 16, tzinfo=UTC)):
        a_letter_action()
        contacts.know("C000003", email="cedar@senate.example")
        write(client)
        page = confirm(client).text
    assert "Monday, July 6, 2026, from 9:00\u202fAM on (EDT)" in page


def test_two_workers_do_not_each_fill_an_offices_hour(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_letter_action(target_rule="senators")
    contacts.know("C000003", email="cedar@senate.example", per_hour=24)
    for number in range(5):
        write(client, email=f"p{number}@example.org", name=f"Person {'abcde'[number]}")
        confirm(client)
    both: list[int] = []
    enqueue = queueing.enqueue

    def beside_another(*given: Any) -> bool:
        monkeypatch.setattr(queueing, "enqueue", enqueue)
        queued = enqueue(*given)
        other.start()
        other.join(1)  # SQLite lets it wait; PostgreSQL has its answer by now
        return queued

    def another() -> None:
        with app.app_context():
            both.append(queueing.advance())
            db.session.remove()

    other = threading.Thread(target=another)
    monkeypatch.setattr(queueing, "enqueue", beside_another)
    both.append(queueing.advance())
    other.join()
    assert sorted(both) == [0, 2]


def test_an_office_gets_no_more_than_its_pace(client: FlaskClient) -> None:
    a_letter_action()
    contacts.know("C000003", email="cedar@senate.example", per_hour=24)
    for number in range(5):
        write(client, email=f"p{number}@example.org", name=f"Person {'abcde'[number]}")
        confirm(client)
    assert queueing.advance() == 2
    assert queueing.advance() == 0
    with clock.set_to(WEDNESDAY + timedelta(minutes=5, seconds=1)):
        assert queueing.advance() == 2
    with clock.set_to(WEDNESDAY + timedelta(minutes=11)):
        assert queueing.advance() == 1
    assert len({email.key for email in mailed()}) == 5


def test_a_mended_address_counts_for_letters_that_wait(client: FlaskClient) -> None:
    a_letter_action()
    contacts.know("C000003", email="wrong@senate.example")
    write(client)
    confirm(client)
    contacts.know("C000003", email="right@senate.example")
    db.session.commit()
    queueing.advance()
    assert [email.address for email in mailed()] == ["right@senate.example"]


def test_an_address_that_was_taken_away_leaves_the_letter_to_its_writer(
    client: FlaskClient,
) -> None:
    a_letter_action()
    contacts.know("C000003", email="cedar@senate.example")
    write(client)
    page = confirm(client)
    contacts.know("C000003", email="")
    db.session.commit()
    assert queueing.advance() == 0
    assert queueing.advance() == 0
    assert mailed() == []
    senator = letters()[0]
    assert (senator.channel, senator.state) == (ChannelName.PHONE, LetterState.WAITING)
    assert "I called" in client.get(links_of(page)[0]).text


def test_a_letter_that_comes_back_is_not_accepted(client: FlaskClient) -> None:
    a_letter_action()
    contacts.know("C000003", email="cedar@senate.example")
    write(client)
    confirm(client)
    queueing.advance()
    (row,) = mailed()
    row.state, row.finished_at = EmailState.SENT, clock.now()
    db.session.commit()
    following.follow()
    assert letters()[0].state is LetterState.ACCEPTED
    bounce = Report(
        digest="d", kind="bounced", source="mailbox", email_id=row.id, received_at=clock.now()
    )
    db.session.add(bounce)
    asked = db.session.scalars(select(Email).where(Email.key.like("confirm:%"))).one()
    other = {"kind": "bounced", "source": "mailbox", "received_at": clock.now()}
    db.session.add(Report(digest="e", email_id=asked.id, **other))
    db.session.commit()
    following.follow()
    senator = letters()[0]
    assert (senator.state, senator.reason) == (LetterState.FAILED, "came back")
    assert following.follow() == 0


@pytest.mark.parametrize(
    ("email", "letter"),
    [
        (EmailState.SENT, LetterState.ACCEPTED),
        (EmailState.FAILED, LetterState.FAILED),
        (EmailState.HELD, LetterState.HELD),
        (EmailState.DEFERRED, LetterState.QUEUED),
    ],
)
def test_a_letter_stands_as_its_email_does(
    client: FlaskClient, email: EmailState, letter: LetterState
) -> None:
    a_letter_action()
    contacts.know("C000003", email="cedar@senate.example")
    write(client)
    confirm(client)
    queueing.advance()
    (row,) = mailed()
    row.state, row.finished_at = email, clock.now()
    db.session.commit()
    following.follow()
    assert following.follow() == 0
    assert letters()[0].state is letter
    assert db.session.scalar(select(func.count()).select_from(Signature)) == 1


def test_a_letters_own_mails_speak_of_a_letter(client: FlaskClient) -> None:
    a_letter_action()
    write(client)
    page = client.get("/actions/dignity/thanks").text
    assert "confirm your letter in the message we send you" in page
    asked = client.get(confirm_path()).text
    assert "Confirm: get my letter ready" in asked, "we can send none of them"
    assert "Senator Cy Cedar" in asked
    assert "You call: we have the number" in asked
    contacts.know("C000003", email="cedar@senate.example")
    db.session.commit()
    asked = client.get(confirm_path()).text
    assert "Confirm: send my letter" in asked
    assert "We mail it for you" in asked
    confirm(client)
    db.session.rollback()
    for template, told in (
        ("confirm", "by which way your letter reaches each of them"),
        ("thanks", "Your letter goes to each who represents you or decides."),
    ):
        email, mailing = db.session.execute(
            select(Email, Mailing)
            .join(Mailing, Mailing.id == Email.mailing_id)
            .where(Email.key.like(f"{template}:%"))
        ).one()
        shown = rendering.preview(template, "en", mailing.content, email.fields or {})
        if template == "confirm":
            again = rendering.preview("remind", "en", mailing.content, email.fields or {})
            for one in (shown, again):
                assert "letter" in one.subject
                assert "Confirm my letter" in one.html
                assert "How your letter begins" in one.html or "comment" not in one.html.lower()
                assert "your signature" not in " ".join(one.text.split())
        assert told in " ".join(shown.text.split())
        assert told in shown.html
