"""A delivery is the list as it stood: whole, hashed, signed, and nobody's name is public."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from actionhub import clock
from actionhub.actions import drafting
from actionhub.actions.addressees import Addressee, all_addressees, whom_to_deliver
from actionhub.actions.models import Action
from actionhub.actions.publishing import publish
from actionhub.deliveries import handing, lines, making, manifests, printing, signing, volumes
from actionhub.deliveries.models import Delivery, DeliveryState, DeliveryVolume
from actionhub.errors import NotFound
from actionhub.extensions import db
from actionhub.privacy import erasing
from actionhub.signatures import withdrawing
from actionhub.signatures.models import DistrictFound, NameDisplay, Signature, SignatureState
from tests.cast import a_signature, an_open_action
from tests.congress.seats import load_ohio
from tests.foundation.test_paper import text_of

NOON = datetime(2026, 7, 1, 16, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _noon(app: Flask) -> Iterator[None]:
    with clock.set_to(NOON):
        yield


def signed(action: Action, name: str, **changes: Any) -> Signature:
    values: dict[str, Any] = {
        "zip": "44102",
        "us_state": "OH",
        "us_district": 9,
        "district_found": DistrictFound.ZIP,
    }
    address = f"{hashlib.sha256(name.encode()).hexdigest()[:12]}@example.org"
    return a_signature(action, name, address, **values | changes)


def made(action: Action, addressee: Addressee | None = None) -> Delivery:
    delivery = making.begin(action, addressee or all_addressees(action)[0])
    db.session.commit()
    assert making.make() == 1
    assert making.make() == 0
    return db.session.get_one(Delivery, delivery.id)


def in_volumes_of(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists of small volumes, and not shuffled."""
    monkeypatch.setattr(making, "_shuffled", list)
    for module in (lines, making):
        monkeypatch.setattr(module, "VOLUME", number)


def raw(delivery: Delivery) -> bytes:
    return b"".join(volumes.stored_bytes(delivery.id))


def names(delivery: Delivery) -> list[str]:
    """In the order of the alphabet: a list has none."""
    return sorted(row["name"] for row in rows(delivery))


def rows(delivery: Delivery) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(raw(delivery).decode("utf-8-sig"), newline="")))


def manifest(delivery: Delivery) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(delivery.manifest or "")
    return found


def test_it_holds_every_signature_that_counts_and_no_other() -> None:
    action = an_open_action()
    for number in range(7):
        signed(action, f"Signer {number}")
    signed(action, "Pending", state=SignatureState.PENDING, confirmed_at=None)
    signed(action, "Withdrawn", state=SignatureState.WITHDRAWN)
    signed(action, "Later", confirmed_at=NOON + timedelta(seconds=1))
    delivery = made(action)
    assert names(delivery) == [f"Signer {n}" for n in range(7)]
    counted = db.session.scalar(
        select(func.count())
        .select_from(Signature)
        .where(Signature.state == SignatureState.CONFIRMED, Signature.confirmed_at <= NOON)
    )
    assert manifest(delivery)["counts"]["confirmed"] == delivery.lines == counted == 7


def test_an_office_gets_its_own_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifests, "FEW", 2)
    action = an_open_action()
    signed(action, "Nine")
    signed(action, "Ten", us_district=10)
    signed(action, "Only Ohio", us_district=None, district_found=None)
    signed(action, "Texan", us_state="TX", us_district=1)
    signed(action, "Abroad", us_state=None, us_district=None, country="FR", zip=None)
    senator = Addressee(key="C000003", name="Cy Cedar", state="OH")
    member = Addressee(key="A000001", name="Ada Ash", state="OH", district=9)
    assert names(made(action, senator)) == ["Nine", "Only Ohio", "Ten"]
    assert names(made(action, member)) == ["Nine"]
    everybody = made(action)
    assert len(rows(everybody)) == 5
    counts = manifest(everybody)["counts"]
    assert counts["by_state"] == {"OH": 3, "others": 2}
    assert counts["by_district"] == {"others": 3}
    assert counts["districts_found_by"] == {"zip": 4, "state": 1}


