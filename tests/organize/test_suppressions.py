"""Organizers see which addresses are stopped and why, look one up, and lift it with a reason."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from actionhub import clock
from actionhub.addresses import address_hash, read_address
from actionhub.extensions import db
from actionhub.organizers.models import AuditEvent
from actionhub.outbox.models import Scope, Suppression
from actionhub.outbox.suppressions import is_suppressed, lift, suppress
from actionhub.privacy.erasing import erase
from actionhub.supporters.joining import find_or_add
from actionhub.supporters.subscribing import leave, subscribe
from tests.organize.people import Desk

PATH = "/organize/mail/suppressions"


def stop(address: str, scope: Scope = Scope.ALL, reason: str = "bounced") -> int:
    """Suppress an address; the row's id."""
    suppress(address_hash(address), scope, reason)
    db.session.commit()
    rows = select(Suppression.id).where(Suppression.address_hash == address_hash(address))
    return db.session.scalars(rows.order_by(Suppression.id.desc())).first() or 0


def look_up(desk: Desk, address: str) -> str:
    desk.see(PATH)
    return desk.send(PATH, address=address).text


def lifted(desk: Desk, suppression_id: int, because: str = "They say it works again") -> int:
    desk.see(PATH)
    return desk.send(f"{PATH}/{suppression_id}/lift", because=because).status_code


def numbers_on(page: str) -> list[int]:
    """The listed ones, in their order."""
    return [int(found) for found in re.findall(r'class="kind">number (\d+)<', page)]


def test_with_nothing_stopped_the_page_says_what_will_stand_here(app: Flask, vera: Desk) -> None:
    page = vera.sees(PATH)
    assert "No address is stopped." in page
    assert "<table" not in page
    assert "Nothing was lifted." in vera.sees(f"{PATH}?lifted=1")


def test_a_viewer_sees_numbers_and_list_and_can_do_nothing(app: Flask, vera: Desk) -> None:
    number = stop("bo@example.org")
    stop("cy@example.org", Scope.FOLLOWUPS, "left")
    page = vera.sees(PATH)
    assert 'aria-label="mail to it came back, all mail: 1"' in page
    assert 'aria-label="they left, follow-ups: 1"' in page
    assert "<form" not in page[page.index("<main") :]
    assert vera.send(PATH, address="bo@example.org").status_code == 403
    assert vera.send(f"{PATH}/{number}/lift", because="Please").status_code == 403
    assert is_suppressed(address_hash("bo@example.org"), Scope.SIGNING)


def test_a_known_supporters_address_is_shown_masked_and_no_other(app: Flask, vera: Desk) -> None:
    find_or_add(read_address("bo.marsh@example.org"), "en")
    stop("bo.marsh@example.org")
    stop("gone@example.net")
    page = vera.sees(PATH)
    assert "b•••@example.org" in page
    assert "An address that no supporter has" in page
    assert "marsh" not in page
    assert "gone" not in page


