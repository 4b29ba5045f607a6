"""A mailing that the server refuses by policy pauses by itself, before its audience is burnt."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.engine import Connection

from actionhub.outbox.claiming import MAILINGS
from actionhub.outbox.models import MailingState
from actionhub.outbox.replies import Reply

#: Refusals by policy (5.7.x) in a row, over all workers, that pause a mailing.
REFUSALS = 20


def note_refusal(connection: Connection, mailing_id: int, reply: Reply) -> bool:
    """Count a refusal by policy; whether the mailing is paused by it now. The caller commits."""
    refusals = connection.execute(
        update(MAILINGS)
        .where(MAILINGS.c.id == mailing_id)
        .values(refusals=MAILINGS.c.refusals + 1)
        .returning(MAILINGS.c.refusals)
    ).scalar_one()
    if refusals < REFUSALS:
        return False
    words = f"{reply.code or ''} {reply.enhanced or ''}".strip()
    paused = connection.execute(
        update(MAILINGS)
        .where(MAILINGS.c.id == mailing_id, MAILINGS.c.state == MailingState.ACTIVE)
        .values(state=MailingState.PAUSED, paused_because=words)
    )
    return paused.rowcount == 1


def forget_refusals(connection: Connection, mailing_id: int) -> None:
    """The server took one: what it refused before was about those people. The caller commits."""
    connection.execute(
        update(MAILINGS)
        .where(MAILINGS.c.id == mailing_id, MAILINGS.c.state == MailingState.ACTIVE)
        .values(refusals=0)
    )