def test_a_withheld_name_is_counted_and_nowhere() -> None:
    action = an_open_action()
    signed(action, "Secret Sara", display=NameDisplay.PROTECTED, comment="My secret", zip="44199")
    signed(action, "Open Omar", display=NameDisplay.TARGET, comment="Please\nread this")
    delivery = made(action)
    assert b"Sara" not in raw(delivery)
    assert b"My secret" not in raw(delivery)
    assert b"44199" not in raw(delivery)
    withheld, shown = sorted(rows(delivery), key=lambda row: row["name"])
    assert withheld["name"] == lines.WITHHELD
    assert (shown["name"], shown["comment"]) == ("Open Omar", "Please\nread this")
    assert manifest(delivery)["counts"]["names_withheld"] == 1


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_no_cell_runs_in_a_spreadsheet(start: str) -> None:
    action = an_open_action()
    signed(action, f"{start}SUM(A1)", comment=f"{start}cmd|' /C calc'!A0")
    (row,) = rows(made(action))
    assert row["name"].startswith("'")
    assert row["comment"].startswith("'")


def test_names_in_any_script_come_through() -> None:
    action = an_open_action()
    them = ["أحمد محمد", "प्रियंका शर्मा", "王小明", 'Ana "La" Ruiz, PhD', "Łukasz"]
    for name in them:
        signed(action, name)
    delivery = made(action)
    assert names(delivery) == sorted(them)
    assert raw(delivery).startswith(b"\xef\xbb\xbfline,name,")


def test_volumes_join_to_the_one_list_that_was_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    in_volumes_of(3, monkeypatch)
    action = an_open_action()
    for number in range(7):
        signed(action, f"Signer {number}")
    delivery = made(action)
    stored = select(DeliveryVolume.first_line, DeliveryVolume.last_line)
    spans = db.session.execute(stored.order_by(DeliveryVolume.number)).all()
    assert [tuple(span) for span in spans] == [(1, 3), (4, 6), (7, 7)]
    told = manifest(delivery)["list"]
    assert told["sha256"] == hashlib.sha256(raw(delivery)).hexdigest()
    assert told["bytes"] == len(raw(delivery))
    assert [row["line"] for row in rows(delivery)] == [str(n) for n in range(1, 8)]


def test_killed_between_two_volumes_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    in_volumes_of(2, monkeypatch)
    action = an_open_action()
    for number in range(5):
        signed(action, f"Signer {number}")
    delivery = making.begin(action, all_addressees(action)[0])
    db.session.commit()
    assert making._step(delivery.id) is True
    db.session.commit()
    making._step(delivery.id)
    db.session.rollback()  # killed before its commit
    making.make()
    found = db.session.get_one(Delivery, delivery.id)
    assert names(found) == [f"Signer {n}" for n in range(5)]


def test_an_empty_delivery_is_one_too() -> None:
    delivery = made(an_open_action())
    assert delivery.state is DeliveryState.READY
    assert rows(delivery) == []


def test_what_was_changed_is_not_ours() -> None:
    action = an_open_action()
    signed(action, "Ana")
    delivery = made(action)
    text, signature = delivery.manifest or "", delivery.signature or ""
    assert signing.is_ours(text, signature)
    assert not signing.is_ours(text.replace('"confirmed":1', '"confirmed":9'), signature)
    assert not signing.is_ours(text, "nonsense")
    assert not signing.is_ours(text, signature[:-4] + "AAA=")


def test_anyone_can_verify_it_and_reads_no_name(client: FlaskClient) -> None:
    action = an_open_action()
    for number in range(6):
        signed(action, f"Signer {number}", comment="A private word")
    signed(action, "Lonely Lou", us_state="WY", us_district=0)
    delivery = made(action)
    db.session.commit()
    page = client.get(f"/deliveries/{delivery.public_id}")
    assert page.status_code == 200
    assert "Genuine" in page.text
    assert manifest(delivery)["list"]["sha256"] in page.text
    assert "Ohio" in page.text
    assert "Wyoming" not in page.text, "one signature there would tell whose it is"
    assert "Signer" not in page.text
    assert "private" not in page.text
    assert "Every line" in page.text or "every line still stands" in page.text
    assert client.get("/deliveries/nonsense").status_code == 404


def test_a_tampered_record_says_so(client: FlaskClient) -> None:
    action = an_open_action()
    signed(action, "Ana")
    delivery = made(action)
    delivery.manifest = (delivery.manifest or "").replace('"confirmed":1', '"confirmed":9000')
    db.session.commit()
    assert "Not genuine" in client.get(f"/deliveries/{delivery.public_id}").text


