"""Finished emails as they stand in the archive, moved there by hand."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import delete, insert, select

from actionhub.extensions import db
from actionhub.outbox.models import ArchivedEmail, Email, MailTotal
from actionhub.outbox.states import FINISHED


def archive_finished() -> int:
    """Move every finished email to the archive and count it in the totals; commit. How many."""
    emails: Any = Email.__table__
    found = db.session.execute(select(emails).where(emails.c.state.in_(FINISHED))).mappings().all()
    for row in found:
        db.session.execute(insert(ArchivedEmail).values(**row))
    db.session.execute(delete(emails).where(emails.c.id.in_([row["id"] for row in found])))
    for (mailing_id, state), number in Counter(
        (r["mailing_id"], r["state"]) for r in found
    ).items():
        total = db.session.get(MailTotal, (mailing_id, state))
        if total is None:
            total = MailTotal(mailing_id=mailing_id, state=state, number=0)
            db.session.add(total)
        total.number += number
    db.session.commit()
    db.session.expire_all()
    return len(found)
