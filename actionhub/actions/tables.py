"""Reading a CSV file that an organizer brings in: its columns by name, each problem by its line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator

from flask_babel import gettext as _

from actionhub.errors import ActionHubError

#: Problems told of one file; whoever wrote it mends a kind of them at a time.
TOLD = 20


class UnreadableList(ActionHubError):
    """The file was not taken: `problems` has a sentence for each bad line. Nothing was changed."""

    status = 422

    def __init__(self, problems: list[str]) -> None:
        told = problems[:TOLD]
        if len(problems) > TOLD:
            told.append(_("... and %(number)s more lines.", number=len(problems) - TOLD))
        super().__init__("\n".join([*told, _("Nothing was changed.")]))
        self.problems = problems


def read_table(
    raw: bytes, check: Callable[[list[str], list[str]], list[str]]
) -> Iterator[tuple[int, dict[str, str]]]:
    """(line number, cells by column), for every line that is not empty.

    The first line names the columns, in small letters with `_` for all else; `check` gets those
    and the cells as typed, and tells what is wrong with them. Commas, semicolons or tabs; UTF-8.
    Raises UnreadableList.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        saved = _("The file is not in UTF-8: save it as “CSV UTF-8”.")
        raise UnreadableList([saved]) from None
    head = text.splitlines()[0] if text.strip() else ""
    separator = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    columns: list[str] = []
    try:
        for cells in reader:
            if not columns:
                columns = _columns(cells, check)
            elif any(cell.strip() for cell in cells):
                if len(cells) > len(columns):
                    more = _("more cells than the first line names.")
                    told = _("Line %(line)s: %(problem)s", line=reader.line_num, problem=more)
                    raise UnreadableList([told])
                padded = [*cells, *([""] * (len(columns) - len(cells)))]
                yield reader.line_num, dict(zip(columns, padded, strict=True))
    except csv.Error as bad:
        told = _("Line %(line)s: %(problem)s", line=reader.line_num, problem=str(bad))
        raise UnreadableList([told]) from None


def _columns(cells: list[str], check: Callable[[list[str], list[str]], list[str]]) -> list[str]:
    columns = [re.sub(r"[^a-z0-9]+", "_", cell.strip().casefold()).strip("_") for cell in cells]
    problems = check(columns, cells)
    if len(set(columns)) < len(columns):
        problems.append(_("Line 1 names a column twice."))
    if problems:
        raise UnreadableList(problems)
    return columns
