"""Organizers make deliveries, hand them over, and set up a rhythm."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from actionhub.actions.addressees import all_addressees
from actionhub.deliveries.models import Delivery
from actionhub.deliveries.wording import MAILED
from actionhub.extensions import db
from actionhub.outbox.models import EmailState
from tests.cast import an_open_action
from tests.deliveries.test_digests import accept, delivery_of, mailed, wished, work
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
