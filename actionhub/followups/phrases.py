"""Words from elsewhere that are put into a follow-up's subject or Markdown."""

from __future__ import annotations

import re

from actionhub.followups.writing import LONGEST_SUBJECT


def plain(text: str) -> str:
    """Text on one line that Markdown takes for nothing but text (CommonMark 2.4)."""
    line = re.sub(r"([\\`*_{}\[\]<>#|~!&])", r"\\\1", " ".join(text.split()))
    return re.sub(r"^(\d*)([-+.)])", r"\1\\\2", line)


def shortened(text: str) -> str:
    """One line that fits a subject."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 1].rstrip() + "…"
