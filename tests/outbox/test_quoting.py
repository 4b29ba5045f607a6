"""Quoted-printable brings every text through, encoded at once or line by line."""

from __future__ import annotations

import quopri

from hypothesis import given
from hypothesis import strategies as st

from actionhub.outbox.quoting import quote, quoted
from actionhub.outbox.slots import Slotted


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r"), max_size=300))
def test_quoted_printable_brings_every_text_through(text: str) -> None:
    lines = quoted(text)
    back = quopri.decodestring(lines).decode().replace("\r\n", "\n")
    assert back == (text if text.endswith("\n") else text + "\n")
    assert all(len(line) <= 76 for line in lines.split(b"\r\n"))
    assert b"\n" not in lines.replace(b"\r\n", b"")


#: What the encoding looks at: line ends, spaces before them, dots, equals signs, and lengths.
ODD = st.text(alphabet="\n\n .=\taé王F", max_size=90)
NAMES = ("one", "two", "three")


@given(
    literals=st.lists(ODD, min_size=1, max_size=6),
    values=st.fixed_dictionaries(dict.fromkeys(NAMES, ODD)),
    data=st.data(),
)
def test_lines_encoded_ahead_are_the_lines_of_the_whole(
    literals: list[str], values: dict[str, str], data: st.DataObject
) -> None:
    slots = len(literals) - 1
    names = data.draw(st.lists(st.sampled_from(NAMES), min_size=slots, max_size=slots))
    prefixes = data.draw(
        st.lists(st.sampled_from(["", "> ", "  "]), min_size=slots, max_size=slots)
    )
    text = Slotted(tuple(literals), tuple(names), tuple(prefixes))
    whole = text.fill(values) + ("" if literals[-1].endswith("\n") else "\n")
    assert b"".join(quote(text).fill(values)) == quoted(whole)
    assert quopri.decodestring(quoted(whole)).decode().replace("\r\n", "\n") == whole


def test_only_lines_with_slots_are_left_to_fill() -> None:
    text = Slotted(("a\nb\nHello ", ", and ", "!\nc\n"), ("one", "two"), ("", ""))
    constant, line, after = quote(text).pieces
    assert (constant, after) == (b"a\r\nb\r\n", b"c\r\n")
    assert line == Slotted(("Hello ", ", and ", "!\n"), ("one", "two"), ("", ""))
