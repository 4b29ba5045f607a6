"""What an email holds that its row does not: a feature makes it from the row, when it is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from actionhub.outbox.messages import Kind

Fields = Mapping[str, Any]
#: (the row's fields, when it was written, its locale, its mailing's content) -> all its fields.
#: The same row must always give the same fields: an email that is sent again is the same.
Filler = Callable[[Fields, datetime, str, Mapping[str, Any]], Fields]

_fillers: dict[str, Filler] = {}


def fill_with(template: str, filler: Filler) -> None:
    """Let `filler` complete the fields of every email of a template (a folder of templates/emails).

    It runs for each message that is sent: it must be quick and ask nobody. It is also given
    the fields of rows that were written complete, and leaves them as they are.
    """
    _fillers[template] = filler


def filled(kind: Kind, fields: Fields, written_at: datetime) -> Fields:
    """All the fields of one email of a mailing. Raises what the filler raises."""
    filler = _fillers.get(kind.template)
    return filler(fields, written_at, kind.locale, _read(kind.content)) if filler else fields


@lru_cache(maxsize=256)
def _read(content: str) -> Mapping[str, Any]:
    read: dict[str, Any] = json.loads(content)
    return read
