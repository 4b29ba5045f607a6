"""Taking the members out, as a CSV file that a spreadsheet opens without running anything."""

from __future__ import annotations

import csv
from typing import TextIO

from sqlalchemy import select

from actionhub.database import db
from actionhub.supporters.models import (
    ConsentWording,
    Subscription,
    SubscriptionState,
    Supporter,
)

#: What a spreadsheet takes for the beginning of a formula (OWASP, CSV Injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: object) -> str:
    """A cell's text that no spreadsheet runs: a formula's first sign gets an apostrophe before."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def plain_cell(cell: str) -> str:
    """A cell as it was before `safe_cell`."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA_STARTS else cell


def export_members(out: TextIO) -> int:
    """Write all members as CSV, in the columns that `import_members` reads; how many."""
    writer = csv.writer(out)
    writer.writerow(["email", "consent", "agreed_at", "locale"])
    members = db.session.execute(
        select(Supporter.address, ConsentWording.text, Subscription.agreed_at, Supporter.locale)
        .join(Subscription, Subscription.supporter_id == Supporter.id)
        .outerjoin(ConsentWording, ConsentWording.id == Subscription.wording_id)
        .where(Subscription.state == SubscriptionState.LIVE, Supporter.erased_at.is_(None))
        .order_by(Supporter.id)
        .execution_options(yield_per=1000)
    )
    written = 0
    for address, wording, agreed_at, locale in members:
        cells = (address, wording, agreed_at.isoformat(), locale)
        writer.writerow([safe_cell(cell) for cell in cells])
        written += 1
    return written
