"""A street's district is asked of whom an operator chose, and of nobody otherwise."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from actionhub import clock
from actionhub.app import create_app
from actionhub.config import settings
from actionhub.congress import geocoding, loading
from actionhub.congress.geocoding import (
    CensusGeocoder,
    GoogleCivic,
    LookupUnavailable,
    StreetAddress,
    find,
    read_adapter,
)
from actionhub.congress.sitting import District
from actionhub.errors import ConfigurationError
from actionhub.extensions import db
from actionhub.signatures import districts, streets
from actionhub.signatures.models import DistrictFound, Signature
from tests.cast import an_open_action
from tests.congress.seats import load_ohio
from tests.congress.streets import MainStreet
from tests.letters.people import a_letter_action, confirm, confirm_path, letters, write

PLUGGED = "tests.congress.streets:MainStreet"
SOMEWHERE = StreetAddress("1 Main Street", "Dayton", "OH", "44101")


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    geocoding.open_gate()
    MainStreet.asked.clear()
    MainStreet.in_transaction.clear()
    yield
    geocoding.open_gate()


@contextmanager
def a_service(status: int, body: bytes) -> Iterator[tuple[str, list[Any]]]:
    """A service that answers everything alike, and what it was asked."""
    heard: list[Any] = []

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append((urlsplit(self.path), dict(self.headers)))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def a_match(state: str, *geoids: str) -> dict[str, Any]:
    areas = [{"GEOID": geoid, "CDSESSN": "119"} for geoid in geoids]
    return {
        "matchedAddress": "1 MAIN ST",
        "addressComponents": {"state": state},
        "geographies": {"119th Congressional Districts": areas, "Counties": [{"GEOID": "39113"}]},
    }


def census(*matches: dict[str, Any]) -> bytes:
    return json.dumps({"result": {"input": {}, "addressMatches": list(matches)}}).encode()


@pytest.mark.parametrize(
    ("answer", "district"),
    [
        (census(a_match("OH", "3909")), District("OH", 9)),
        (census(a_match("OH", "3909"), a_match("OH", "3909")), District("OH", 9)),
        (census(a_match("OH", "3909"), a_match("OH", "3910")), None),
        (census(a_match("DC", "1198")), District("DC", 0)),
        (census(a_match("WY", "5600")), District("WY", 0)),
        (census(a_match("OH", "39ZZ")), None),
        (census(), None),
    ],
)
def test_the_census_bureau_is_read(answer: bytes, district: District | None) -> None:
    with a_service(200, answer) as (base, heard):
        assert find(CensusGeocoder(base=base), SOMEWHERE) == district
    (asked, _headers) = heard[0]
    assert asked.path == "/geocoder/geographies/address"
    query = parse_qs(asked.query)
    assert (query["street"], query["zip"]) == (["1 Main Street"], ["44101"])
    assert query["vintage"] == ["Current_Current"]


@pytest.mark.parametrize(
    ("divisions", "district"),
    [
        (["ocd-division/country:us/state:oh", "ocd-division/country:us/state:oh/cd:9",
          "ocd-division/country:us/state:oh/county:erie"], District("OH", 9)),
        (["ocd-division/country:us", "ocd-division/country:us/state:wy"], District("WY", 0)),
        (["ocd-division/country:us/district:dc"], District("DC", 0)),
        (["ocd-division/country:us/territory:pr"], District("PR", 0)),
        ([], None),
    ],
)  # fmt: skip
def test_google_is_read_with_its_key_out_of_the_address(
    divisions: list[str], district: District | None
) -> None:
    answer = json.dumps({"divisions": {name: {} for name in divisions}}).encode()
    with a_service(200, answer) as (base, heard):
        assert find(GoogleCivic("secret", base), SOMEWHERE) == district
    (asked, headers) = heard[0]
    assert headers["X-Goog-Api-Key"] == "secret"
    assert "secret" not in asked.query
    assert parse_qs(asked.query)["address"] == ["1 Main Street, Dayton, OH 44101"]


@pytest.mark.parametrize(
    ("status", "body"),
    [(503, b""), (200, b"<html>"), (200, b"[]"), (200, b"{}"), (200, b"x" * (2 << 20))],
)
def test_a_service_that_fails_is_left_alone_for_a_while(status: int, body: bytes) -> None:
    with a_service(status, body) as (base, heard):
        for _again in range(3):
            with pytest.raises(LookupUnavailable):
                find(CensusGeocoder(base=base), SOMEWHERE)
        assert len(heard) == 1


def test_a_bad_address_does_not_stop_the_service_for_others() -> None:
    with a_service(400, b"{}") as (base, heard):
        assert find(CensusGeocoder(base=base), SOMEWHERE) is None
        assert find(CensusGeocoder(base=base), SOMEWHERE) is None
        assert len(heard) == 2


def test_nobody_is_asked_by_default(app: Flask) -> None:
    assert streets.service() is None


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ("nobody", "ACTIONHUB_ADDRESS_LOOKUP"),
        ("tests.congress.streets:Nothing", "ACTIONHUB_ADDRESS_LOOKUP"),
        ("census http://far.example", "ACTIONHUB_ADDRESS_LOOKUP"),
        ("census http://localhost.far.example", "ACTIONHUB_ADDRESS_LOOKUP"),
        ("google", "ACTIONHUB_ADDRESS_LOOKUP_KEY"),
    ],
)
def test_a_bad_setting_stops_the_start_and_names_itself(
    app: Flask, setting: str, named: str
) -> None:
    with pytest.raises(ConfigurationError, match=named):
        create_app(replace(settings(), address_lookup=setting))


def test_whoever_is_asked_takes_no_key_into_a_log() -> None:
    assert "secret" not in repr(GoogleCivic("secret"))
    assert "Main" not in repr(SOMEWHERE)
    assert isinstance(read_adapter("census"), CensusGeocoder)


@pytest.fixture
def plugged(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An operator's own service, Ohio loaded."""
    with clock.set_to(clock.now().replace(year=2026, month=7, day=1)):
        load_ohio()
        asking = replace(settings(), address_lookup=PLUGGED)
        monkeypatch.setitem(app.extensions, "actionhub.settings", asking)
        yield


