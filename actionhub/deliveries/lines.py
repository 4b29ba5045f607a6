"""The list of a delivery: which signatures stand in it, and each as a line of its CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select, true

from actionhub.actions.addressees import Addressee
from actionhub.database import db
from actionhub.deliveries.volumes import VOLUME
from actionhub.signatures.models import NameDisplay, Signature, SignatureState
from actionhub.supporters.exporting import safe_cell

#: What stands in the place of a name that its signer withheld.
WITHHELD = "(name withheld)"
COLUMNS = ("line", "name", "state", "district", "zip", "country", "comment", "confirmed_on")

_S: Any = Signature.__table__


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
        select(
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
        )
        .where(
            _S.c.action_id == action_id,
            _S.c.state == SignatureState.CONFIRMED,
            _S.c.confirmed_at <= until,
            _S.c.id > after,
            heard_by(addressee),
        )
        .order_by(_S.c.id)
        .limit(VOLUME)
    ).all()


def write_volume(rows: Sequence[Any], first_line: int) -> bytes:
    """Rows as CSV (RFC 4180, UTF-8 with a byte order mark before the very first line of all).

    No cell begins a formula. The mark is for the spreadsheets that else take UTF-8 for Latin.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    if first_line == 1:
        out.write("\ufeff")
        writer.writerow(COLUMNS)
    for number, row in enumerate(rows, first_line):
        writer.writerow([number, *(safe_cell(cell) for cell in _cells(row))])
    return out.getvalue().encode()


def _cells(row: Any) -> tuple[object, ...]:
    district = "" if row.us_district is None else row.us_district or "at large"
    shown = row.display is not NameDisplay.PROTECTED and row.name is not None
    return (
        row.name if shown else WITHHELD,
        row.us_state or "",
        district,
        (row.zip or "")[:5] if shown else "",
        row.country,
        row.comment or "" if shown else "",
        row.confirmed_at.date().isoformat(),
    )
