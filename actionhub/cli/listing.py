"""Sections of a command's summary: a title, and the lines that deserve a look."""

from __future__ import annotations

from collections.abc import Iterable

#: Lines of each kind that a summary shows before it counts the rest.
SHOWN = 20
#: Characters of a line that are shown.
WIDTH = 160


def section(title: str, entries: Iterable[str]) -> list[str]:
    """The lines of a section: none if there are no entries."""
    found = list(entries)
    if not found:
        return []
    shown = [one if len(one) <= WIDTH else one[: WIDTH - 1] + "…" for one in found[:SHOWN]]
    rest = [f"  … and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    return [title, *(f"  - {line}" for line in shown), *rest]
