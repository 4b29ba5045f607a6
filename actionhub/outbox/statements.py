"""The statements of the hot path, and their one-statement form for PostgreSQL, compiled once."""

from __future__ import annotations

from functools import cache

from sqlalchemy import (
    Select,
    Update,
    and_,
    bindparam,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from actionhub.outbox.claiming import EVENTS, MAILINGS
from actionhub.outbox.models import EmailState, MailingState, Suppression
from actionhub.outbox.pacing import EMAILS
from actionhub.outbox.suppressions import stops

TIME = EMAILS.c.due_at.type
STATE = EMAILS.c.state.type
SCOPE = Suppression.__table__.c.scope.type

#: A reply may come to an email that was taken for lost meanwhile.
IS_OPEN = or_(EMAILS.c.state == EmailState.SENDING, EMAILS.c.state == EmailState.UNKNOWN)


def _sent_statement() -> Update:
    return (
        update(EMAILS)
        .where(
            EMAILS.c.id == bindparam("sent_id"),
            EMAILS.c.owner == bindparam("worker"),
            EMAILS.c.attempt == bindparam("sent_attempt"),
            IS_OPEN,
        )
        .values(
            state=EmailState.SENT,
            finished_at=bindparam("moment", type_=TIME),
            held_at=None,
        )
    )


def _mark_statement() -> Update:
    active = exists().where(
        MAILINGS.c.id == EMAILS.c.mailing_id, MAILINGS.c.state == MailingState.ACTIVE
    )
    before = bindparam("next_attempt", type_=EMAILS.c.attempt.type)
    stopped = exists().where(
        stops(Suppression.address_hash == EMAILS.c.address_hash, bindparam("of_scope", type_=SCOPE))
    )
    return (
        update(EMAILS)
        .where(
            EMAILS.c.id == bindparam("next_id"),
            EMAILS.c.owner == bindparam("worker"),
            or_(
                and_(EMAILS.c.state == EmailState.CLAIMED, EMAILS.c.attempt == before),
                # Said again, since the commit's answer was lost: nobody else has our owner.
                and_(EMAILS.c.state == EmailState.SENDING, EMAILS.c.attempt == before + 1),
            ),
            active,
            ~stopped,
        )
        .values(
            state=EmailState.SENDING,
            attempt=before + 1,
            held_at=bindparam("moment", type_=TIME),
        )
    )


SENT = _sent_statement()
MARK = _mark_statement()
EVENT = insert(EVENTS).values(
    email_id=bindparam("sent_id"),
    at=bindparam("moment", type_=TIME),
    state=EmailState.SENT,
    attempt=bindparam("sent_attempt"),
    code=bindparam("reply_code"),
    enhanced=bindparam("reply_status"),
)


@cache
def both(sent: bool, mark: bool) -> Select[int, int]:
    """Both updates and the event as one PostgreSQL statement; it answers how many of each."""
    settled = marked = literal(0)
    ctes = []
    if sent:
        done = SENT.returning(EMAILS.c.id).cte("done")
        columns = ["email_id", "at", "state", "attempt", "code", "enhanced"]
        event = (
            insert(EVENTS)
            .from_select(
                columns,
                select(
                    done.c.id,
                    bindparam("moment", type_=TIME),
                    literal(EmailState.SENT, STATE),
                    bindparam("sent_attempt", type_=EVENTS.c.attempt.type),
                    bindparam("reply_code", type_=EVENTS.c.code.type),
                    bindparam("reply_status", type_=EVENTS.c.enhanced.type),
                ),
            )
            .returning(EVENTS.c.id)
            .cte("event")
        )
        ctes.append(event)
        settled = select(func.count()).select_from(done).scalar_subquery()  # type: ignore[assignment]
    if mark:
        following = MARK.returning(EMAILS.c.id).cte("following")
        marked = select(func.count()).select_from(following).scalar_subquery()  # type: ignore[assignment]
    return select(settled, marked).add_cte(*ctes)
