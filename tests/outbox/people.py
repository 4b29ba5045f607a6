"""Emails ready to be sent, and what became of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from actionhub import clock
from actionhub.addresses import address_hash
from actionhub.extensions import db
from actionhub.outbox import queue, sweeping
from actionhub.outbox.durations import DURATIONS
from actionhub.outbox.models import Email, EmailEvent, EmailState, Priority, Scope
from actionhub.outbox.sweeping import Swept
from tests.outbox.samples import SAMPLES

SCOPES = {
    "followup": (Scope.FOLLOWUPS, Priority.FOLLOWUP, False),
    "followup_test": (Scope.STAFF, Priority.URGENT, False),
    "login_link": (Scope.STAFF, Priority.URGENT, True),
    "password_reset": (Scope.STAFF, Priority.URGENT, True),
    "thanks": (Scope.SIGNING, Priority.THANKS, True),
    "remind": (Scope.SIGNING, Priority.THANKS, True),
}


def a_mailing(template: str = "me", locale: str = "en", **changes: Any) -> int:
    scope, priority, automatic = SCOPES.get(template, (Scope.SIGNING, Priority.URGENT, True))
    given: dict[str, Any] = {
        "template": template,
        "locale": locale,
        "priority": priority,
        "scope": scope,
        "content": SAMPLES[template][0],
        "automatic": automatic,
    }
    return queue.ensure_mailing(f"{template}:{locale}", **(given | changes))


def write_to(address: str, template: str = "me", key: str | None = None, **changes: Any) -> int:
    """Queue and commit one email; its id."""
    fields = SAMPLES[template][1] | changes.pop("fields", {})
    priority = changes.pop("priority", None)
    mailing = a_mailing(template, **changes)
    if priority is None:
        priority = SCOPES.get(template, (None, Priority.URGENT))[1]
    key = key or f"{template}:{address}"
    queue.enqueue(
        mailing,
        key=key,
        address=address,
        address_hash=address_hash(address),
        fields=fields,
        priority=priority,
    )
    db.session.commit()
    number = db.session.execute(select(Email.id).where(Email.key == key)).scalar_one()
    db.session.commit()
    return number


def row_of(number: int) -> Any:
    """The row as it is in the database now."""
    db.session.rollback()
    found = db.session.execute(select(Email.__table__).where(Email.id == number)).one()
    db.session.rollback()
    return found


def state_of(number: int) -> EmailState:
    db.session.rollback()
    found = db.session.execute(select(Email.state).where(Email.id == number)).scalar_one()
    db.session.rollback()
    return found


def events_of(number: int) -> list[tuple[str, int | None, str | None]]:
    db.session.rollback()
    rows = db.session.execute(
        select(EmailEvent.state, EmailEvent.code, EmailEvent.enhanced)
        .where(EmailEvent.email_id == number)
        .order_by(EmailEvent.id)
    ).all()
    db.session.rollback()
    return [(state.value, code, enhanced) for state, code, enhanced in rows]


def sweep_after_the_lease() -> Swept:
    """What a sweeper takes back that saw all beats stand still for the lease."""
    sweeping.sweep(db.engine)
    with clock.let_pass(DURATIONS.lease.total_seconds() + 1):
        return sweeping.sweep(db.engine)
