"""Text with holes: rendered once with opaque marks, filled and escaped for each recipient."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from markupsafe import Markup, escape

#: Nobody who writes content or a comment can guess it, so nobody can forge a mark.
_NONCE = secrets.token_hex(6)
_MARK = re.compile(rf"zq{_NONCE}([a-z0-9_]+?)qz")

#: Fields that may run over lines; every other one is kept to a line.
MULTILINE = frozenset({"comment", "letter"})

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029]")
_BREAKS = re.compile(r"[\s\x85\u2028\u2029]+")
#: What stands on a line before a mark, to stand before each line of a filling too.
_PREFIX = re.compile(r"(?:^|\n)([ >]*)\Z")


class SlotMisused(TypeError):
    """A template did more with a slot than print it: its value is not known while rendering."""


class Slot:
    """Stands for a recipient's own value in a template; it can only be printed."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return f"zq{_NONCE}{self.name}qz"

    def __html__(self) -> Markup:
        return Markup(str(self))  # noqa: S704 (letters and digits)

    def _refuse(self, *_given: object) -> NoReturn:
        raise SlotMisused(f"{self.name} is a slot: a template may only print it")

    __bool__ = __len__ = __iter__ = __getitem__ = __lt__ = __add__ = __contains__ = _refuse
    __eq__ = _refuse
    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Slotted:
    """`literals[0] + slot[0] + literals[1] + ...`; `prefixes` are the lines' beginnings."""

    literals: tuple[str, ...]
    names: tuple[str, ...]
    prefixes: tuple[str, ...]

    def fill(self, values: Mapping[str, str]) -> str:
        """The text with every slot filled; `values` are escaped already as the text needs it."""
        if not self.names:
            return self.literals[0]
        pieces = [self.literals[0]]
        for name, prefix, after in zip(self.names, self.prefixes, self.literals[1:], strict=True):
            value = values[name]
            if prefix and "\n" in value:
                value = value.replace("\n", "\n" + prefix)
            pieces += (value, after)
        return "".join(pieces)


def split(text: str) -> Slotted:
    """Take a rendered text apart at its marks. Raises SlotMisused where a mark was damaged."""
    pieces = _MARK.split(text)
    literals, names = pieces[::2], pieces[1::2]
    if any(_NONCE in piece.lower() for piece in literals):
        raise SlotMisused("a template or filter changed a slot")
    prefixes = [
        found[1] if (found := _PREFIX.search(before)) else "" for before in literals[: len(names)]
    ]
    return Slotted(tuple(literals), tuple(names), tuple(prefixes))


def clean(name: str, value: str) -> str:
    """A value fit to be printed: no control characters, and one line unless it may have more."""
    if value.isascii() and value.isprintable():
        return value
    if name not in MULTILINE:
        return _CONTROL.sub("", _BREAKS.sub(" ", value))
    return _CONTROL.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))


def escaped(values: Mapping[str, str]) -> dict[str, str]:
    """The values as HTML text or attributes take them."""
    return {name: str(escape(value)) for name, value in values.items()}
