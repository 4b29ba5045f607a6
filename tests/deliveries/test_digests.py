"""Offices get deliveries by email in their own rhythm, and change it themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from actionhub import clock
from actionhub.actions import drafting
from actionhub.actions.addressees import Addressee, all_addressees
from actionhub.actions.models import Action
from actionhub.actions.publishing import publish
from actionhub.deliveries import digests, handing, making, rhythms
from actionhub.deliveries.models import Delivery, DeliveryWish, Format, Rhythm
from actionhub.extensions import db
from actionhub.outbox import archiving
from actionhub.outbox.models import Email, EmailState, Mailing
from actionhub.outbox.rendering import preview
from actionhub.privacy import erasing
from actionhub.signatures import withdrawing
from actionhub.signatures.models import NameDisplay
from tests.cast import an_open_action
from tests.deliveries.test_making import signed
from worker.deliveries import make as make_task

NOON = datetime(2026, 7, 1, 16, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _noon(app: Flask) -> Iterator[None]:
    with clock.set_to(NOON):
        yield


def wished(rhythm: Rhythm = Rhythm.DAILY, form: Format = Format.CSV) -> tuple[Action, DeliveryWish]:
    action = an_open_action()
    wish = digests.wish(
        action, all_addressees(action)[0], email="office@gov.example", rhythm=rhythm, format=form
    )
    db.session.commit()
    return action, wish


def work() -> None:
    db.session.commit()
    make_task()
    db.session.rollback()


def mailed() -> list[Email]:
    db.session.rollback()
    found = select(Email).where(Email.key.like("delivery:%")).order_by(Email.id)
    return list(db.session.scalars(found))


def accept(*emails: Email, state: EmailState = EmailState.SENT) -> None:
    """The office's mail server answers; and a worker goes on."""
    ids = [email.id for email in emails]
    answered = update(Email).where(Email.id.in_(ids))
    db.session.execute(answered.values(state=state, finished_at=clock.now()))
    work()


def delivery_of(action: Action) -> Delivery:
    """The newest."""
    found = select(Delivery).where(Delivery.action_id == action.id).order_by(Delivery.id.desc())
    return db.session.scalars(found).all()[0]


def link(email: Email, field: str) -> str:
    assert email.fields is not None
    found = re.search(r"/deliveries/.*", email.fields[field])
    assert found is not None
    return found[0]


def test_nothing_new_sends_nothing() -> None:
    action, _wish = wished()
    work()
    assert mailed() == []
    signed(action, "Ana")
    work()
    work()
    assert len(mailed()) == 1
    with clock.set_to(NOON + timedelta(days=3)):
        work()
        assert len(mailed()) == 1
        signed(action, "Bo", confirmed_at=clock.now())
        work()
        assert len(mailed()) == 2


@pytest.mark.parametrize(
    ("rhythm", "after_a_day", "after_a_week"),
    [(Rhythm.ONCE, 1, 1), (Rhythm.DAILY, 2, 3), (Rhythm.WEEKLY, 1, 2)],
)
def test_each_rhythm_keeps_its_distance(
    rhythm: Rhythm, after_a_day: int, after_a_week: int
) -> None:
    action, _wish = wished(rhythm)
    signed(action, "Ana")
    work()
    with clock.set_to(NOON + timedelta(days=1)):
        signed(action, "Bo", confirmed_at=clock.now())
        work()
        assert len(mailed()) == after_a_day
    with clock.set_to(NOON + timedelta(days=7)):
        signed(action, "Cy", confirmed_at=clock.now())
        work()
        assert len(mailed()) == after_a_week


def test_thresholds_are_met_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rhythms, "THRESHOLDS", (2, 4))
    action, _wish = wished(Rhythm.THRESHOLDS)
    for name, sent in (("A", 0), ("B", 1), ("C", 1), ("D", 2), ("E", 2)):
        signed(action, name)
        work()
        assert len(mailed()) == sent, name