def test_what_is_taken_back_is_logged_by_line_and_closes_the_list(client: FlaskClient) -> None:
    action = an_open_action()
    signed(action, "Ana")
    bo = signed(action, "Bo")
    delivery = made(action)
    handing.need_list(delivery)
    withdrawing.withdraw(bo.id)
    db.session.commit()
    (removal,) = handing.removals(delivery.id)
    line = next(row["line"] for row in rows(delivery) if row["name"] == "Bo")
    assert (str(removal.line), removal.why, removal.on) == (line, "withdrawn", NOON.date())
    with pytest.raises(handing.NoLongerThere):
        handing.need_list(delivery)
    page = client.get(f"/deliveries/{delivery.public_id}").text
    assert f"Line {line}:" in page
    assert "withdrawn by its signer" in page
    assert "Genuine" in page


def test_erasing_a_signer_empties_what_we_hold_of_the_list() -> None:
    action = an_open_action()
    ana = signed(action, "Ana")
    delivery = made(action)
    handing.hand_over(delivery)
    db.session.commit()
    assert handing.mark() == 1
    assert handing.mark() == 0
    db.session.refresh(ana)
    assert ana.delivered_at == NOON
    assert ana.supporter_id is not None
    erasing.erase(ana.supporter_id)
    db.session.commit()
    assert raw(delivery) == b""
    (removal,) = handing.removals(delivery.id)
    assert (removal.line, removal.why) == (1, "erased")
    db.session.refresh(ana)
    assert ana.state is SignatureState.CONFIRMED


def test_later_lists_hold_an_erased_signer_as_a_line_without_a_name() -> None:
    action = an_open_action()
    ana = signed(action, "Ana", comment="Because.")
    signed(action, "Bo")
    first = made(action)
    handing.hand_over(first)
    db.session.commit()
    handing.mark()
    db.session.refresh(ana)
    assert ana.supporter_id is not None
    erasing.erase(ana.supporter_id)
    db.session.commit()
    second = made(action)
    assert names(second) == [lines.WITHHELD, "Bo"]
    assert manifest(second)["counts"]["names_withheld"] == 1
    handing.need_list(second)
    assert handing.removals(second.id) == []


def test_who_comes_back_does_not_bring_an_old_list_back() -> None:
    """They may have said otherwise what may be shown."""
    action = an_open_action()
    sara = signed(action, "Sara", comment="Once.")
    delivery = made(action)
    withdrawing.withdraw(sara.id)
    db.session.commit()
    with clock.set_to(NOON + timedelta(hours=1)):
        change = {
            "state": SignatureState.CONFIRMED,
            "confirmed_at": clock.now(),
            "display": NameDisplay.PROTECTED,
            "ended_at": None,
        }
        db.session.execute(update(Signature).values(**change))
        db.session.commit()
        (removal,) = handing.removals(delivery.id)
        assert (removal.line, removal.why) == (1, "withdrawn")
        with pytest.raises(handing.NoLongerThere):
            handing.need_list(delivery)


def test_a_signature_that_is_gone_does_not_bring_its_list_back() -> None:
    action = an_open_action()
    sara = signed(action, "Sara")
    delivery = made(action)
    db.session.delete(sara)
    db.session.commit()
    assert [removal.why for removal in handing.removals(delivery.id)] == ["erased"]
    with pytest.raises(handing.NoLongerThere):
        handing.need_list(delivery)


