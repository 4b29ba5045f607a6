"""Organizers make deliveries, hand them over, and set up a rhythm."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from actionhub import clock
from actionhub.actions import lists
from actionhub.actions.addressees import all_addressees
from actionhub.actions.listing import read_list
from actionhub.actions.models import Target, TargetKind
from actionhub.deliveries import digests
from actionhub.deliveries.models import Delivery, Format, Rhythm
from actionhub.deliveries.wording import MAILED
from actionhub.extensions import db
from actionhub.outbox.models import EmailState
from actionhub.signatures import withdrawing
from actionhub.signatures.models import Signature
from tests.cast import an_open_action
from tests.deliveries.test_digests import accept, delivery_of, link, mailed, wished, work
from tests.deliveries.test_making import signed
from tests.organize.people import Desk


def test_an_organizer_makes_hands_over_and_sets_up(sam: Desk) -> None:
    action = an_open_action()
    signed(action, "Ana")
    db.session.commit()
    path = f"/organize/actions/{action.id}/deliveries"
    key = all_addressees(action)[0].key
    once = sam.hidden(path, "once")
    for _press in range(2):
        assert sam.send(f"{path}/make", addressee=key, once=once).status_code == 302
    (delivery,) = db.session.scalars(select(Delivery)).all()
    early = sam.send(f"/organize/deliveries/{delivery.id}/handed")
    assert early.status_code == 404
    assert "It is not ready yet." in early.text
    work()
    assert "What anyone can verify" in sam.sees(path)
    assert "Ana" in sam.sees(f"/organize/deliveries/{delivery.id}/list.csv")
    assert sam.send(f"/organize/deliveries/{delivery.id}/handed").status_code == 302
    assert "handed over" in sam.sees(path)
    bad = sam.send(f"{path}/wish", addressee=key, email="no", once=once)
    assert bad.status_code == 422
    good = {"addressee": key, "email": "o@gov.example", "rhythm": "weekly", "format": "csv"}
    assert sam.send(f"{path}/wish", **good, once=once).status_code == 302
    assert "o@gov.example" in sam.sees(path)


LOST = (EmailState.FAILED, EmailState.SUPPRESSED, EmailState.EXPIRED, EmailState.CANCELLED)


@pytest.mark.parametrize("state", [EmailState.SENT, EmailState.HELD, *LOST])
def test_it_is_delivered_once_its_office_has_accepted_it(sam: Desk, state: EmailState) -> None:
    action, _wish = wished()
    ana = signed(action, "Ana")
    work()
    path = f"/organize/actions/{action.id}/deliveries"
    handed = f"/organize/deliveries/{delivery_of(action).id}/handed"
    assert "on its way by email" in sam.sees(path)
    assert handed not in sam.sees(path)
    assert ana.delivered_at is None
    accept(*mailed(), state=state)
    db.session.refresh(ana)
    arrived = state is EmailState.SENT
    assert (ana.delivered_at is not None) is arrived
    page = sam.sees(path)
    assert ("handed over" in page) is arrived
    assert str(MAILED[state]) in page or arrived
    assert (handed in page) is (state in LOST), "it may still be taken there"


def test_an_organizer_ends_what_an_office_gets(sam: Desk, client: FlaskClient) -> None:
    action, wish = wished()
    signed(action, "Ana")
    work()
    (email,) = mailed()
    path = f"/organize/actions/{action.id}/deliveries"
    assert sam.send(f"/organize/deliveries/wishes/{wish.id}/end").status_code == 302
    page = sam.sees(path)
    assert "ended" in page
    assert f"/wishes/{wish.id}/end" not in page
    assert [one.state for one in mailed()] == [EmailState.CANCELLED]
    assert client.get(f"{link(email, 'download_url')}/list.csv").status_code == 410
    assert client.post(link(email, "download_url")).status_code == 410
    assert client.get(link(email, "wishes_url")).status_code == 410
    with clock.moved_by(days=3):
        signed(action, "Bo", confirmed_at=clock.now())
        work()
        assert len(mailed()) == 1
        key = all_addressees(action)[0].key
        again = {"addressee": key, "email": wish.email, "rhythm": "daily", "format": "csv"}
        once = sam.hidden(path, "once")
        assert sam.send(f"{path}/wish", **again, once=once).status_code == 302
        work()
        assert len(mailed()) == 2
    assert sam.send("/organize/deliveries/wishes/999/end").status_code == 404


def test_who_is_no_longer_addressed_gets_no_more(sam: Desk, client: FlaskClient) -> None:
    council = lists.bring_in("Council", read_list(b"name,email\nOlga,olga@gov.example\n"))
    action = an_open_action()
    target = db.session.scalars(select(Target)).one()
    target.kind, target.detail = TargetKind.LIST, str(council.id)
    (olga,) = all_addressees(action)
    digests.wish(action, olga, email="olga@gov.example", rhythm=Rhythm.DAILY, format=Format.CSV)
    signed(action, "Ana")
    work()
    (email,) = mailed()
    lists.renew(council, read_list(b"name,email\nNils,nils@gov.example\n"))
    with clock.moved_by(days=2):
        signed(action, "Bo", confirmed_at=clock.now())
        work()
        assert len(mailed()) == 1
        path = f"/organize/actions/{action.id}/deliveries"
        assert "no longer addressed" in sam.sees(path)
        withdrawing.withdraw(db.session.scalars(select(Signature.id)).all()[0])
        db.session.commit()
        assert client.post(link(email, "download_url")).status_code == 410
        lists.renew(council, read_list(b"name,email\nOlga,olga@gov.example\n"))
        work()
        assert len(mailed()) == 1, "another person, as far as we know"


def test_what_an_office_chose_is_not_overridden(sam: Desk, client: FlaskClient) -> None:
    action, wish = wished()
    signed(action, "Ana")
    work()
    chosen = {"rhythm": "weekly", "format": "counts"}
    assert client.post(link(mailed()[0], "wishes_url"), data=chosen).status_code == 303
    path = f"/organize/actions/{action.id}/deliveries"
    again = {
        "addressee": wish.addressee_key,
        "email": wish.email,
        "rhythm": "daily",
        "format": "csv",
        "once": sam.hidden(path, "once"),
    }
    refused = sam.send(f"{path}/wish", **again)
    assert refused.status_code == 422
    assert "has chosen that itself" in refused.text
    db.session.refresh(wish)
    assert (wish.rhythm, wish.format) == (Rhythm.WEEKLY, Format.COUNTS)
    assert "chosen by the office" in sam.sees(path)
    moved = again | {"email": "other@gov.example"}
    assert sam.send(f"{path}/wish", **moved).status_code == 302
