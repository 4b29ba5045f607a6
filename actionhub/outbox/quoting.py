"""Quoted-printable, once: lines that all messages share are encoded ahead, the others as they go.

The encoding looks at one line at a time, so encoded lines joined are the encoded whole.
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from actionhub.outbox.slots import Slotted


@dataclass(frozen=True)
class Quoted:
    """A text with slots: encoded lines without any, in turn with lines that have some."""

    pieces: tuple[bytes | Slotted, ...]

    def fill(self, values: Mapping[str, str]) -> list[bytes]:
        """The encoded text, in pieces; `values` are escaped already as the text needs it."""
        return [
            piece if isinstance(piece, bytes) else quoted(piece.fill(values))
            for piece in self.pieces
        ]


def quoted(text: str) -> bytes:
    """Text as quoted-printable lines ended by CRLF (RFC 2045, 6.7)."""
    if not text.endswith("\n"):  # without one, b2a_qp would break lines with a bare LF
        text += "\n"
    return binascii.b2a_qp(text.replace("\n", "\r\n").encode(), istext=True)


def quote(text: Slotted) -> Quoted:
    """Encode all of a text but the lines that have slots; its last line is ended if it is not."""
    *literals, last = text.literals
    literals.append(last if last.endswith("\n") else last + "\n")
    pieces: list[bytes | Slotted] = []
    whole, begun = _cut(literals[0])
    line, names, prefixes = [begun], [], []
    for name, prefix, after in zip(text.names, text.prefixes, literals[1:], strict=True):
        ends = after.find("\n") + 1
        line.append(after[:ends] if ends else after)
        names.append(name)
        prefixes.append(prefix)
        if ends:
            pieces += (quoted(whole),) if whole else ()
            pieces.append(Slotted(tuple(line), tuple(names), tuple(prefixes)))
            whole, begun = _cut(after[ends:])
            line, names, prefixes = [begun], [], []
    pieces += (quoted(whole),) if whole else ()
    return Quoted(tuple(pieces))


def _cut(text: str) -> tuple[str, str]:
    """The whole lines of a text, and the line that it leaves unfinished."""
    at = text.rfind("\n") + 1
    return text[:at], text[at:]
