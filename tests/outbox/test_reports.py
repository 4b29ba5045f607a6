"""Reports are read as servers write them; what is forged, automatic or broken counts as nothing."""

from __future__ import annotations

import itertools
import tracemalloc

import pytest
from flask import Flask

from actionhub.config import settings
from actionhub.outbox import reports, verp
from actionhub.outbox.reported import Kind, Reported
from actionhub.outbox.reports import Ignored
from tests.outbox import reported
from tests.outbox.reported import forged, mail, to_us


def read(raw: bytes) -> tuple[Kind, str | None, int]:
    """What a report says, and of which email."""
    found = reports.read(raw)
    assert isinstance(found, Reported), found
    return found.kind, found.enhanced, found.email_id


@pytest.mark.parametrize(
    ("shape", "status"),
    [
        (reported.postfix, "5.1.1"),
        (reported.exim, "5.1.1"),
        (reported.exchange, "5.1.10"),
        (reported.gmail, "5.2.1"),
        (reported.international, "5.1.6"),
    ],
)
def test_a_bounce_of_each_common_server_is_read(app: Flask, shape: object, status: str) -> None:
    assert callable(shape)
    assert read(shape(to_us(7))) == (Kind.BOUNCED, status, 7)


def test_a_report_has_the_same_digest_each_time_and_another_one_another(app: Flask) -> None:
    first, again, other = (reports.read(reported.postfix(to_us(n))) for n in (7, 7, 8))
    assert isinstance(first, Reported)
    assert isinstance(other, Reported)
    assert first == again
    assert first.digest != other.digest
    assert first.source == "mailbox"


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("failed", Kind.BOUNCED),
        ("delayed", Kind.DELAYED),
        ("delivered", Kind.DELIVERED),
        ("relayed (to a server that tells no more)", Kind.DELIVERED),
        ("Expanded", Kind.DELIVERED),
    ],
)
def test_each_action_has_its_kind(app: Flask, action: str, kind: Kind) -> None:
    assert read(reported.postfix(to_us(7), action))[0] is kind


@pytest.mark.parametrize(
    ("diagnosed", "status"),
    [
        ("550-5.1.1 The account does not exist", "5.1.1"),
        ("550 #5.1.0 Address rejected", "5.1.0"),
        ("550 User unknown", "5.0.0"),
        ("452 4.2.2 Over quota", "5.0.0"),  # of another class than the report's own word
    ],
)
def test_a_status_that_says_nothing_gives_way_to_the_diagnosis(
    app: Flask, diagnosed: str, status: str
) -> None:
    assert read(reported.exim(to_us(7), diagnosed))[1] == status


def test_a_status_that_says_something_stands(app: Flask) -> None:
    raw = reported.postfix(to_us(7)).replace(b"Status: 5.1.1", b"Status: 5.4.4")
    assert read(raw)[1] == "5.4.4"


def test_of_several_recipients_one_that_got_it_makes_it_delivered(app: Flask) -> None:
    two = reported.postfix(to_us(7)).replace(
        b"\r\nFinal-Recipient",
        b"\r\nFinal-Recipient: rfc822; b@example.net\r\nAction: relayed\r\nStatus: 2.0.0\r\n"
        b"\r\nFinal-Recipient",
    )
    assert read(two)[0] is Kind.DELIVERED


@pytest.mark.parametrize("header", ["Delivered-To", "X-Original-To", "Envelope-To", "To"])
def test_the_mark_is_found_wherever_a_server_writes_the_recipient(app: Flask, header: str) -> None:
    raw = reported.postfix("list@example.org", returned="X-Nothing: here")
    raw = f"{header}: Bounces <{to_us(7).upper()}>\r\n".encode() + raw
    assert read(raw)[2] == 7


def test_else_the_mark_is_found_in_what_was_returned(app: Flask) -> None:
    inside = reported.postfix("bounces@example.org", returned=f"Return-Path: <{to_us(7)}>")
    assert read(inside)[2] == 7
    mark = verp.mark_of(settings(), 8)
    header = reported.postfix("bounces@example.org", returned=f"X-ActionHub-Mark: {mark}")
    assert read(header)[2] == 8


def test_a_complaint_is_about_the_sender_it_names_or_the_mark_it_returns(app: Flask) -> None:
    assert read(reported.complaint(to_us(7))) == (Kind.COMPLAINED, None, 7)
    named = reported.complaint("abuse@example.org", sender=to_us(8))
    assert read(named) == (Kind.COMPLAINED, None, 8)
    marked = reported.complaint("abuse@example.org", mark=verp.mark_of(settings(), 9))
    assert read(marked) == (Kind.COMPLAINED, None, 9)


@pytest.mark.parametrize("kind", ["fraud", "other", "opt-out", "something-new"])
def test_any_word_of_displeasure_is_a_complaint(app: Flask, kind: str) -> None:
    assert read(reported.complaint(to_us(7), kind))[0] is Kind.COMPLAINED


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", "virus", ""])
def test_feedback_that_is_nobodys_complaint_is_none(app: Flask, kind: str) -> None:
    assert reports.read(reported.complaint(to_us(7), kind)) is Ignored.UNREADABLE


@pytest.mark.parametrize(
    "shape", [reported.postfix, reported.exim, reported.exchange, reported.gmail]
)
def test_a_forged_report_and_one_without_a_mark_are_ignored(app: Flask, shape: object) -> None:
    assert callable(shape)
    assert reports.read(shape(forged(7))) is Ignored.NOT_OURS
    assert reports.read(shape("actions@example.org")) is Ignored.NOT_OURS
    mine = to_us(7)
    others = mine.replace("+7-", "+8-")  # the mark of one email under the number of another
    assert mine != others
    assert reports.read(shape(others)) is Ignored.NOT_OURS


