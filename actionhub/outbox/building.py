"""From a claimed row to the message that goes over the wire, built the same each time."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import structlog
from sqlalchemy import Engine, select

from actionhub.config import settings
from actionhub.outbox import filling, rendering
from actionhub.outbox.batch import Ready
from actionhub.outbox.claiming import MAILINGS, Claimed
from actionhub.outbox.messages import Kind, skeleton

log = structlog.get_logger(__name__)


class Builder:
    """Builds the messages of one run; `fail` is told of one that cannot be written, and why."""

    def __init__(self, engine: Engine, fail: Callable[[Claimed, str], None]) -> None:
        self._engine = engine
        self._fail = fail
        self._settings = settings()
        self._kinds: dict[int, Kind] = {}

    def learn(self, mailing_ids: Iterable[int]) -> set[int]:
        """Read what these mailings share, of those not known yet. One short transaction.

        Those of them that the server refused by policy the last time, perhaps in another run.
        """
        new = set(mailing_ids) - self._kinds.keys()
        if not new:
            return set()
        with self._engine.begin() as database:
            rows = database.execute(select(MAILINGS).where(MAILINGS.c.id.in_(new))).all()
        for row in rows:
            content = rendering.canonical(row.content)
            self._kinds[row.id] = Kind(
                row.key, row.template, row.locale, row.scope, row.automatic, content
            )
        return {row.id for row in rows if row.refusals}

    def build(self, email: Claimed) -> Ready | None:
        """The message of a claimed email; None for one that cannot be written: no other waits."""
        kind = self._kinds[email.mailing_id]
        try:
            if email.address is None or email.fields is None:
                raise LookupError("erased")
            fields = filling.filled(kind, email.fields, email.created_at)
            frame = skeleton(kind, rendering.variant_of(fields), self._settings)
            message = frame.fill(
                email_id=email.id,
                address=email.address,
                message_id=email.message_id,
                date=email.created_at,
                fields=fields,
            )
        except Exception as problem:  # a bad template or row must not stop the others
            log.error("email_cannot_be_written", email=email.id, template=kind.template)
            self._fail(email, f"cannot be written: {type(problem).__name__}")
            return None
        return Ready(email, kind, message)
