"""Members: agreeing, leaving, and files of them."""

from __future__ import annotations

import csv
import io

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from actionhub import clock
from actionhub.addresses import read_address
from actionhub.errors import NotFound
from actionhub.extensions import db
from actionhub.outbox import suppressions
from actionhub.outbox.models import Scope, Suppression
from actionhub.supporters import consent, joining, subscribing
from actionhub.supporters.exporting import FORMULA_STARTS, export_members, safe_cell
from actionhub.supporters.importing import Imported, UnreadableMembers, import_members
from actionhub.supporters.models import Supporter

YES = "Yes, write to me about workers' rights."


def bring_in(text: str) -> Imported:
    done = import_members(io.StringIO(text, newline=""))
    db.session.commit()
    return done


def taken_out() -> str:
    out = io.StringIO(newline="")
    export_members(out)
    return out.getvalue()


def problems_of(text: str) -> list[str]:
    with pytest.raises(UnreadableMembers) as refused:
        bring_in(text)
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Supporter)) == 0
    return refused.value.problems


def test_one_address_is_one_supporter(app: Flask) -> None:
    one = joining.find_or_add(read_address("Ana@Example.org"), "en")
    assert joining.find_or_add(read_address("ana@example.ORG"), "es") == one
    kept = db.session.get_one(Supporter, one)
    assert (kept.address, kept.canonical, kept.locale) == (
        "Ana@example.org",
        "ana@example.org",
        "en",
    )


def test_leaving_suppresses_at_once_and_twice_is_harmless(app: Flask) -> None:
    ana = joining.find_or_add(read_address("ana@example.org"), "en")
    subscribing.subscribe(ana, consent.wording_id("en", YES), clock.now())
    assert subscribing.is_member(ana)
    assert subscribing.leave(ana)
    assert not subscribing.is_member(ana)
    assert suppressions.is_suppressed(read_address("ana@example.org").hash, Scope.FOLLOWUPS)
    assert not subscribing.leave(ana)
    assert db.session.scalar(select(func.count()).select_from(Suppression)) == 1
    subscribing.subscribe(ana, None, clock.now())
    assert subscribing.is_member(ana)
    assert not suppressions.is_suppressed(read_address("ana@example.org").hash, Scope.FOLLOWUPS)


def test_leaving_without_having_joined_still_means_no(app: Flask) -> None:
    ana = joining.find_or_add(read_address("ana@example.org"), "en")
    assert not subscribing.leave(ana)
    assert suppressions.is_suppressed(read_address("ana@example.org").hash, Scope.FOLLOWUPS)


def test_nobody_cannot_leave(app: Flask) -> None:
    with pytest.raises(NotFound):
        subscribing.leave(999_999)


def test_a_wording_is_filed_once_a_language(app: Flask) -> None:
    assert consent.wording_id("en", YES) == consent.wording_id("en", YES)
    assert consent.wording_id("es", YES) != consent.wording_id("en", YES)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_file_of_members_comes_in(app: Flask, separator: str) -> None:
    text = (
        "\ufeffEmail,Consent,Agreed_at,Locale\r\n"
        f"ana@example.org,{YES},2026-03-31,es\r\n"
        "\r\n"
        f"bo@example.org,{YES},,\r\n"
        f"ANA@example.org,{YES},,\r\n"
    ).replace(",", separator)
    text = text.replace(YES.replace(",", separator), f'"{YES}"')
    assert bring_in(text) == Imported(added=2, known=0, repeated=1, kept_out=0)
    assert bring_in(text) == Imported(added=0, known=2, repeated=1, kept_out=0)
    rows = list(csv.reader(io.StringIO(taken_out())))
    assert [row[0] for row in rows] == ["email", "ana@example.org", "bo@example.org"]
    assert rows[1][1:] == [YES, "2026-03-31T04:00:00+00:00", "es"]


def test_who_left_is_not_brought_back(app: Flask) -> None:
    text = f'email,consent\nana@example.org,"{YES}"\n'
    bring_in(text)
    subscribing.leave(db.session.scalars(select(Supporter.id)).one())
    assert bring_in(text) == Imported(added=0, known=0, repeated=0, kept_out=1)
    assert taken_out().count("example.org") == 0


def test_every_bad_line_is_named_and_nothing_comes_in(app: Flask) -> None:
    told = problems_of(
        "email,consent,agreed_at,locale\n"
        f'good@example.org,"{YES}",,\n'
        f'nowhere,"{YES}",,\n'
        "a@example.org,,,\n"
        "b@example.org,no,,\n"
        "c@example.org,yes,,\n"
        f'd@example.org,"{YES}",31.3.2026,\n'
        f'e@example.org,"{YES}",2999-01-01,\n'
        f'f@example.org,"{YES}",,tlh\n'
    )
    assert [line.partition(":")[0] for line in told] == [f"Line {n}" for n in range(3, 10)]
    assert "“nowhere” is not an email address" in told[0]
    assert "not just yes" in told[3]


@pytest.mark.parametrize("text", ["", "email\nana@example.org\n", "<html>", "a,b\x00\n"])
def test_a_file_without_the_columns_says_which(app: Flask, text: str) -> None:
    [told] = problems_of(text)
    assert "email, consent" in told


def test_a_broken_quote_is_one_clear_line(app: Flask) -> None:
    [told] = problems_of('email,consent\nana@example.org,"never closed\n')
    assert "is not CSV" in told


def test_a_long_list_of_problems_is_cut(app: Flask) -> None:
    with pytest.raises(UnreadableMembers, match=r"and 5 more lines"):
        bring_in("email,consent\n" + "bad,bad\n" * 25)


@given(st.text(max_size=20))
def test_no_cell_begins_a_formula(text: str) -> None:
    assert not safe_cell(text).startswith(FORMULA_STARTS)


def test_an_export_can_be_imported_again(app: Flask) -> None:
    bring_in('email,consent\n+plus@example.org,"=Yes, I agree"\n')
    out = taken_out()
    assert "'+plus@example.org" in out
    assert bring_in(out) == Imported(added=0, known=1, repeated=0, kept_out=0)
