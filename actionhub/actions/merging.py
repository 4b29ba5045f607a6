"""Merge fields: what stands as `{{ representative.title }}` in a letter's words."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

#: What every letter may say of its addressee and its writer.
TITLE = "representative.title"
REPRESENTATIVE = (TITLE, "representative.name", "representative.office")
DISTRICT = ("district",)
SUPPORTER = ("supporter.name", "supporter.town", "supporter.zip")
FIELDS = (*REPRESENTATIVE, *DISTRICT, *SUPPORTER)

_FIELD = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_BLANKS = re.compile(r"[ \t]{2,}")
_FIRST_BLANKS = re.compile(r"^[ \t]+", re.MULTILINE)


def merge(text: str, values: Mapping[str, str]) -> str:
    """`text` with its fields filled; a field that `values` does not know is left out.

    What a value says is never read as a field again.
    """
    filled = _BLANKS.sub(" ", _FIELD.sub(lambda found: values.get(found[1], ""), text))
    return _FIRST_BLANKS.sub("", filled)


def unknown_fields(text: str, known: Collection[str]) -> list[str]:
    """The fields of a text that are none of `known`, each once, as they were written."""
    return list(dict.fromkeys(name for name in _FIELD.findall(text) if name not in known))


def is_broken(text: str) -> bool:
    """Whether braces are left that belong to no field: a letter would show them."""
    rest = _FIELD.sub("", text)
    return "{{" in rest or "}}" in rest
