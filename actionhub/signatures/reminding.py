"""The one reminder to those who signed and have not confirmed."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists

from actionhub import clock
from actionhub.actions.states import is_open
from actionhub.config import settings
from actionhub.database import db
from actionhub.outbox import suppressions
from actionhub.outbox.models import Scope, Suppression
from actionhub.signatures import emails, rows
from actionhub.signatures.models import SignatureState
from actionhub.supporters.models import Supporter

#: How long after the last form the reminder comes.
AFTER = timedelta(days=2)

_S = rows.SIGNATURES


def remind_due(limit: int = 500) -> int:
    """Queue the reminder of up to `limit` signatures that wait for theirs; how many.

    Pending for two days, its action open, the address neither suppressed nor asked three times
    today: those are reminded the next day. Each at most once, with the link of its latest form.
    The first mail of a signature that had none because of the day's limit is this one.

    1. Hold the supporters and their signatures; those that somebody else holds are left for the
    next time, and one that was confirmed or reminded in this very moment is seen as it now stands.
    2. Mark the signature and queue the mail. 3. The caller commits both.
    """
    at = clock.now()
    asked_today: Counter[str] = Counter()
    reminded = 0
    for row in db.session.execute(_due(at, limit)).all():
        if row.asked + asked_today[row.address_hash] >= emails.MAILS_A_DAY:
            continue
        asked_today[row.address_hash] += 1
        db.session.execute(rows.change(row.id, reminded_at=at))
        key = f"remind:{row.id}"
        reminded += emails.ask_to_confirm(row, row, row.address, row.address_hash, key)
    return reminded


def _due(at: datetime, limit: int) -> Any:
    asked = emails.asked_lately(Supporter.address_hash, at - emails.DAY)
    oldest = at - timedelta(days=settings().retention.pending_signature_days)
    stopped = exists().where(
        suppressions.stops(Suppression.address_hash == Supporter.address_hash, Scope.SIGNING)
    )
    return (
        emails.ground()
        .add_columns(*_S.c, Supporter.address, Supporter.address_hash, asked.label("asked"))
        .join(_S, _S.c.text_id == emails.TEXTS.c.id)
        .join(Supporter, Supporter.id == _S.c.supporter_id)
        .where(
            _S.c.state == SignatureState.PENDING,
            _S.c.reminded_at.is_(None),
            _S.c.posted_at <= at - AFTER,
            _S.c.posted_at > oldest,
            is_open(at),
            asked < emails.MAILS_A_DAY,
            ~stopped,
        )
        .order_by(_S.c.posted_at, _S.c.id)
        .limit(limit)
        .with_for_update(of=[Supporter, _S], skip_locked=True)
    )
