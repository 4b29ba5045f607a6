"""The counts tell what a journal and a database say, and nothing kinder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.faults.counting import Counts, Journal, Letterbox, _count_email

Line = dict[str, Any]


def said(*words: str) -> list[Line]:
    """A journal of one connection: `accept a`, `mail`, `dot`, `quit`, `close peer` ..."""
    lines: list[Line] = []
    for at, word in enumerate(words):
        what, _, more = word.partition(" ")
        line: Line = {"t": float(at), "what": what, "c": 1}
        line |= {"accept": {"id": more, "to": "", "digest": "d"}, "close": {"by": more}}.get(
            what, {}
        )
        lines.append(line)
    return lines


def read(folder: Path, *words: str) -> Journal:
    path = folder / "journal"
    path.write_text("".join(json.dumps(line) + "\n" for line in said(*words)))
    return Journal.read(path)


@pytest.mark.parametrize(
    ("words", "cut"),
    [
        (("accept a", "close peer"), ["a"]),
        (("accept a", "mail", "close peer"), ["a"]),
        (("accept a", "close sink"), ["a"]),
        (("accept a", "mail", "close sink"), []),
        (("accept a", "quit", "close sink"), []),
        (("accept a", "mail", "dot", "close peer"), []),
        (("accept a", "mail", "dot", "accept b", "close peer"), ["b"]),
        (("accept a",), []),
    ],
)
def test_an_acceptance_is_cut_when_its_lost_line_shows_no_commit(
    tmp_path: Path, words: tuple[str, ...], cut: list[str]
) -> None:
    assert [accept["id"] for accept in read(tmp_path, *words).cut] == cut


def email(state: str, **changes: Any) -> Letterbox:
    values: dict[str, Any] = {
        "id": 1,
        "key": "followup:1:1",
        "address": "ada@example.org",
        "address_hash": "h",
        "state": state,
        "attempt": 1,
        "unknowns": 0,
        "message_id": "<a>",
        "priority": 3,
        "mailing_id": 1,
    }
    return Letterbox(**values | changes)


def counted(about: Letterbox, *digests: str, justified: bool = False) -> Counts:
    found = Counts()
    accepts = [{"digest": digest} for digest in digests]
    _count_email(found, about, accepts, lambda _email: justified)
    return found


def test_what_was_never_accepted_is_lost_whatever_its_row_says() -> None:
    assert counted(email("sent")).lost
    assert counted(email("failed")).lost
    assert not counted(email("failed"), justified=True).lost
    assert not counted(email("sent"), "d").lost


def test_every_acceptance_beyond_the_first_counts_and_must_be_the_same_bytes() -> None:
    assert sum(counted(email("sent"), "d", "d", "d").doubled.values()) == 2
    assert not counted(email("sent"), "d", "d").differing
    assert counted(email("sent"), "d", "e").differing


def test_what_waits_is_stuck_but_for_a_held_letter() -> None:
    assert counted(email("deferred")).stuck
    assert counted(email("held")).stuck
    assert not counted(email("held", priority=2)).stuck


def test_twice_unknown_is_told_apart_from_lost() -> None:
    found = counted(email("failed", unknowns=2))
    assert (len(found.twice_unknown), len(found.lost)) == (1, 0)
    assert counted(email("failed", unknowns=1)).lost