@pytest.mark.parametrize(
    ("number", "following"), [(0, 100), (100, 250), (499, 500), (500, 1000), (999_999, 1_000_000)]
)
def test_thresholds_go_on(number: int, following: int) -> None:
    assert rhythms.next_threshold(number) == following


def test_the_mail_leads_to_the_list_and_holds_no_name(client: FlaskClient) -> None:
    action, _wish = wished()
    signed(action, "Secret Sara")
    work()
    (email,) = mailed()
    assert "Sara" not in str(email.fields)
    page = client.get(link(email, "download_url"))
    assert page.status_code == 200
    assert "Sara" not in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    listed = client.get(f"{link(email, 'download_url')}/list.csv")
    assert "Secret Sara" in listed.text
    assert listed.headers["Cache-Control"] == "no-store"
    assert client.get(link(email, "verify_url")).status_code == 200
    with clock.set_to(NOON + timedelta(days=31)):
        assert client.get(f"{link(email, 'download_url')}/list.csv").status_code == 410


def read(email: Email) -> tuple[str, str]:
    """Its subject and its text, as an office reads them; its HTML says the same of numbers."""
    mailing = db.session.get_one(Mailing, email.mailing_id)
    assert email.fields is not None
    shown = preview(mailing.template, mailing.locale, mailing.content, email.fields)
    text = " ".join(shown.text.split())
    assert ("withheld" in shown.html) is ("withheld" in text)
    return shown.subject, text


