"""Names as people write them, in any script: tidied for keeping, and keyed to tell two apart."""

from __future__ import annotations

import hashlib
import re
import unicodedata

LONGEST_NAME = 200
LONGEST_COMMENT = 5000

#: What no name or comment needs: control characters, and those that turn or hide other text.
_HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
#: Marks that the same person writes one day and leaves out the next: Latin, Greek and Cyrillic
#: accents, Hebrew points, Arabic vowels and the stretching of its letters, emoji variants. The
#: vowel signs of Indic and other scripts tell names apart and stay.
_OPTIONAL = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\ufe00-\ufe0f]")
#: More than any name needs; sorting combining marks takes quadratic time.
_ENOUGH = 400


def tidy_name(text: str) -> str:
    """A name on one line, without harmful characters, at most 200 long; may be empty."""
    return " ".join(_HARMFUL.sub("", text[: LONGEST_NAME * 4]).split())[:LONGEST_NAME].strip()


def tidy_comment(text: str | None) -> str | None:
    """A comment with its line breaks, without harmful characters, at most 5000 long, or None."""
    text = (text or "")[: LONGEST_COMMENT * 2].replace("\r\n", "\n").replace("\r", "\n")
    return _HARMFUL.sub("", text).strip()[:LONGEST_COMMENT].strip() or None


def name_key(name: str) -> str:
    """40 hex digits, the same for the ways in which one person writes one name.

    Case, width, spacing, punctuation and optional marks do not count (Unicode NFKC, UAX #15;
    full case folding). A name of nothing else is keyed as it stands.
    """
    return hashlib.sha256(_folded(name).encode("utf-8", "replace")).hexdigest()[:40]


def _folded(name: str) -> str:
    text = name[:_ENOUGH]
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)[: _ENOUGH * 4]
        text = unicodedata.normalize("NFKC", _OPTIONAL.sub("", text))
    folded = "".join(map(_kept, text.casefold()))
    return " ".join(folded.split()) or " ".join(name[:_ENOUGH].split())


def _kept(character: str) -> str:
    """The character if it tells names apart; a hyphen or a space as a space; else nothing."""
    if character.isalnum():
        return character
    kind = unicodedata.category(character)
    if character.isspace() or kind == "Pd":
        return " "
    return "" if kind[0] in "PC" else character
