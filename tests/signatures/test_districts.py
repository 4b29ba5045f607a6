"""A signature's district: kept with how it was found, asked where the ZIP cannot tell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from actionhub import clock, tokens
from actionhub.cli import main
from actionhub.congress import loading
from actionhub.extensions import db
from actionhub.signatures import districts
from actionhub.signatures.models import Signature, SignatureState
from actionhub.tokens import Purpose
from tests import cast
from tests.congress.seats import load_ohio

AS_OF = date(2026, 7, 1)


@pytest.fixture(autouse=True)
def _in_july() -> Iterator[None]:
    with clock.set_to(datetime(2026, 7, 1, 12, tzinfo=UTC)):
        yield


def pending(zip_code: str | None, country: str = "US") -> tuple[Signature, str]:
    """A signature that waits for its owner, and the path of its link."""
    signature = cast.a_signature(
        cast.an_open_action(),
        "Ana Sol",
        "ana@example.org",
        zip=zip_code,
        country=country,
        state=SignatureState.PENDING,
        confirmed_at=None,
        wants_followups=False,
    )
    db.session.commit()
    return signature, f"/confirm/{tokens.sign(Purpose.CONFIRM, signature.id, 1)}"


def kept(signature: Signature) -> tuple[object, ...]:
    table = Signature.__table__.c
    db.session.rollback()
    found = db.session.execute(
        select(table.us_state, table.us_district, table.district_found, table.district_as_of).where(
            table.id == signature.id
        )
    ).one()
    db.session.rollback()
    return tuple(found)


def test_a_zip_in_one_district_is_kept_without_a_question(app: Flask, client: FlaskClient) -> None:
    load_ohio()
    signature, path = pending("44102")
    page = client.post(path, follow_redirects=True).text
    assert kept(signature) == ("OH", 9, "zip", AS_OF)
    assert "Your signature counts here: Ohio, district 9" in page
    assert "Ada Ash sits for it in the House." in page
    assert "which district do you live in?" not in page


def test_a_zip_of_several_districts_keeps_the_state_and_asks(
    app: Flask, client: FlaskClient
) -> None:
    load_ohio()
    signature, path = pending("44101")
    page = client.post(path, follow_redirects=True).text
    assert kept(signature) == ("OH", None, None, AS_OF)
    assert "which district do you live in?" in page
    assert "Ohio, district 9: Ada Ash" in page
    assert "Ohio, district 10: the seat is vacant" in page
    answer = client.post(f"{path}/district", data={"district": "OH-10"})
    assert (answer.status_code, answer.headers["Location"].endswith("#district")) == (303, True)
    assert kept(signature) == ("OH", 10, "choice", AS_OF)
    page = client.get(path).text
    assert "Your signature counts here: Ohio, district 10" in page
    assert "Its seat in the House is vacant." in page
    client.post(f"{path}/district", data={"district": "OH-9"})
    assert kept(signature) == ("OH", 9, "choice", AS_OF), "one may choose anew"


@pytest.mark.parametrize("value", ["OH-11", "CA-9", "", "OH-", "OH-x", "-9", "OH-9 OR 1"])
def test_only_a_district_that_the_zip_allows_may_be_chosen(
    app: Flask, client: FlaskClient, value: str
) -> None:
    load_ohio()
    signature, path = pending("44101")
    client.post(path)
    answer = client.post(f"{path}/district", data={"district": value})
    assert answer.status_code == 422
    assert "Please choose one of the districts shown." in answer.text
    assert kept(signature) == ("OH", None, None, AS_OF)


def test_a_po_box_chooses_among_its_states_districts(app: Flask, client: FlaskClient) -> None:
    load_ohio()
    signature, path = pending("44199")
    page = client.post(path, follow_redirects=True).text
    assert kept(signature) == ("OH", None, None, AS_OF)
    assert "Ohio, district 10" in page
    client.post(f"{path}/district", data={"district": "OH-10"})
    assert kept(signature) == ("OH", 10, "choice", AS_OF)


def test_an_unknown_zip_chooses_a_state_first(app: Flask, client: FlaskClient) -> None:
    load_ohio()
    signature, path = pending("09001")
    page = client.post(path, follow_redirects=True).text
    assert kept(signature) == (None, None, None, None)
    assert "Show its districts" in page
    assert 'value="OH-9"' not in page
    assert 'value="OH-9"' in client.get(f"{path}?state=OH").text
    client.post(f"{path}/district", data={"district": "OH-9"})
    assert kept(signature) == ("OH", 9, "choice", AS_OF)


@pytest.mark.parametrize(("zip_code", "country"), [(None, "US"), ("44102", "MX")])
def test_who_gives_no_zip_of_ours_is_asked_nothing(
    app: Flask, client: FlaskClient, zip_code: str | None, country: str
) -> None:
    load_ohio()
    signature, path = pending(zip_code, country)
    page = client.post(path, follow_redirects=True).text
    assert kept(signature) == (None, None, None, None)
    assert "which district do you live in?" not in page


def test_without_data_nothing_is_asked(app: Flask, client: FlaskClient) -> None:
    signature, path = pending("44102")
    page = client.post(path, follow_redirects=True)
    assert page.status_code == 200
    assert "which district do you live in?" not in page.text
    assert kept(signature) == (None, None, None, None)


def test_a_link_of_another_day_chooses_nothing(app: Flask, client: FlaskClient) -> None:
    load_ohio()
    signature, path = pending("44101")
    client.post(path)
    with clock.moved_by(hours=25):
        assert "which district do you live in?" not in client.get(path).text
        client.post(f"{path}/district", data={"district": "OH-9"})
    assert kept(signature) == ("OH", None, None, AS_OF)


def test_another_site_cannot_choose(app: Flask, client: FlaskClient) -> None:
    load_ohio()
    signature, path = pending("44101")
    client.post(path)
    headers = {"Origin": "https://evil.example"}
    client.post(f"{path}/district", data={"district": "OH-9"}, headers=headers)
    assert kept(signature) == ("OH", None, None, AS_OF)


def resolve(*options: str) -> str:
    db.session.rollback()
    done = CliRunner().invoke(main, ["congress", "resolve", *options])
    assert done.exit_code == 0, done.output
    return done.output


def test_new_data_are_asked_again_and_choices_stay(app: Flask, client: FlaskClient) -> None:
    load_ohio()
    one, path = pending("44102")
    client.post(path)
    action = cast.an_open_action(title="Another")
    chosen = cast.a_signature(
        action, "Bo Birch", "bo@example.org", zip="44101", us_state="OH", us_district=10,
        district_found="choice", district_as_of=AS_OF,
    )  # fmt: skip
    early = cast.a_signature(action, "Cy Cedar", "cy@example.org", zip="44102")
    db.session.commit()
    loading.load_districts({("44102", "OH", 8), ("44101", "OH", 9)}, date(2026, 8, 1))
    db.session.commit()
    said = resolve("--dry-run")
    assert "3 looked at: 1 would be found, 1 would be changed, 0 would be known no more." in said
    assert kept(one)[1] == 9
    said = resolve()
    assert "1 found, 1 changed" in said
    assert "1 chose a district that their ZIP no longer touches: left so." in said
    assert kept(one) == ("OH", 8, "zip", date(2026, 8, 1))
    assert kept(early) == ("OH", 8, "zip", date(2026, 8, 1))
    assert kept(chosen) == ("OH", 10, "choice", AS_OF)
    assert "0 found, 0 changed, 0 known no more" in resolve()


def test_resolving_goes_on_over_batches(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(districts, "BATCH", 2)
    load_ohio()
    action = cast.an_open_action()
    for number in range(5):
        cast.a_signature(action, f"P {number}", f"p{number}@example.org", zip="44102")
    db.session.commit()
    assert districts.resolve_again(dry_run=False).found == 5


def test_without_data_a_territory_tells_no_district_either(app: Flask) -> None:
    assert districts.located("96910", "US") == districts.NOWHERE
    assert districts.resolve_again(dry_run=False).looked_at == 0