@pytest.mark.parametrize("district", [None, 9])
def test_it_speaks_of_one_as_of_one(district: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    action = an_open_action()
    office = Addressee(key="A000001", name="Ada Ash", state=district and "OH", district=district)
    monkeypatch.setattr(rhythms, "whom_to_deliver", lambda _action: (office,))
    email, often = "ash@gov.example", Rhythm.DAILY
    digests.wish(action, office, email=email, rhythm=often, format=Format.BOTH)
    signed(action, "Ana")
    work()
    subject, text = read(mailed()[0])
    assert subject == "1 signature: Pass the PRO Act"
    told = "One person you represent has signed" if district else "One person has signed"
    assert told in text
    assert "withheld" not in text
    with clock.set_to(NOON + timedelta(days=1)):
        signed(action, "Bo", confirmed_at=clock.now(), display=NameDisplay.PROTECTED)
        work()
        subject, text = read(mailed()[1])
    assert subject == "2 signatures: Pass the PRO Act"
    assert ("2 people you represent have" if district else "2 people have signed") in text
    assert "Names withheld: 1." in text


def test_an_office_pauses_and_goes_on_by_its_link(client: FlaskClient) -> None:
    action, wish = wished()
    signed(action, "Ana")
    work()
    path = link(mailed()[0], "wishes_url")
    assert client.get(path).status_code == 200
    assert client.post(path, data={"rhythm": "nonsense", "format": "csv"}).status_code == 422
    chosen = {"rhythm": "weekly", "format": "counts", "paused": "on"}
    assert client.post(path, data=chosen).status_code == 303
    db.session.rollback()
    db.session.refresh(wish)
    assert (wish.rhythm, wish.format, wish.paused) == (Rhythm.WEEKLY, Format.COUNTS, True)
    with clock.set_to(NOON + timedelta(days=30)):
        signed(action, "Bo", confirmed_at=clock.now())
        work()
        assert len(mailed()) == 1
    assert client.post("/deliveries/wishes/nonsense", data=chosen).status_code == 410


def test_figures_alone_carry_no_link_to_names(client: FlaskClient) -> None:
    action, _wish = wished(form=Format.COUNTS)
    signed(action, "Ana")
    work()
    (email,) = mailed()
    assert email.fields is not None
    assert email.fields["with_names"] is False
    assert client.get(f"{link(email, 'download_url')}/list.csv").status_code == 410


def test_as_many_new_as_left_are_news() -> None:
    action, _wish = wished()
    ana = signed(action, "Ana")
    work()
    with clock.set_to(NOON + timedelta(days=1)):
        withdrawing.withdraw(ana.id)
        signed(action, "Bo", confirmed_at=clock.now())
        work()
    assert len(mailed()) == 2


def test_an_office_makes_itself_a_new_list_where_somebody_left(client: FlaskClient) -> None:
    action, _wish = wished()
    ana = signed(action, "Ana")
    signed(action, "Bo")
    work()
    path = link(mailed()[0], "download_url")
    assert "Make me a new list" not in client.get(path).text
    kept = client.post(path)  # nobody left: the list it has is the newest
    assert kept.status_code == 303
    assert len(mailed()) == 1
    withdrawing.withdraw(ana.id)
    db.session.commit()
    assert client.get(f"{path}/list.csv").status_code == 410
    assert "Make me a new list" in client.get(path).text
    assert client.post(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    for _press in range(2):
        asked = client.post(path)
        assert asked.status_code == 202
        assert "being made" in asked.text
    work()
    (_old, new) = mailed()
    fresh = link(new, "download_url")
    assert "Ana" not in client.get(f"{fresh}/list.csv").text
    assert "Bo" in client.get(f"{fresh}/list.csv").text
    for _press in range(2):  # the old link opens nothing new: its link goes to the mailbox again
        assert client.post(path).status_code == 202
    work()
    assert len(mailed()) == 3
    with clock.set_to(NOON + timedelta(days=1)):
        work()
        assert len(mailed()) == 3, "nobody new has signed"
    assert client.post("/deliveries/office/nonsense").status_code == 410


def test_an_office_that_paused_is_not_taken_up_again_by_us() -> None:
    action, wish = wished()
    wish.paused = True
    db.session.commit()
    addressee = all_addressees(action)[0]
    again = {"rhythm": Rhythm.DAILY, "format": Format.CSV}
    with pytest.raises(digests.BadWish, match="paused"):
        digests.wish(action, addressee, email="office@gov.example", **again)
    other = digests.wish(action, addressee, email="desk@gov.example", **again)
    assert not other.paused
    back = digests.wish(action, addressee, email="office@gov.example", **again)
    assert back.paused, "another address in between lifts no pause"
    digests.end(back)
    assert digests.wish(action, addressee, email="office@gov.example", **again).paused
    assert back.ended_at is None, "its link works again: it may go on by it"
    digests.choose(back, Rhythm.DAILY, Format.CSV, paused=False)
    digests.wish(action, addressee, email="desk@gov.example", **again)
    assert not digests.wish(action, addressee, email="office@gov.example", **again).paused


def test_a_corrected_address_gets_its_own_and_the_old_links_end(client: FlaskClient) -> None:
    action, wish = wished(Rhythm.ONCE)
    signed(action, "Ana")
    work()
    (first,) = mailed()
    assert client.get(link(first, "wishes_url")).status_code == 200
    digests.wish(
        action,
        all_addressees(action)[0],
        email="right@gov.example",
        rhythm=Rhythm.ONCE,
        format=Format.CSV,
    )
    work()
    (_first, second) = mailed()
    assert second.address == "right@gov.example"
    assert client.get(f"{link(second, 'download_url')}/list.csv").status_code == 200
    assert client.get(f"{link(first, 'download_url')}/list.csv").status_code == 410
    assert client.post(link(first, "download_url")).status_code == 410
    ended = client.get(link(first, "wishes_url"))
    assert ended.status_code == 410
    assert "another address now" in ended.text
    assert "another address now" in client.get(link(first, "download_url")).text
    db.session.refresh(wish)


def test_a_pause_holds_also_what_was_begun_or_is_on_its_way(client: FlaskClient) -> None:
    action, wish = wished()
    signed(action, "Ana")
    work()
    (first,) = mailed()
    chosen = {"rhythm": "daily", "format": "csv", "paused": "on"}
    digests_begun = making.begin(action, all_addressees(action)[0], wish=wish)
    db.session.commit()
    assert client.post(link(first, "wishes_url"), data=chosen).status_code == 303
    work()
    assert [email.state for email in mailed()] == [EmailState.CANCELLED]
    assert db.session.get_one(Delivery, digests_begun.id).handed_at is None


def test_one_that_was_archived_is_followed_too(app: Flask) -> None:
    action, _wish = wished()
    ana = signed(action, "Ana")
    work()
    accepted = update(Email).values(state=EmailState.SENT, finished_at=clock.now())
    db.session.execute(accepted)
    db.session.execute(update(Delivery).values(handed_at=clock.now()))  # no worker looks now
    with clock.set_to(NOON + timedelta(days=1)):
        signed(action, "Bo", confirmed_at=clock.now())
        work()
    db.session.execute(update(Delivery).values(handed_at=None))
    db.session.commit()
    with clock.set_to(NOON + timedelta(days=29)):
        archiving.archive_all(db.engine, 5)
        assert [email.key for email in mailed()] == [f"delivery:{delivery_of(action).id}"]
        work()
    db.session.refresh(ana)
    assert ana.delivered_at == NOON


def choose(client: FlaskClient, path: str, *, paused: bool, rhythm: str = "daily") -> None:
    chosen = {"rhythm": rhythm, "format": "csv"} | ({"paused": "on"} if paused else {})
    assert client.post(path, data=chosen).status_code == 303
    db.session.rollback()


@pytest.mark.parametrize("rhythm", ["once", "daily"])
def test_who_goes_on_gets_what_the_pause_had_stopped(client: FlaskClient, rhythm: str) -> None:
    action, _wish = wished(Rhythm(rhythm))
    signed(action, "Ana")
    work()
    path = link(mailed()[0], "wishes_url")
    choose(client, path, paused=True, rhythm=rhythm)
    assert [email.state for email in mailed()] == [EmailState.CANCELLED]
    with clock.set_to(NOON + timedelta(days=9)):
        work()
        assert len(mailed()) == 1
        choose(client, path, paused=False, rhythm=rhythm)
        choose(client, path, paused=False, rhythm=rhythm)
        work()
        (_stopped, fresh) = mailed()
        assert fresh.state is EmailState.READY
        accept(fresh)
        choose(client, path, paused=True, rhythm=rhythm)
        choose(client, path, paused=False, rhythm=rhythm)
        work()
        assert len(mailed()) == 2, "what came is not mailed anew"


def test_who_goes_on_gets_no_list_of_long_ago(client: FlaskClient) -> None:
    action, _wish = wished()
    signed(action, "Ana")
    work()
    accept(*mailed())
    path = link(mailed()[0], "wishes_url")
    with clock.set_to(NOON + timedelta(days=1)):
        signed(action, "Bo", confirmed_at=clock.now())
        rhythms.begin_due()
        choose(client, path, paused=True)
        work()
        assert len(mailed()) == 1
    with clock.set_to(NOON + timedelta(days=100)):
        handing.forget_old(100)
        signed(action, "Cy", confirmed_at=clock.now())
        choose(client, path, paused=False)
        work()
        (_first, fresh) = mailed()
        assert fresh.fields is not None
        assert fresh.fields["confirmed"] == "3"
        assert client.get(f"{link(fresh, 'download_url')}/list.csv").status_code == 200


@pytest.mark.parametrize("way", ["withdrawn", "erased"])
def test_no_office_is_mailed_a_link_that_opens_nothing(client: FlaskClient, way: str) -> None:
    action, _wish = wished()
    ana, bo = signed(action, "Ana"), signed(action, "Bo")
    db.session.commit()
    rhythms.begin_due()
    making.make()
    if way == "withdrawn":
        withdrawing.withdraw(ana.id)
    else:
        assert ana.supporter_id is not None
        erasing.erase(ana.supporter_id)
    work()
    assert mailed() == []
    work()
    (email,) = mailed()
    assert email.fields is not None
    assert email.fields["confirmed"] == "1"
    listed = client.get(f"{link(email, 'download_url')}/list.csv")
    assert listed.status_code == 200
    assert "Ana" not in listed.text
    accept(email)
    db.session.refresh(bo)
    assert bo.delivered_at is not None


def test_who_left_before_it_was_accepted_is_not_marked_as_delivered() -> None:
    action, _wish = wished()
    ana, bo = signed(action, "Ana"), signed(action, "Bo")
    work()
    withdrawing.withdraw(ana.id)
    db.session.commit()
    accept(*mailed())
    db.session.refresh(ana)
    db.session.refresh(bo)
    assert (ana.delivered_at, bo.delivered_at is not None) == (None, True)


def test_a_corrected_address_stops_the_mail_to_the_wrong_one() -> None:
    action, _wish = wished()
    signed(action, "Ana")
    work()
    addressee = all_addressees(action)[0]
    again = {"rhythm": Rhythm.DAILY, "format": Format.CSV}
    digests.wish(action, addressee, email="right@gov.example", **again)
    work()
    states = {email.address: email.state for email in mailed()}
    assert states["office@gov.example"] is EmailState.CANCELLED
    assert states["right@gov.example"] is EmailState.READY


@pytest.mark.parametrize(("rhythm", "days"), [(Rhythm.DAILY, 1), (Rhythm.WEEKLY, 7)])
def test_it_comes_in_the_morning_and_stays_there(rhythm: Rhythm, days: int) -> None:
    """Over the night in which clocks change, too."""
    action, wish = wished(rhythm)
    zone = all_addressees(action)[0].zone
    at = datetime(2026, 10, 27, 15, 3, tzinfo=zone).astimezone(UTC)
    for number in range(8):
        with clock.set_to(at):
            signed(action, f"Signer {number}", confirmed_at=at)
            db.session.commit()
            assert rhythms.begin_due() == 1
            db.session.refresh(wish)
            due = rhythms.next_due(wish)
            assert due is not None
            local = due.astimezone(zone)
            assert (local.hour, local.minute) == (9, 0)
            assert (local.date() - at.astimezone(zone).date()).days == days
        with clock.set_to(due - timedelta(minutes=1)):
            signed(action, f"Early {number}", confirmed_at=clock.now())
            db.session.commit()
            assert rhythms.begin_due() == 0
        at = due + timedelta(seconds=40)


def test_its_subject_is_of_the_newest_words() -> None:
    action, wish = wished()
    signed(action, "Ana")
    work()
    drafting.write_text(action, "en", "A newer title", "Do it otherwise", "Please.")
    publish(action, None, material=True)
    db.session.commit()
    with clock.set_to(NOON + timedelta(days=1)):
        signed(action, "Bo", confirmed_at=clock.now())
        work()
    before, after = (
        db.session.get_one(Mailing, one.mailing_id).content["action_title"] for one in mailed()
    )
    assert (before, after) == ("Pass the PRO Act", "A newer title")
    digests.end(wish)
    db.session.commit()
    assert {one.state for one in mailed()} == {EmailState.CANCELLED}, "those of either"


def test_every_office_is_counted_for_at_one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    action = an_open_action()
    signed(action, "Ana")
    looks: list[int] = []
    places = rhythms._places
    monkeypatch.setattr(rhythms, "_places", lambda number: looks.append(number) or places(number))
    senator = Addressee(key="C000003", name="Cy Cedar", state="OH")
    members = [
        Addressee(key=f"A00000{number}", name=f"Ada {number}", state="OH", district=number)
        for number in range(8, 11)
    ]
    everybody = (senator, *members)
    monkeypatch.setattr(rhythms, "whom_to_deliver", lambda _action: everybody)
    for one in everybody:
        email, often = f"{one.key}@gov.example", Rhythm.DAILY
        digests.wish(action, one, email=email, rhythm=often, format=Format.CSV)
    work()
    assert looks == [action.id]
    told = {email.address for email in mailed()}
    assert told == {"C000003@gov.example", "A000009@gov.example"}