@pytest.mark.parametrize("way", ["withdrawn", "erased"])
def test_who_goes_while_the_list_is_made_is_not_on_it(
    monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    in_volumes_of(2, monkeypatch)
    action = an_open_action()
    ana = signed(action, "Ana")
    for name in ("Bo", "Cy", "Dee"):
        signed(action, name)
    delivery = making.begin(action, all_addressees(action)[0])
    db.session.commit()
    assert making._step(delivery.id) is True
    db.session.commit()
    assert b"Ana" in raw(delivery)
    if way == "withdrawn":
        withdrawing.withdraw(ana.id)
    else:
        assert ana.supporter_id is not None
        erasing.erase(ana.supporter_id)
    db.session.commit()
    assert (b"Ana" in raw(delivery)) is (way == "withdrawn")
    assert making.make() == 1
    db.session.refresh(delivery)
    assert names(delivery) == ["Bo", "Cy", "Dee"]
    assert [row["line"] for row in rows(delivery)] == ["2", "3", "4"], "others keep their numbers"
    assert manifest(delivery)["counts"]["confirmed"] == delivery.lines == 3
    told = manifest(delivery)["list"]["sha256"]
    assert told == hashlib.sha256(raw(delivery)).hexdigest()
    handing.need_list(delivery)
    assert handing.removals(delivery.id) == []


@pytest.mark.parametrize("whoever", [0, 4])
def test_the_last_volume_moves_up(monkeypatch: pytest.MonkeyPatch, whoever: int) -> None:
    in_volumes_of(4, monkeypatch)
    action = an_open_action()
    them = [signed(action, f"Signer {number}") for number in range(5)]
    delivery = making.begin(action, all_addressees(action)[0])
    db.session.commit()
    for _volume in range(2):
        making.make_next()
    withdrawing.withdraw(them[whoever].id)
    withdrawing.withdraw(them[3].id)
    db.session.commit()
    assert making.make() == 1
    db.session.refresh(delivery)
    wanted = {0: ["2", "3", "5"], 4: ["1", "2", "3"]}[whoever]
    assert [row["line"] for row in rows(delivery)] == wanted
    assert delivery.lines == 3


def test_a_list_gets_ready_though_people_leave_all_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    in_volumes_of(2, monkeypatch)
    action = an_open_action()
    them = [signed(action, f"Signer {number}").id for number in range(30)]
    delivery = making.begin(action, all_addressees(action)[0])
    other = making.begin(action, all_addressees(action)[0])
    db.session.commit()
    steps = 0
    while making.make_next()[1]:
        steps += 1
        if steps % 4 == 0:
            withdrawing.withdraw(them.pop(0))
            db.session.commit()
    assert steps < 40
    for one in (delivery, other):
        db.session.refresh(one)
        assert one.state is DeliveryState.READY
        assert len(rows(one)) == one.lines == manifest(one)["counts"]["confirmed"] > 20


def test_the_figures_are_those_of_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though somebody tells their district, or a new data set finds it, while it is made."""
    in_volumes_of(6, monkeypatch)
    monkeypatch.setattr(manifests, "FEW", 1)
    action = an_open_action()
    them = [signed(action, f"Signer {number}") for number in range(8)]
    delivery = making.begin(action, all_addressees(action)[0])
    db.session.commit()
    making.make_next()
    moved = update(Signature).where(Signature.id.in_([them[0].id, them[7].id]))
    db.session.execute(moved.values(us_district=11, district_found=DistrictFound.CHOICE))
    db.session.commit()
    making.make()
    db.session.refresh(delivery)
    listed = Counter(f"{row['state']}-{row['district']}" for row in rows(delivery))
    counts = manifest(delivery)["counts"]
    assert counts["by_district"] == listed == {"OH-9": 7, "OH-11": 1}
    assert counts["districts_found_by"] == {"zip": 7, "choice": 1}


def test_a_form_filled_in_anew_changes_no_word_of_the_log() -> None:
    action = an_open_action()
    ana = signed(action, "Ana")
    delivery = made(action)
    withdrawing.withdraw(ana.id)
    db.session.execute(update(Signature).values(state=SignatureState.PENDING, ended_at=None))
    db.session.commit()
    assert [removal.why for removal in handing.removals(delivery.id)] == ["withdrawn"]


def test_lists_go_after_their_time_and_the_record_stays() -> None:
    action = an_open_action()
    signed(action, "Ana")
    delivery = made(action)
    assert handing.forget_old(10) == 0
    with clock.set_to(NOON + timedelta(days=91)):
        assert handing.forget_old(10) == 1
        assert handing.forget_old(10) == 0
    assert raw(delivery) == b""
    assert handing.find(delivery.public_id).manifest


def test_one_that_is_being_made_is_not_shown() -> None:
    action = an_open_action()
    delivery = making.begin(action, all_addressees(action)[0])
    db.session.commit()
    with pytest.raises(NotFound):
        handing.find(delivery.public_id)


def test_it_stands_on_paper_with_its_cover(client: FlaskClient) -> None:
    action = an_open_action()
    signed(action, "=Ana", comment="Because.")
    signed(action, "Secret Sara", display=NameDisplay.PROTECTED)
    delivery = made(action)
    (page,) = text_of(b"".join(printing.volume_of(delivery, 1).parts))
    assert "=Ana" in page
    assert "'=Ana" not in page
    assert "Because." in page
    assert lines.WITHHELD in page
    assert "Sara" not in page
    assert "Ohio" not in page
    cover = "\n".join(text_of(b"".join(printing.cover_of(delivery).parts)))
    assert "2 people have signed" in cover
    assert "of fewer than 5, together" in cover
    assert manifest(delivery)["address"] in cover.replace("\r\n", "")
    with pytest.raises(NotFound):
        printing.volume_of(delivery, 2)


def test_openssl_says_so_too(client: FlaskClient, tmp_path: Path) -> None:
    action = an_open_action()
    signed(action, "Ana")
    address = f"/deliveries/{made(action).public_id}"
    db.session.commit()
    (tmp_path / "manifest.json").write_bytes(client.get(f"{address}/manifest.json").data)
    (tmp_path / "key").write_bytes(client.get("/deliveries/key").data)
    signature = base64.b64decode(client.get(f"{address}/manifest.sig").data)
    (tmp_path / "manifest.sig").write_bytes(signature)
    command = "pkeyutl -verify -pubin -inkey key -rawin -in manifest.json -sigfile manifest.sig"
    checked = subprocess.run(["openssl", *command.split()], cwd=tmp_path, capture_output=True)
    assert checked.returncode == 0, checked.stderr
    (tmp_path / "manifest.json").write_bytes(b"{}")
    checked = subprocess.run(["openssl", *command.split()], cwd=tmp_path, capture_output=True)
    assert checked.returncode != 0


def test_it_tells_how_many_signed_which_words() -> None:
    action = an_open_action()
    signed(action, "Ana")
    drafting.write_text(action, "en", "Now", "Do it now", "Please.")
    publish(action, None, material=True)
    db.session.commit()
    for name in ("Bo", "Cy"):
        signed(action, name)
    delivery = made(action)
    assert manifest(delivery)["counts"]["by_version"] == {"1": 1, "2": 2}
    versions = {row["name"]: row["version"] for row in rows(delivery)}
    assert versions == {"Ana": "1", "Bo": "2", "Cy": "2"}
    told = " ".join(text_of(b"".join(printing.cover_of(delivery).parts)))
    cover = " ".join(told.split())
    assert "1 of them signed version 1:" in cover
    assert "2 of them signed version 2: “Do it now”" in cover
    assert cover.count("Now") >= 1, "the title is the newest"
    assert "Everyone who works deserves a union they choose." in cover, "the reasons too"


def test_who_is_erased_while_a_list_is_begun_is_not_on_it(app: Flask) -> None:
    """PostgreSQL: the list waits for the erasure, which did not know of it."""
    action = an_open_action()
    ana = signed(action, "Ana")
    signed(action, "Bo")
    owner = ana.supporter_id
    assert owner is not None
    delivery = made(action)
    handing.hand_over(delivery)
    db.session.commit()
    handing.mark()
    erasing.erase(owner)

    def begins() -> None:
        with app.app_context(), clock.set_to(NOON):
            making.begin(db.session.get_one(Action, action_id), addressee)
            db.session.commit()
            making.make()
            db.session.remove()

    action_id, addressee = action.id, all_addressees(action)[0]
    other = threading.Thread(target=begins)
    other.start()
    other.join(1)  # it waits for us
    db.session.commit()
    other.join()
    newest = db.session.scalars(select(Delivery).order_by(Delivery.id.desc())).first()
    assert newest is not None
    assert newest.id != delivery.id
    assert b"Ana" not in raw(newest)
    assert names(newest) == [lines.WITHHELD, "Bo"]


def test_a_lines_number_does_not_tell_who_signed_when() -> None:
    action = an_open_action()
    for number in range(100):
        signed(action, f"Signer {number:02}")
    listed = [row["name"] for row in rows(made(action))]
    assert listed != sorted(listed)
    assert len(set(listed)) == 100


def test_whom_a_rule_names_as_a_whole_gets_everybody() -> None:
    """A committee of people who represent only some of those who signed, too."""
    load_ohio()
    action = an_open_action(target_rule="house", target_name="The House")
    whole, *members = whom_to_deliver(action)
    assert whole.shown_name == "The House"
    assert {member.state for member in members} == {"OH"}
    signed(action, "Ana")
    signed(action, "Wyn", us_state="WY", us_district=0)
    signed(action, "Nowhere", us_state=None, us_district=None, zip=None, district_found=None)
    assert names(made(action, whole)) == ["Ana", "Nowhere", "Wyn"]
    ours = next(member for member in members if member.district == 9)
    assert names(made(action, ours)) == ["Ana"]