def test_the_newest_stand_first_page_by_page(app: Flask, vera: Desk) -> None:
    ids, start = [], clock.now() - timedelta(hours=100)
    for n in range(120):
        with clock.set_to(start + timedelta(hours=n // 3)):  # three at the same moment
            ids.append(stop(f"p{n}@example.org"))
    with clock.moved_by(hours=1):
        lift(address_hash("p0@example.org"), Scope.ALL)
        stop("p0@example.org")  # stopped again: the newest now
    shown, path = [], PATH
    for _page in range(3):
        page = vera.sees(path)
        shown += numbers_on(page)
        older = re.search(r'href="([^"]+before=\d+)"', page)
        path = older[1].replace("&amp;", "&") if older else ""
    assert shown == [ids[0], *reversed(ids[1:])]
    assert path == ""


def test_the_list_is_narrowed_by_reason_and_scope_also_on_its_next_page(
    app: Flask, vera: Desk
) -> None:
    left = [stop(f"l{n}@example.org", Scope.FOLLOWUPS, "left") for n in range(51)]
    stop("bo@example.org")
    other = stop("cy@example.org", Scope.SIGNING, "complained")
    page = vera.sees(f"{PATH}?reason=left&scope=followups")
    assert numbers_on(page) == left[:0:-1]
    older = re.search(r'href="([^"]+before=\d+)"', page)
    assert older
    assert numbers_on(vera.sees(older[1].replace("&amp;", "&"))) == left[:1]
    assert numbers_on(vera.sees(f"{PATH}?scope=signing")) == [other]
    assert numbers_on(vera.sees(f"{PATH}?reason=erased")) == []
    assert len(numbers_on(vera.sees(f"{PATH}?reason=nonsense&scope=nonsense"))) == 50


def test_an_address_is_looked_up_by_typing_it_however_it_is_written(app: Flask, sam: Desk) -> None:
    stop("bo@example.org")
    page = look_up(sam, " Bo@Example.org ")
    assert "No mail: mail to it came back" in page
    assert "Nothing stops mail to it." in look_up(sam, "new@example.org")
    assert "bo@example.org" not in sam.sees(PATH), "it stands in no address bar to come back to"
    sam.see(PATH)
    refused = sam.send(PATH, address="not an address")
    assert refused.status_code == 422
    assert 'id="address-error"' in refused.text


def test_a_lifting_needs_a_reason_which_is_kept_with_who_gave_it(app: Flask, sam: Desk) -> None:
    number = stop("bo@example.org")
    assert lifted(sam, number, because="  ") == 422
    assert lifted(sam, number, because="x" * 201) == 422
    assert is_suppressed(address_hash("bo@example.org"), Scope.ALL)
    assert lifted(sam, number) == 302
    assert not is_suppressed(address_hash("bo@example.org"), Scope.ALL)
    row = db.session.get_one(Suppression, number, populate_existing=True)
    assert (row.lifted_by, row.lifted_because) == (sam.organizer_id, "They say it works again")
    page = sam.sees(f"{PATH}?lifted=1")
    assert "They say it works again" in page
    assert numbers_on(sam.sees(PATH)) == []


def test_a_refused_reason_is_told_beside_its_field_and_keeps_what_was_typed(
    app: Flask, sam: Desk
) -> None:
    number = stop("bo@example.org")
    sam.see(PATH)
    page = sam.send(f"{PATH}/{number}/lift", because="bo@example.org called").text
    assert f'id="because-{number}-error"' in page
    assert "Leave the address out" in page
    assert 'value="bo@example.org called"' in page


def test_the_audit_tells_of_a_lifting_once_and_names_nobody(app: Flask, sam: Desk) -> None:
    number = stop("bo@example.org")
    for _time in range(2):
        lifted(sam, number)
    (event,) = db.session.scalars(select(AuditEvent).where(AuditEvent.verb == "lift"))
    assert (event.subject_kind, event.subject_id) == ("suppression", number)
    assert event.fields == ["all", "lifted_because"]


@pytest.mark.parametrize(
    ("reason", "scope"),
    [
        ("left", Scope.FOLLOWUPS),
        ("erased", Scope.FOLLOWUPS),
        ("complained", Scope.FOLLOWUPS),
    ],
)
def test_what_somebody_asked_for_themselves_is_not_lifted_for_them(
    app: Flask, sam: Desk, reason: str, scope: Scope
) -> None:
    number = stop("bo@example.org", scope, reason)
    page = look_up(sam, "bo@example.org")
    assert "Only they can take this back, by signing up again." in page
    assert f"/{number}/lift" not in page
    sam.see(PATH)
    refused = sam.send(f"{PATH}/{number}/lift", because="I want to")
    assert refused.status_code == 409
    assert "Only they can sign up again." in refused.text
    assert is_suppressed(address_hash("bo@example.org"), scope)


@pytest.mark.parametrize("scope", [Scope.SIGNING, Scope.STAFF])
def test_a_complaint_that_leaves_no_way_back_can_be_lifted(
    app: Flask, sam: Desk, scope: Scope
) -> None:
    number = stop("bo@example.org", scope, "complained")
    assert lifted(sam, number) == 302
    assert not is_suppressed(address_hash("bo@example.org"), scope)


def test_who_signs_up_again_lifts_it_themselves_and_that_is_told(app: Flask, sam: Desk) -> None:
    member = find_or_add(read_address("bo@example.org"), "en")
    leave(member)
    subscribe(member, None, clock.now())
    db.session.commit()
    assert not is_suppressed(address_hash("bo@example.org"), Scope.FOLLOWUPS)
    assert "They signed up again" in sam.sees(f"{PATH}?lifted=1")


def test_an_erased_persons_lifting_tells_no_reason_any_more(app: Flask, sam: Desk) -> None:
    member = find_or_add(read_address("bo@example.org"), "en")
    number = stop("bo@example.org")
    lifted(sam, number, because="Bo Marsh called")
    erase(member)
    db.session.commit()
    row = db.session.get_one(Suppression, number, populate_existing=True)
    assert (row.lifted_by, row.lifted_because) == (sam.organizer_id, None)
