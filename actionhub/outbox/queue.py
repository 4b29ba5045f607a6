"""Putting emails into the outbox, in the transaction that causes them, and stopping them."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    bindparam,
    exists,
    func,
    insert,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from actionhub import clock, wakeups
from actionhub.addresses import domain_of
from actionhub.config import settings
from actionhub.database import db
from actionhub.outbox import known
from actionhub.outbox.dropping import cancel
from actionhub.outbox.models import (
    ArchivedEmail,
    Email,
    EmailEvent,
    EmailState,
    Mailing,
    MailingState,
    MailTotal,
    Scope,
)

Fields = Mapping[str, str | bool | int]
#: What of an email is written when it is queued.
WRITTEN = (
    "key",
    "mailing_id",
    "address",
    "address_hash",
    "domain",
    "fields",
    "state",
    "priority",
    "due_at",
    "attempt",
    "unknowns",
    "message_id",
    "created_at",
)


def ensure_mailing(
    key: str,
    *,
    template: str,
    locale: str,
    priority: int,
    scope: Scope,
    content: dict[str, Any],
    automatic: bool = True,
) -> int:
    """The id of the mailing with that unique key, made if new.

    `template` is a folder of templates/emails; `content` is what it sees, the same for every
    email (JSON). An existing mailing keeps its content.
    """
    session = db.session()
    found = known.mailing_id(session, key)
    if found is not None:
        return found
    row = {
        "key": key,
        "template": template,
        "locale": locale,
        "priority": priority,
        "scope": scope,
        "state": MailingState.ACTIVE,
        "automatic": automatic,
        "content": content,
        "created_at": clock.now(),
    }
    made = session.execute(_statements(_dialect(session))["mailing"], row).scalar_one_or_none()
    if made is not None:
        known.made(session, key, made)
        return int(made)
    existing = session.execute(select(Mailing.id).where(Mailing.key == key)).scalar_one()
    known.seen(session, key, existing)
    return existing


def enqueue(
    mailing_id: int,
    *,
    key: str,
    address: str,
    address_hash: str,
    fields: Fields,
    priority: int,
    due_at: datetime | None = None,
) -> bool:
    """Write one `ready` email in the caller's transaction, to be sent after its commit.

    With a `due_at` ahead it is `deferred` until then. False if an email of that key is there
    already, archived or not: nothing is written. `fields`: a bool picks a variant of the template,
    a str is printed where the template says.
    """
    session, now = db.session(), clock.now()
    row = {
        "key": key,
        "mailing_id": mailing_id,
        "address": address,
        "address_hash": address_hash,
        "domain": domain_of(address),
        "fields": fields,
        "state": EmailState.DEFERRED if due_at and due_at > now else EmailState.READY,
        "priority": priority,
        "due_at": due_at or now,
        "attempt": 0,
        "unknowns": 0,
        "message_id": f"<{secrets.token_hex(16)}@{message_domain()}>",
        "created_at": now,
    }
    written = session.execute(_statements(_dialect(session))["email"], row).first() is not None
    if written:
        wakeups.on_commit(wakeups.Task.SEND_MAIL)
    return written


def pause(mailing_id: int) -> None:
    """Send nothing more of a mailing until it is resumed; what is being sent ends."""
    _turn_mailing(mailing_id, MailingState.PAUSED, [MailingState.ACTIVE])


def resume(mailing_id: int) -> None:
    """Go on with a paused mailing, also with one that was paused because it was refused."""
    _turn_mailing(
        mailing_id,
        MailingState.ACTIVE,
        [MailingState.PAUSED],
        refusals=0,
        paused_because=None,
    )
    wakeups.on_commit(wakeups.Task.SEND_MAIL)


def refused(mailing_ids: Collection[int]) -> int:
    """How many emails of some mailings the server refused to take from us and can be tried again.

    RFC 3463, 3.8: 5.7.x speaks of security or policy, not of the inbox.
    """
    return db.session.scalar(select(func.count()).where(*_are_refused(mailing_ids))) or 0


def retry_refused(mailing_ids: Collection[int]) -> int:
    """Make those that the server refused to take from us ready again, with all their tries."""
    now = clock.now()
    turned = db.session.scalars(
        update(Email)
        .where(*_are_refused(mailing_ids), Email.address.is_not(None))
        .values(state=EmailState.READY, finished_at=None, owner=None, held_at=None, attempt=0)
        .returning(Email.id)
        .execution_options(synchronize_session=False)
    ).all()
    event = {"at": now, "state": EmailState.READY, "attempt": 0, "reason": "retried"}
    if turned:
        db.session.execute(insert(EmailEvent), [event | {"email_id": n} for n in turned])
    return len(turned)


def cancel_mailing(mailing_id: int) -> int:
    """End a mailing for good; how many emails will not go out."""
    _turn_mailing(mailing_id, MailingState.CANCELLED, [MailingState.ACTIVE, MailingState.PAUSED])
    return cancel(Email.mailing_id == mailing_id)


def progress(*mailing_ids: int) -> dict[EmailState, int]:
    """How many emails of some mailings are in each state, archived ones too; none is left out."""
    # One statement, so that none is counted twice or missed while it moves to the archive.
    live = (
        select(Email.state, func.count().label("number"))
        .where(Email.mailing_id.in_(mailing_ids))
        .group_by(Email.state)
    )
    archived = select(MailTotal.state, MailTotal.number).where(
        MailTotal.mailing_id.in_(mailing_ids)
    )
    both = union_all(live, archived).subquery()
    counted = select(both.c.state, func.sum(both.c.number)).group_by(both.c.state)
    return {state: int(number) for state, number in db.session.execute(counted) if number}


def message_domain() -> str:
    """What stands behind the at sign in our Message-IDs, in ASCII."""
    domain = settings().mail_from.rpartition("@")[2]
    return domain if domain.isascii() else domain.encode("idna").decode()


def _turn_mailing(
    mailing_id: int, after: MailingState, before: Iterable[MailingState], **values: Any
) -> None:
    db.session.execute(
        update(Mailing)
        .where(Mailing.id == mailing_id, Mailing.state.in_(list(before)))
        .values(state=after, **values)
        .execution_options(synchronize_session=False)
    )


def _are_refused(mailing_ids: Collection[int]) -> list[ColumnElement[bool]]:
    by_policy = exists().where(
        EmailEvent.email_id == Email.id,
        EmailEvent.state == EmailState.FAILED,
        EmailEvent.enhanced.like("5.7.%"),
    )
    return [Email.mailing_id.in_(mailing_ids), Email.state == EmailState.FAILED, by_policy]


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name


@cache
def _statements(dialect: str) -> dict[str, Any]:
    """The two inserts of the signing path, built once a dialect."""
    insert = (postgresql if dialect == "postgresql" else sqlite).insert
    mailings, emails = Mailing.__table__, Email.__table__
    return {
        "mailing": insert(mailings).on_conflict_do_nothing().returning(mailings.c.id),
        "email": insert(emails)
        .from_select(WRITTEN, _unless_archived())
        .on_conflict_do_nothing()
        .returning(emails.c.id),
    }


def _unless_archived() -> Select[Any]:
    """The row, or none where its key stands in the archive."""
    row = [bindparam(name, type_=Email.__table__.c[name].type) for name in WRITTEN]
    archived = exists().where(ArchivedEmail.key == bindparam("key"))
    return select(*row).where(~archived)
