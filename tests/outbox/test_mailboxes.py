"""Mailboxes are read once, message by message, and a run that was killed is gone on with."""

from __future__ import annotations

import mailbox
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from actionhub import clock
from actionhub.addresses import read_address
from actionhub.extensions import db
from actionhub.outbox import bounces, mailboxes, reports
from actionhub.outbox.incoming import UnreadableMailbox
from actionhub.outbox.models import Report, Scope
from actionhub.outbox.reported import Kind
from actionhub.outbox.reports import Ignored
from actionhub.outbox.suppressions import is_suppressed
from actionhub.supporters import reports as taking
from actionhub.supporters.joining import find_or_add
from actionhub.supporters.reports import Read, read_mailbox
from actionhub.supporters.subscribing import is_member, subscribe
from tests.outbox import reported
from tests.outbox.people import write_to
from tests.outbox.reported import forged, mail, to_us

LETTER = mail("From: ada@example.net\nTo: actions@example.org\nSubject: Hi\n\nHello!\n")


def maildir(path: Path, *messages: bytes) -> Path:
    """A Maildir folder with these unread messages."""
    box = mailbox.Maildir(path, create=True)
    for number, raw in enumerate(messages):
        name = path / "new" / f"179146813{number}.M1P{number}.mx"
        name.write_bytes(raw)
    box.close()
    return path


def mbox(path: Path, *messages: bytes) -> Path:
    box = mailbox.mbox(path, create=True)
    for raw in messages:
        box.add(raw)
    box.close()
    return path


def lying(path: Path) -> dict[str, list[str]]:
    """The names of the messages of a Maildir."""
    return {name: sorted(p.name for p in (path / name).iterdir()) for name in ("new", "cur")}


def number_of_reports() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Report)) or 0


def test_a_maildir_is_read_and_its_reports_are_marked_as_read(app: Flask, tmp_path: Path) -> None:
    number = write_to("ada@example.org")
    path = maildir(
        tmp_path / "box",
        reported.postfix(to_us(number)),
        LETTER,
        reported.vacation(to_us(number)),
        reported.qmail(to_us(number)),
        reported.postfix(forged(number)),
    )
    read = read_mailbox(str(path))
    assert read.taken == Counter({Kind.BOUNCED: 1})
    assert read.ignored == Counter(
        {
            Ignored.ORDINARY: 1,
            Ignored.AUTOMATIC: 1,
            Ignored.NO_REPORT: 1,
            Ignored.NOT_OURS: 1,
        }
    )
    assert read.suppressed == 1
    assert lying(path)["new"] == ["1791468131.M1P1.mx"], "people's own mail stays unread"
    assert all(name.endswith(":2,S") for name in lying(path)["cur"])
    assert read_mailbox(str(path)).taken.total() == 0


def test_flags_that_a_message_has_already_are_kept(app: Flask, tmp_path: Path) -> None:
    number = write_to("ada@example.org")
    path = maildir(tmp_path / "box")
    for name, n in (("a:2,F", 1), ("b:2,RS", 2)):
        raw = reported.postfix(to_us(number)) + b"x" * n
        (path / "cur" / name).write_bytes(raw)
    assert read_mailbox(str(path)).taken.total() == 1
    assert lying(path)["cur"] == ["a:2,FS", "b:2,RS"]


def test_an_mbox_is_read_again_without_counting_again_and_left_as_it_is(
    app: Flask, tmp_path: Path
) -> None:
    one, two = write_to("ada@example.org"), write_to("bo@example.org")
    path = mbox(
        tmp_path / "box",
        reported.postfix(to_us(one), "delayed", "4.4.1"),
        LETTER,
        reported.complaint(to_us(two)),
    )
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert read_mailbox(str(path)).taken == Counter({Kind.DELAYED: 1, Kind.COMPLAINED: 1})
    again = read_mailbox(str(path))
    assert (again.taken.total(), again.again) == (0, 2)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert number_of_reports() == 2


