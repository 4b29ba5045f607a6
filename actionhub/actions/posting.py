"""What a posted signature needs to know of its action, found fast: the hot path begins here."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import and_, bindparam, event, select
from sqlalchemy.orm import Session

from actionhub import clock
from actionhub.actions.models import Action, ActionKind, ActionState, ActionText
from actionhub.actions.states import effective_state
from actionhub.config import LOCALES
from actionhub.database import db
from actionhub.errors import NotFound

#: Seconds for which a process may go on with what it knew of an action; sign() looks again.
TARGET_SECONDS = 1.0


@dataclass(frozen=True)
class SigningTarget:
    """What a posting needs to know of its action. `state` is as of the call."""

    action_id: int
    text_id: int
    locale: str
    kind: ActionKind
    state: ActionState
    allows_shared_addresses: bool
    opens_at: datetime | None
    closes_at: datetime | None


def signing_target(slug: str, locale: str) -> SigningTarget:
    """What the signing form posts to: one query, or what this process knew within a second.

    Raises NotFound. Check `state`; sign() checks again in its transaction.
    """
    key = (id(db.engine), slug, locale)
    known = _targets.get(key)
    if known is None or known[0] < time.monotonic():
        target = _look_up_target(slug, locale)
        _targets[key] = (time.monotonic() + TARGET_SECONDS, target)
    else:
        target = known[1]
    at = clock.now()
    state = effective_state(target.state, target.opens_at, target.closes_at, at)
    if state is ActionState.SCHEDULED:
        raise NotFound(_("There is no action at this address."))
    return target if state is target.state else replace(target, state=state)


def forget_targets() -> None:
    """Forget what this process knows of actions; the next posting looks."""
    _targets.clear()


def forget_targets_on_commit() -> None:
    """The same, once the current transaction has committed."""
    db.session().info[_CHANGED] = True


_CHANGED = "actionhub.actions.changed"
_targets: dict[tuple[int, str, str], tuple[float, SigningTarget]] = {}

#: The words in the wanted language first, then in English, then in any other.
_TARGET = (
    select(
        Action.id,
        ActionText.id.label("text_id"),
        ActionText.locale,
        Action.kind,
        Action.state,
        Action.allows_shared_addresses,
        Action.opens_at,
        Action.closes_at,
    )
    .join(
        ActionText,
        and_(ActionText.action_id == Action.id, ActionText.number == Action.text_number),
    )
    .where(
        Action.slug == bindparam("slug"),
        Action.text_number > 0,
        Action.state != ActionState.DRAFT,
    )
    .order_by(
        (ActionText.locale == bindparam("locale")).desc(),
        (ActionText.locale == LOCALES[0]).desc(),
    )
    .limit(1)
)


def _look_up_target(slug: str, locale: str) -> SigningTarget:
    row = db.session.execute(_TARGET, {"slug": slug, "locale": locale}).one_or_none()
    if row is None:
        raise NotFound(_("There is no action at this address."))
    return SigningTarget(*row)


@event.listens_for(Session, "after_commit")
def _forget_changed(session: Session) -> None:
    if session.info.pop(_CHANGED, False):
        forget_targets()
