"""The clean-up: what the retention rules say is over goes, a bounded batch at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, exists, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from actionhub import clock, limits, networks
from actionhub.database import db
from actionhub.deliveries import handing
from actionhub.letters import stopping
from actionhub.letters.cwc import keeping
from actionhub.organizers import auditing
from actionhub.organizers.models import LoginLink
from actionhub.outbox import tallying
from actionhub.outbox.models import ArchivedEmail, Email, Report
from actionhub.outbox.states import FINISHED
from actionhub.privacy.erasing import NOBODY
from actionhub.privacy.retention import Kept, days_of
from actionhub.signatures import counts
from actionhub.signatures.models import Signature, SignatureState
from actionhub.supporters.models import Subscription, Supporter

#: Rows that one call takes of each kind: short transactions, whatever has piled up.
BATCH = 500


def clean(limit: int = BATCH) -> dict[str, int]:
    """Clean up to `limit` rows of each kind; how many of each went.

    The caller commits, and calls again while anything went. Safe to run twice at once: rows that
    another clean-up or a signer holds are left for the next time.
    """
    return {str(kept): step(limit) for kept, step in STEPS.items()}


def _signatures(limit: int) -> int:
    """Erase the forms that nobody confirmed, and the supporters who then have nothing.

    Pending ones are counted from the last form, so that no mailed link dies early. What was taken
    back or out before it was confirmed is emptied and stays, as a number. Those kept aside wait
    for an organizer. A supporter's row is held before their signatures are touched;
    `skip_locked` passes over who is signing just now.
    """
    until = _until(Kept.PENDING_SIGNATURES)
    pending = and_(
        Signature.state == SignatureState.PENDING,
        Signature.created_at < until,
        Signature.posted_at < until,
    )
    ended = and_(
        Signature.state.in_((SignatureState.WITHDRAWN, SignatureState.REMOVED)),
        Signature.confirmed_at.is_(None),
        Signature.ended_at < until,
    )
    due = (
        select(Signature.id, Supporter.id.label("owner"))
        .join(Supporter, Supporter.id == Signature.supporter_id)
        .where(or_(pending, ended))
        .order_by(Supporter.id)
        .limit(limit)
        .with_for_update(of=Supporter, skip_locked=True)
    )
    held = db.session.execute(due).all()
    ids = [one.id for one in held]
    stopping.forget(ids)  # what letters of theirs still say
    never = db.session.execute(
        delete(Signature)
        .where(Signature.id.in_(ids), pending)  # looked at anew, now that nobody else can sign
        .returning(Signature.action_id)
        .execution_options(synchronize_session=False)
    ).all()
    for one in never:
        counts.note(one.action_id, SignatureState.PENDING, None)
    emptied = _change(Signature, ids, NOBODY, ended)
    _let_go_of_those_with_nothing({one.owner for one in held})
    return len(never) + emptied


def _let_go_of_those_with_nothing(owners: set[int]) -> None:
    db.session.execute(
        delete(Supporter)
        .where(
            Supporter.id.in_(owners),
            ~exists().where(Signature.supporter_id == Supporter.id),
            ~exists().where(Subscription.supporter_id == Supporter.id),
        )
        .execution_options(synchronize_session=False)
    )


def _networks(limit: int) -> int:
    """Drop old keys, then the hashes that were made with them: they say nothing any more."""
    dropped = networks.drop_old_keys(days_of(Kept.NETWORK_HASHES))
    old = select(Signature.id).where(
        Signature.network_hash.is_not(None), Signature.posted_at < _until(Kept.NETWORK_HASHES)
    )
    return dropped + _change(Signature, _some(old.limit(limit)), {"network_hash": None})


def _email_fields(limit: int) -> int:
    nothing = {"fields": None, "address": None, "domain": None}
    done = 0
    for table in (Email, ArchivedEmail):
        old = select(table.id).where(
            table.state.in_(sorted(FINISHED)),
            table.address.is_not(None),
            table.finished_at < _until(Kept.EMAIL_FIELDS),
        )
        done += _change(table, _some(old.limit(limit - done)), nothing) if done < limit else 0
    return done


def _email_events(limit: int) -> int:
    """What happened to emails, and the reports that told of it."""
    gone = tallying.drop_events(_until(Kept.EMAIL_EVENTS), limit)
    return gone + _delete_older(
        Report, Report.received_at, Kept.EMAIL_EVENTS, limit, key=Report.digest
    )


def _login_links(limit: int) -> int:
    return _delete_older(LoginLink, LoginLink.expires_at, Kept.LOGIN_LINKS, limit)


def _rate_buckets(_limit: int) -> int:
    return limits.forget_full_buckets(timedelta(days=days_of(Kept.RATE_BUCKETS)))


def _delivery_lists(limit: int) -> int:
    return handing.forget_old(limit)


def _letter_streets(limit: int) -> int:
    return keeping.forget_old(limit)


def _audit_events(_limit: int) -> int:
    return auditing.forget_old(days_of(Kept.AUDIT_EVENTS))


STEPS: dict[Kept, Callable[[int], int]] = {
    Kept.PENDING_SIGNATURES: _signatures,
    Kept.DELIVERY_LISTS: _delivery_lists,
    Kept.LETTER_STREETS: _letter_streets,
    Kept.NETWORK_HASHES: _networks,
    Kept.EMAIL_FIELDS: _email_fields,
    Kept.EMAIL_EVENTS: _email_events,
    Kept.LOGIN_LINKS: _login_links,
    Kept.RATE_BUCKETS: _rate_buckets,
    Kept.AUDIT_EVENTS: _audit_events,
}


def _until(kept: Kept) -> datetime:
    return clock.now() - timedelta(days=days_of(kept))


def _delete_older(
    table: Any, at: InstrumentedAttribute[datetime], kept: Kept, limit: int, key: Any = None
) -> int:
    """Delete the oldest rows beyond their time, by their primary key (`id` where none is named)."""
    key = table.id if key is None else key
    old = select(key).where(at < _until(kept)).order_by(at).limit(limit)
    names = list(db.session.scalars(old))
    if not names:
        return 0
    gone = delete(table).where(key.in_(names)).execution_options(synchronize_session=False)
    return int(getattr(db.session.execute(gone), "rowcount", 0))


def _some(chosen: Any) -> list[int]:
    return list(db.session.scalars(chosen.with_for_update(skip_locked=True)))


def _change(table: Any, ids: list[int], values: dict[str, Any], *still: Any) -> int:
    if not ids:
        return 0
    change = update(table).where(table.id.in_(ids), *still).values(values)
    done = db.session.execute(change.execution_options(synchronize_session=False))
    return int(getattr(done, "rowcount", 0))