@pytest.mark.usefixtures("plugged")
def test_a_street_is_asked_for_where_the_zip_cannot_tell_and_refused_where_nobody_sits(
    client: FlaskClient,
) -> None:
    a_letter_action(target_rule="house")
    asked = write(client, zip="44101")
    assert asked.status_code == 422
    assert "It goes to Atlas of Ohio" in asked.text
    assert MainStreet.asked == []
    wrong = write(client, zip="44101", street="5 Side Street", comment="My words stay.")
    assert "No district was found for that address" in wrong.text
    assert "5 Side Street" in wrong.text
    assert "My words stay." in wrong.text
    unknown = write(client, zip="44101", street="1 Far Street")
    assert "No district was found for that address" in unknown.text
    nobody = write(client, zip="44101", street="1 Main Street")
    assert "Nobody whom this letter addresses" in nobody.text


@pytest.mark.usefixtures("plugged")
def test_the_street_is_asked_with_outside_of_any_transaction_and_kept_nowhere(
    client: FlaskClient,
) -> None:
    a_letter_action(target_rule="senators")
    assert write(client, zip="44101", street="1 Main Street").status_code == 303
    confirm(client)
    assert MainStreet.in_transaction == [False]
    assert [(where.town, where.zip) for where in MainStreet.asked] == [("Dayton", "44101")]
    (kept,) = db.session.scalars(select(Signature))
    assert (kept.us_state, kept.us_district) == ("OH", 10)
    assert kept.district_found is DistrictFound.ADDRESS
    assert kept.district_as_of is not None
    assert len(letters()) == 1
    assert not holding("Main Street")