def test_an_automatic_reply_is_nothing_whatever_it_says(app: Flask) -> None:
    assert reports.read(reported.vacation(to_us(7))) is Ignored.AUTOMATIC


def test_a_bounce_in_a_format_of_its_own_is_not_read(app: Flask) -> None:
    assert reports.read(reported.qmail(to_us(7))) is Ignored.NO_REPORT


def test_peoples_own_mail_is_none_of_our_business(app: Flask) -> None:
    letter = mail("From: ada@example.net\nTo: actions@example.org\nSubject: Hi\n\nHello!\n")
    assert reports.read(letter) is Ignored.ORDINARY
    away = reported.vacation("actions@example.org")
    assert reports.read(away) is Ignored.ORDINARY
    assert reports.read(b"") is Ignored.ORDINARY


def test_a_header_alone_tells_whether_the_rest_is_worth_fetching(app: Flask) -> None:
    head = reported.postfix(to_us(7)).partition(b"\r\n\r\n")[0]
    assert reports.glance(head) is None
    assert reports.glance(reported.vacation(to_us(7))) is Ignored.AUTOMATIC


def test_a_report_cut_short_after_its_status_is_read_and_before_it_says_nothing(
    app: Flask,
) -> None:
    raw = reported.postfix(to_us(7))
    assert read(raw[: raw.index(b"Remote-MTA")]) == (Kind.BOUNCED, "5.1.1", 7)
    assert reports.read(raw[: raw.index(b"Action:")]) is Ignored.UNREADABLE


def test_bare_line_ends_are_read_as_well(app: Flask) -> None:
    assert read(reported.postfix(to_us(7)).replace(b"\r\n", b"\n")) == (Kind.BOUNCED, "5.1.1", 7)


def test_a_wrong_charset_and_stray_bytes_do_no_harm(app: Flask) -> None:
    raw = reported.postfix(to_us(7)).replace(b"charset=utf-8", b"charset=x-klingon")
    raw = raw.replace(b"Subject: ", b"Subject: \xff\xfe =?x-klingon?q?=FF?= ")
    raw = raw.replace(b"User unknown", b"User \xe9\x00unknown")
    assert read(raw) == (Kind.BOUNCED, "5.1.1", 7)


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/report; report-type=delivery-status",
        'multipart/report; report-type=delivery-status; boundary=""',
        "multipart/report; report-type=delivery-status; boundary*0*=x-klingon''%FF; boundary*1=b",
        "multipart/report; report-type=delivery-status; boundary=" + "(" * 5000,
        "multipart/report; report-type*=delivery-status; boundary=b",
    ],
)
def test_a_broken_header_never_counts(app: Flask, content_type: str) -> None:
    raw = mail(f"To: {to_us(7)}\nContent-Type: {content_type}\n\n--b\n\nx\n--b--\n")
    assert reports.read(raw) in set(Ignored)


def nested(depth: int) -> bytes:
    """Parts within parts, each with a boundary of its own."""
    begins = "".join(
        f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(depth)
    )
    return begins.encode()


HOSTILE = {
    "ten thousand parts": b"\n".join(b"--b\nContent-Type: text/plain\n\nx" for _ in range(10_000)),
    "ten thousand levels": b"--b\n" + nested(10_000),
    "one endless line": b"--b\n\n" + b"x" * (4 << 20),
    "only boundaries": b"--b\n" * 50_000,
    "almost boundaries": b"--b" + b" " * (1 << 20) + b"x\n",
    "endless addresses": b"--b\nContent-Type: message/rfc822\n\nReturn-Path: " + b"a@b," * 100_000,
    "endless groups": b"--b\nContent-Type: message/delivery-status\n\n" + b"Action: x\n\n" * 20_000,
    "endless fields": b"--b\nContent-Type: message/delivery-status\n\n" + b"A: failed\n" * 20_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_message_says_nothing_and_takes_little_memory(app: Flask, name: str) -> None:
    """A whole MIME parse of some of these takes a minute, or all of the stack."""
    head = mail(
        f"To: {to_us(7)}\nContent-Type: multipart/report; report-type=delivery-status;"
        " boundary=b\n\n"
    )
    tracemalloc.start()
    try:
        assert reports.read(head + HOSTILE[name]) is Ignored.UNREADABLE
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 40 << 20


def test_behind_ten_thousand_parts_no_report_is_found(app: Flask) -> None:
    raw = reported.postfix(to_us(7))
    line = b"--4Zk1Qm6qLTz9sS.1791468131/relay.example.org"
    many = raw.replace(line, line + b"\r\n\r\n" + (line + b"\r\n\r\nx\r\n") * 10_000 + line, 1)
    assert reports.read(many) is Ignored.UNREADABLE


def test_marks_of_every_place_agree_on_who_comes_first(app: Flask) -> None:
    """The report's own recipient before the returned sender before the header."""
    inside = f"Return-Path: <{to_us(2)}>\nX-ActionHub-Mark: {verp.mark_of(settings(), 3)}"
    for to, expected in ((to_us(1), 1), ("x@example.org", 2)):
        assert read(reported.postfix(to, returned=inside))[2] == expected
    for first, second in itertools.permutations((4, 5)):
        two = reported.complaint(to_us(first), sender=to_us(second))
        assert read(two)[2] == first
