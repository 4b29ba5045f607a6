"""Reading a roll: lines that an organizer pastes, each naming one addressee."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from actionhub.actions.addressees import Addressee
from actionhub.congress.states import NAMES

#: A roll of everybody in Congress has this many lines, or less.
MOST_LINES = 1000

_BIOGUIDE = re.compile(r"\b[A-Z]\d{6}\b")
#: As rolls write it: `(D-OH)`, `[OH-9]`, `(Ohio)`; or as we do: `(named:5)`.
_BRACKETS = re.compile(r"[(\[]([^)\]]*)[)\]]")
_TITLES = frozenset(
    {"sen", "senator", "senador", "senadora", "rep", "representative", "representante"}
    | {"delegate", "del", "resident", "commissioner", "congressman", "congresswoman"}
    | {"mr", "mrs", "ms", "dr", "hon", "the"}
)
_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv"})


@dataclass(frozen=True)
class Roll:
    """Who was found, in the order of the lines, and a sentence for each line that tells nobody."""

    keys: tuple[str, ...]
    problems: tuple[str, ...]


def read_roll(text: str, known: Mapping[str, Addressee]) -> Roll:
    """Whom the lines of a text name: Bioguide ids, or names, `Ash, Ada (OH)` too.

    A last name alone will do where only one has it. Empty lines and repetitions are passed over.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    keys: dict[str, None] = {}
    problems = []
    if len(lines) > MOST_LINES:
        problems.append(_("Paste at most %(most)s lines at once.", most=MOST_LINES))
    for line in lines[:MOST_LINES]:
        found = _named_in(line, known)
        if len(found) == 1:
            keys[found[0].key] = None
        elif found:
            names = "; ".join(f"{one.shown_name}, {one.office} ({one.key})" for one in found[:4])
            told = _("“%(line)s” may be any of these: %(names)s.", line=line[:80], names=names)
            problems.append(told)
        else:
            problems.append(_("“%(line)s” is nobody whom this action addresses.", line=line[:80]))
    return Roll(tuple(keys), tuple(problems))


def _named_in(line: str, known: Mapping[str, Addressee]) -> list[Addressee]:
    for told in (line, *_BRACKETS.findall(line)):
        if told in known:
            return [known[told]]
    ids = _BIOGUIDE.findall(line.upper())
    if ids:
        return [known[one] for one in dict.fromkeys(ids) if one in known]
    words = _words(_BRACKETS.sub(" ", line))
    if not words:
        return []
    whole = [one for one in known.values() if _words(one.name) == words]
    part = [one for one in known.values() if _last_name(one) <= words <= _words(one.name)]
    found = whole or part
    return _of_place(found, line) if len(found) > 1 else found


def _of_place(found: list[Addressee], line: str) -> list[Addressee]:
    """Those of the state that stands in brackets, if one does."""
    told = " ".join(_BRACKETS.findall(line)).casefold()
    tokens = set(re.findall(r"[a-z]+", told))
    there = [
        one
        for one in found
        if one.state and (one.state.lower() in tokens or NAMES[one.state].casefold() in told)
    ]
    return there or found


def _last_name(one: Addressee) -> frozenset[str]:
    words = [word for word in _in_order(one.name) if word not in _SUFFIXES]
    return frozenset(words[-1:])


def _words(text: str) -> frozenset[str]:
    words = set(_in_order(text)) - _SUFFIXES
    return frozenset(words - _TITLES or words)


def _in_order(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(one for one in plain if not unicodedata.combining(one))
    return re.findall(r"[^\W_]+", re.sub(r"['’.]", "", plain))