def holding(words: str) -> list[str]:
    """The tables in which a text stands."""
    found = []
    for table in db.metadata.sorted_tables:
        for row in db.session.execute(text(f"SELECT * FROM {table.name}")):
            if words in str(tuple(row)):
                found.append(table.name)
    return found


@pytest.mark.usefixtures("plugged")
def test_a_service_that_is_down_leaves_the_choice(client: FlaskClient) -> None:
    a_letter_action(target_rule="senators")
    for street in ("1 Broken Street", "1 Main Street"):
        told = write(client, zip="44101", street=street)
        assert "does not answer now" in told.text
    assert len(MainStreet.asked) == 1
    assert write(client, zip="44101", district="OH-10").status_code == 303


@pytest.mark.usefixtures("plugged")
def test_one_network_asks_ten_times_in_ten_minutes(client: FlaskClient) -> None:
    a_letter_action(target_rule="senators")
    told = [write(client, zip="44101", street="5 Side Street").text for _again in range(12)]
    assert len(MainStreet.asked) == 10
    assert "That was often" in told[-1]


@pytest.mark.usefixtures("plugged")
def test_the_thank_you_page_of_a_petition_takes_a_street(client: FlaskClient) -> None:
    an_open_action(slug="dignity")
    db.session.commit()
    assert write(client, zip="44101").status_code == 303
    page = confirm(client)
    assert "It goes to Atlas of Ohio" in page.text
    path = confirm_path()
    refused = client.post(f"{path}/street", data={"street": "5 Side Street"})
    assert refused.status_code == 422
    assert "No district was found" in refused.text
    assert 'value="5 Side Street"' in refused.text
    assert 'aria-invalid="true"' in refused.text
    assert "Enter your street" in client.post(f"{path}/street", data={"street": " "}).text
    assert client.post(f"{path}/street", data={"street": "1 Main Street"}).status_code == 303
    assert MainStreet.in_transaction == [False, False]
    page = client.get(path)
    assert "Your signature counts here: Ohio, district 10" in page.text
    (kept,) = db.session.scalars(select(Signature))
    assert kept.district_found is DistrictFound.ADDRESS
    assert not holding("Main Street")
    told = districts.resolve_again(dry_run=False)
    assert (told.looked_at, told.changed, told.doubtful) == (1, 0, 0)


@pytest.mark.usefixtures("plugged")
def test_a_chosen_district_stays_chosen_where_something_else_is_wrong(client: FlaskClient) -> None:
    a_letter_action(target_rule="senators")
    page = write(client, zip="44101", district="OH-10", name="")
    assert page.status_code == 422
    assert 'value="OH-10" checked' in page.text


@pytest.mark.usefixtures("plugged")
def test_a_street_in_a_district_that_the_zip_does_not_touch_is_not_taken(
    client: FlaskClient,
) -> None:
    areas = {("44101", "OH", 9), ("44101", "OH", 8), ("44103", "OH", 10), ("44102", "OH", 9)}
    loading.load_districts(areas, date(2026, 7, 1))
    db.session.commit()
    a_letter_action(target_rule="senators")
    told = write(client, zip="44101", street="1 Main Street")
    assert told.status_code == 422
    assert "No district was found for that address" in told.text


@pytest.mark.usefixtures("plugged")
def test_the_district_of_a_letter_is_settled_when_it_is_written(client: FlaskClient) -> None:
    a_letter_action(target_rule="senators")
    write(client)
    confirm(client)
    path = confirm_path()
    client.post(f"{path}/street", data={"street": "1 Main Street"})
    client.post(f"{path}/district", data={"district": "OH-10"})
    (kept,) = db.session.scalars(select(Signature))
    assert (kept.us_district, kept.district_found) == (9, DistrictFound.ZIP)
    assert MainStreet.asked == []
