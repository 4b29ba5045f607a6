"""The list of a delivery: which signatures stand in it, and each as a line of its CSV."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select, true

from actionhub.actions.addressees import Addressee
from actionhub.actions.models import ActionText
from actionhub.database import db
from actionhub.deliveries.models import DeliveredSignature, DeliveryVolume
from actionhub.deliveries.volumes import VOLUME
from actionhub.signatures.models import NameDisplay, Signature, SignatureState
from actionhub.supporters.exporting import safe_cell

#: What stands in the place of a name that its signer withheld.
WITHHELD = "(name withheld)"
COLUMNS = (
    "line",
    "name",
    "state",
    "district",
    "zip",
    "country",
    "comment",
    "confirmed_on",
    "version",
)

_S: Any = Signature.__table__
_COLUMNS = (
    _S.c.id,
    _S.c.name,
    _S.c.display,
    _S.c.us_state,
    _S.c.us_district,
    _S.c.district_found,
    _S.c.zip,
    _S.c.country,
    _S.c.comment,
    _S.c.confirmed_at,
    _S.c.text_id,
    ActionText.number.label("version"),
)


def heard_by(addressee: Addressee) -> Any:
    """The condition on signatures that an addressee hears, as `Addressee.hears` says."""
    if addressee.state is None:
        return true()
    of_state = _S.c.us_state == addressee.state
    if addressee.district is None:
        return of_state
    return and_(of_state, _S.c.us_district == addressee.district)


def next_signatures(
    action_id: int, addressee: Addressee, until: datetime, after: int
) -> Sequence[Any]:
    """The next volume's signatures, by id: those that counted by `until` and still do."""
    return db.session.execute(
        select(*_COLUMNS)
        .join(ActionText, ActionText.id == _S.c.text_id)
        .where(
            _S.c.action_id == action_id,
            *_counts(until, addressee),
            _S.c.id > after,
        )
        .order_by(_S.c.id)
        .limit(VOLUME)
    ).all()


def those_who_stand(volume: DeliveryVolume, addressee: Addressee, until: datetime) -> Sequence[Any]:
    """The signatures of a volume that count still, with their `line`, as they are now."""
    lines = DeliveredSignature
    return db.session.execute(
        select(*_COLUMNS, lines.line)
        .join(ActionText, ActionText.id == _S.c.text_id)
        .join(lines, lines.signature_id == _S.c.id)
        .where(
            lines.delivery_id == volume.delivery_id,
            lines.line.between(volume.first_line, volume.last_line),
            *_counts(until, addressee),
        )
        .order_by(lines.line)
    ).all()


def _counts(until: datetime, addressee: Addressee) -> tuple[Any, ...]:
    return (
        _S.c.state == SignatureState.CONFIRMED,
        _S.c.confirmed_at <= until,
        heard_by(addressee),
    )


def write_volume(lines: Iterable[tuple[int, Any]], *, first: bool) -> bytes:
    """Numbered rows as CSV (RFC 4180, UTF-8; before the `first` volume its head and a mark).

    No cell begins a formula. The byte order mark is for the spreadsheets that else take UTF-8 for
    Latin.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    if first:
        out.write("\ufeff")
        writer.writerow(COLUMNS)
    for number, row in lines:
        writer.writerow([number, *(safe_cell(cell) for cell in _cells(row))])
    return out.getvalue().encode()


def tally(rows: Sequence[Any]) -> dict[str, Any]:
    """What a volume's rows add up to: places, how districts were found, texts, withheld names."""
    return {
        "lines": len(rows),
        "withheld": sum(not _is_shown(row) for row in rows),
        "states": Counter(_state(row) for row in rows),
        "districts": Counter(
            f"{row.us_state}-{row.us_district or 'AL'}"
            for row in rows
            if row.us_state and row.us_district is not None
        ),
        "found": Counter(_found(row) for row in rows),
        "texts": Counter(str(row.text_id) for row in rows),
    }


def _state(row: Any) -> str:
    return row.us_state or ("unknown" if row.country == "US" else "abroad")


def _found(row: Any) -> str:
    if row.district_found:
        return str(row.district_found)
    return "state" if row.us_state else "unknown"


def _is_shown(row: Any) -> bool:
    return row.display is not NameDisplay.PROTECTED and row.name is not None


def _cells(row: Any) -> tuple[object, ...]:
    district = "" if row.us_district is None else row.us_district or "at large"
    shown = _is_shown(row)
    return (
        row.name if shown else WITHHELD,
        row.us_state or "",
        district,
        (row.zip or "")[:5] if shown else "",
        row.country,
        row.comment or "" if shown else "",
        row.confirmed_at.date().isoformat(),
        row.version,
    )
