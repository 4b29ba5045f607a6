"""CWC messages on paper: their order, what is checked offline, the operator's file and commands."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree.ElementTree import fromstring, tostring

import pytest
from click.testing import CliRunner
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from actionhub.app import create_app
from actionhub.cli.cwc import _sample, cwc
from actionhub.config import settings
from actionhub.congress.sitting import District
from actionhub.errors import ConfigurationError
from actionhub.letters.composing import Composed, Writer
from actionhub.letters.cwc.agency import Agency, Endpoint, read_agency
from actionhub.letters.cwc.checking import problems_of
from actionhub.letters.cwc.documents import Message, Sender, to_xml
from actionhub.letters.cwc.elements import CWC, Part
from actionhub.letters.cwc.posting import Answer, classify
from tests.letters.chambers import AGENT, agency_file

HERE = "https://cwc.example"
AGENCY = Agency(
    "Agent of Ohio",
    "cwc@example.org",
    "Jane Roe",
    "jane@example.org",
    "202-555-0100",
    "Immigration",
    {"H": Endpoint(HERE, "key")},
    {"A000001": "HOH09"},
)


def a_message(
    own: str | None = "In my own words.", name: str = "Ana", body: str = "The ask."
) -> bytes:
    words = Composed("en", "Dignity for all", "Dear", own or "Given.", body, "Bye", 4, 6)
    message = Message(
        delivery_id="a" * 32,
        written_at=datetime(2026, 7, 2, 2, tzinfo=UTC),
        campaign="dignity",
        organization="Workers & Neighbors",
        office="HOH09",
        topic="Immigration",
        email="ana@example.org",
        sender=Sender("Ms.", name, "Ruiz", "1 Main Street"),
        writer=Writer("Ana Ruiz", "Dayton", "44102", District("OH", 9), own),
        composed=words,
    )
    return to_xml(message, AGENCY)


def test_a_message_is_in_the_order_of_the_table_and_passes() -> None:
    xml = a_message()
    assert xml.startswith(
        b'<?xml version="1.0" encoding="UTF-8"?>\n<CWC><CWCVersion>2.0</CWCVersion>'
    )
    assert problems_of(xml) == []
    assert b"Workers &amp; Neighbors" in xml
    assert b"<DeliveryDate>20260701</DeliveryDate>" in xml, "a day at the Capitol"


@given(st.text(), st.text())
def test_whatever_somebody_types_makes_xml_that_can_be_read(own: str, name: str) -> None:
    root = fromstring(a_message(own or None, name))
    told = root.findtext("Constituent/FirstName") or ""
    readable = "".join(
        letter
        for letter in name
        if letter in "\t\n\r" or (ord(letter) >= 32 and letter not in "\ufffe\uffff")
    )
    assert told == readable.replace("\r\n", "\n").replace("\r", "\n").strip()


def a_changed(path: str, said: str | None, *, twice: bool = False, last: bool = False) -> bytes:
    """A good message with one element emptied of what it said, gone, doubled or put last."""
    root = fromstring(a_message())
    parent_path, _slash, name = path.rpartition("/")
    parent = root.find(parent_path) if parent_path else root
    assert parent is not None
    element = parent.find(name)
    assert element is not None
    if twice:
        parent.append(element)
    elif last:
        parent.remove(element)
        parent.append(element)
    elif said is None:
        parent.remove(element)
    else:
        element.text = said
    return tostring(root)


@pytest.mark.parametrize(
    ("xml", "named"),
    [
        (a_changed("Constituent/Prefix", None), "Prefix is missing"),
        (a_changed("Constituent/Prefix", "Mx."), "Prefix: it is none"),
        (a_changed("Constituent/Zip", "4410"), "Zip: it is not written"),
        (a_changed("Constituent/City", "Ay"), "City: it has not 3"),
        (a_changed("Constituent/Email", last=True, said=None), "not in order"),
        (a_changed("Message/Subject", twice=True, said=None), "more than once"),
        (a_changed("Message/ConstituentMessage", "x" * 10_001), "ConstituentMessage: it has not"),
        (a_changed("Delivery/DeliveryId", "a" * 31), "DeliveryId: it is not"),
        (a_changed("Recipient/MemberOffice", "OH09"), "MemberOffice: it is not"),
        (a_changed("Delivery", None), "Delivery is missing"),
        (b"<CWC", "no well-formed"),
        (b"<CWD/>", "begins with 'CWD'"),
        (b"<CWC>words</CWC>", "text stands between"),
        (b"<CWC><Extra/></CWC>", "no element 'Extra'"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><CWC>&b;</CWC>', "no well-formed"),
    ],
)
def test_what_is_wrong_is_named_by_its_element_and_never_quoted(xml: bytes, named: str) -> None:
    problems = problems_of(xml)
    assert any(named in problem for problem in problems), problems
    assert not any("Ana" in problem or "Main" in problem for problem in problems)


def test_a_message_without_anybodys_words_does_not_pass() -> None:
    root = fromstring(a_message())
    message = root.find("Message")
    assert message is not None
    for name in ("OrganizationStatement", "ConstituentMessage"):
        element = message.find(name)
        assert element is not None
        message.remove(element)
    assert any("one of" in problem for problem in problems_of(tostring(root)))


def test_no_element_stands_in_the_table_twice() -> None:
    def names(part: Part) -> list[str]:
        return [part.name, *(name for child in part.parts for name in names(child))]

    assert len(names(CWC)) == len(set(names(CWC)))


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        (200, "", Answer.ACCEPTED),
        (201, "", Answer.ACCEPTED),
        (409, "", Answer.ACCEPTED),
        (400, "duplicate DeliveryId", Answer.ACCEPTED),
        (400, "duplicate Zip", Answer.REFUSED),
        (400, "<E>DeliveryId: bad format</E><E>Duplicate element</E>", Answer.REFUSED),
        (400, "duplicate DeliveryId; Zip", Answer.REFUSED),
        (400, "", Answer.REFUSED),
        (404, "", Answer.REFUSED),
        (415, "", Answer.REFUSED),
        (301, "", Answer.CLOSED),
        (401, "", Answer.CLOSED),
        (403, "", Answer.CLOSED),
        (407, "", Answer.CLOSED),
        (408, "", Answer.LATER),
        (429, "", Answer.LATER),
        (500, "", Answer.LATER),
        (503, "", Answer.LATER),
    ],
)
def test_what_an_answer_means(status: int, body: str, answer: Answer) -> None:
    assert classify(status, body).answer is answer


def written(folder: Path, text: str) -> str:
    path = folder / "agency.toml"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("agent = ", "cannot be read"),
        ("", "agent is missing"),
        (AGENT.replace("202-555-0100", "2025550100"), "contact_phone"),
        (AGENT.replace("Immigration", "Trains"), "names no chamber"),
        (AGENT, "names no chamber"),
        (f'{AGENT}[house]\nurl = "http://cwc.example"\nkey = "k"', "https url"),
        (f'{AGENT}[house]\nurl = "{HERE}"', "https url and a key"),
        (f"{AGENT}house = 1", "no table"),
        (f'{AGENT}[house]\nurl = "{HERE}"\nkey = "k"', "names no office"),
        (f'{AGENT}[house]\nurl = "{HERE}"\nkey = "k"\n[offices]\nA1 = "OH9"', "office of A1"),
        (
            f'{AGENT.replace("Immigration", "Trains")}[house]\nurl = "{HERE}"\nkey = "k"',
            "no policy area",
        ),
        (
            f'{AGENT}proxy = "socks"\n[house]\nurl = "{HERE}"\nkey = "k"\n[offices]\nA1 = "HOH09"',
            "proxy",
        ),
        (
            f'{AGENT}proxy = "http://me:pa/ss@h"\n[house]\nurl = "{HERE}"\nkey = "k"\n'
            '[offices]\nA1 = "HOH09"',
            "proxy is no",
        ),
        (f'{AGENT}[house]\nurl = "http://[::1"\nkey = "k"', "https url"),
        (f'{AGENT}[house]\nurl = "{HERE}"\nkey = "k\\n"', "https url and a key"),
        (f'{AGENT}[house]\nurl = "{HERE}"\nkey = "kéy"', "https url and a key"),
        (f'{AGENT}[house]\nurl = "{HERE}"\nkey = "k"\nkey_header = "a b"', "key_header"),
    ],
)
def test_a_bad_file_stops_the_start_and_says_what_is_bad(
    app: Flask, tmp_path: Path, text: str, named: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigurationError, match=named):
        create_app(replace(settings(), cwc_file=path))


def test_a_file_that_is_not_there_stops_the_start(app: Flask, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="FileNotFoundError"):
        create_app(replace(settings(), cwc_file=str(tmp_path / "nothing.toml")))


def test_the_commands_check_offline(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = tmp_path / "good.xml", tmp_path / "bad.xml"
    good.write_bytes(a_message())
    bad.write_bytes(a_changed("Constituent/Zip", "1"))
    run = CliRunner().invoke
    assert run(cwc, ["check", str(good)]).output == f"{good}: nothing found\n"
    told = run(cwc, ["check", str(good), str(bad)])
    assert told.exit_code == 1
    assert f"{bad}: Zip: it is not written as it should be" in told.output
    assert isinstance(run(cwc, ["sample"]).exception, ConfigurationError)
    path = agency_file(tmp_path, HERE)
    monkeypatch.setitem(app.extensions, "actionhub.settings", replace(settings(), cwc_file=path))
    told = run(cwc, ["sample"])
    assert told.exit_code == 0
    assert problems_of(told.output.encode()) == []
    assert problems_of(_sample(read_agency(path), "SOH01")) == []