def test_an_empty_mailbox_holds_nothing(app: Flask, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    assert read_mailbox(str(empty)) == Read()
    assert read_mailbox(str(maildir(tmp_path / "box"))) == Read()


def test_only_the_beginning_of_a_huge_message_is_read(app: Flask, tmp_path: Path) -> None:
    number = write_to("ada@example.org")
    raw = reported.postfix(to_us(number))
    path = maildir(tmp_path / "box", raw + b"\r\n" + b"x" * (3 * reports.MOST_BYTES))
    with mailboxes.opened(str(path)) as unread:
        assert [len(one.raw) for one in unread] == [reports.MOST_BYTES]
    assert read_mailbox(str(path)).taken.total() == 1
    box = mbox(tmp_path / "mbox", raw + b"\r\n" + b"x\r\n" * reports.MOST_BYTES)
    with mailboxes.opened(str(box)) as unread:
        assert [len(one.raw) for one in unread] == [reports.MOST_BYTES]


def test_a_killed_run_is_gone_on_with(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the commit, before the message is marked: it is read again, counts no more."""
    numbers = [write_to(f"{name}@example.org") for name in ("ada", "bo", "cy")]
    path = maildir(tmp_path / "box", *(reported.postfix(to_us(n)) for n in numbers))

    def killed(_file: Path, _goal: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(mailboxes, "_move", killed)
        with pytest.raises(KeyboardInterrupt):
            read_mailbox(str(path))
    assert number_of_reports() == 1
    read = read_mailbox(str(path))
    assert (read.taken.total(), read.again) == (2, 1)
    assert number_of_reports() == 3
    assert lying(path)["new"] == []


def test_one_that_cannot_be_recorded_stops_no_other_and_is_tried_again(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [write_to(f"{name}@example.org") for name in ("ada", "bo", "cy")]
    path = maildir(tmp_path / "box", *(reported.postfix(to_us(n)) for n in numbers))
    take = bounces.take

    def locked_for_one(report: reports.Reported) -> bounces.Taken | None:
        if report.email_id == numbers[1]:
            raise OperationalError("", {}, Exception("locked"))
        return take(report)

    with monkeypatch.context() as locked:
        locked.setattr(bounces, "take", locked_for_one)
        read = read_mailbox(str(path))
    assert (read.taken.total(), read.failed) == (2, 1)
    assert len(lying(path)["new"]) == 1
    assert read_mailbox(str(path)).taken.total() == 1


def test_with_the_database_away_a_reading_ends_soon(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = write_to("ada@example.org")
    raw = reported.postfix(to_us(number))
    path = maildir(tmp_path / "box", *(raw + b"%d" % n for n in range(9)))

    def away(_report: reports.Reported) -> None:
        raise OperationalError("", {}, Exception("gone"))

    monkeypatch.setattr(bounces, "take", away)
    read = Read()
    with pytest.raises(OperationalError):
        read_mailbox(str(path), read)
    assert read.failed == 5
    assert len(lying(path)["new"]) == 9


def test_what_the_library_chokes_on_is_ignored(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = write_to("ada@example.org")
    path = maildir(tmp_path / "box", b"To: choke\r\n\r\n", reported.postfix(to_us(number)))
    read = reports.read

    def choke(raw: bytes) -> reports.Reported | Ignored:
        if b"choke" in raw:
            raise RecursionError
        return read(raw)

    monkeypatch.setattr(taking.reports, "read", choke)
    found = read_mailbox(str(path))
    assert (found.taken.total(), found.ignored[Ignored.UNREADABLE]) == (1, 1)


def test_a_pipe_or_a_link_in_a_maildir_is_no_message(app: Flask, tmp_path: Path) -> None:
    path = maildir(tmp_path / "box")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(reported.postfix(to_us(write_to("ada@example.org"))))
    os.mkfifo(path / "new" / "1.pipe")
    (path / "new" / "2.link").symlink_to(elsewhere)
    (path / "new" / "3.folder").mkdir()
    assert read_mailbox(str(path)) == Read()


@pytest.mark.parametrize("name", ["nowhere", "a-file", "a-folder", "imap//me:secret@host", "\0"])
def test_what_is_no_mailbox_is_refused_and_never_repeated(
    app: Flask, tmp_path: Path, name: str
) -> None:
    (tmp_path / "a-file").write_text("Dear diary")
    (tmp_path / "a-folder").mkdir()
    source = name if "secret" in name or name == "\0" else str(tmp_path / name)
    with pytest.raises(UnreadableMailbox) as refused:
        read_mailbox(source)
    assert "secret" not in str(refused.value)


def a_member(address: str) -> int:
    member = find_or_add(read_address(address), "en")
    subscribe(member, None, clock.now())
    db.session.commit()
    return member


@pytest.mark.parametrize(("template", "stays"), [("followup", False), ("me", True)])
def test_who_complains_of_a_follow_up_is_no_member_any_more(
    app: Flask, tmp_path: Path, template: str, stays: bool
) -> None:
    member = a_member("ada@example.org")
    number = write_to("ada@example.org", template)
    read_mailbox(str(mbox(tmp_path / "box", reported.complaint(to_us(number)))))
    assert is_member(member) is stays
    hashed = read_address("ada@example.org").hash
    assert is_suppressed(hashed, Scope.FOLLOWUPS) is not stays
    assert is_suppressed(hashed, Scope.SIGNING) is stays


def test_who_comes_back_is_mailed_again(app: Flask, tmp_path: Path) -> None:
    member = a_member("ada@example.org")
    number = write_to("ada@example.org", "followup")
    read_mailbox(str(mbox(tmp_path / "box", reported.complaint(to_us(number)))))
    assert a_member("ada@example.org") == member
    assert is_member(member)
    assert not is_suppressed(read_address("ada@example.org").hash, Scope.FOLLOWUPS)


def test_two_readers_at_once_count_each_report_once(app: Flask, tmp_path: Path) -> None:
    numbers = [write_to(f"p{n}@example.org") for n in range(20)]
    path = mbox(tmp_path / "box", *(reported.postfix(to_us(number)) for number in numbers))

    def read(_reader: int) -> Read:
        with app.app_context():
            try:
                return read_mailbox(str(path))
            finally:
                db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(read, range(2)))
    assert sum(one.taken.total() for one in found) == 20
    assert sum(one.again for one in found) == 20
    assert number_of_reports() == 20
