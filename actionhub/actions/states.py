"""When an action is open, whatever the beat has got round to, and what may follow what."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, or_

from actionhub.actions.models import Action, ActionState
from actionhub.errors import ActionHubError


class ActionClosed(ActionHubError):
    """The action takes no signatures: it is closed, or not open yet."""

    status = 410

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or _("This action is closed. Thank you for standing with us."))


class NotReady(ActionHubError):
    """The action cannot be published as it stands; `problems` has a sentence for each field."""

    status = 422

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems


class WrongTurn(ActionHubError):
    """The action is in a state from which this step does not go."""

    status = 409


#: How each state is called before people.
STATE_NAMES = {
    ActionState.DRAFT: _l("draft"),
    ActionState.SCHEDULED: _l("scheduled"),
    ActionState.OPEN: _l("open"),
    ActionState.CLOSED: _l("closed"),
}


def effective_state(
    state: ActionState, opens_at: datetime | None, closes_at: datetime | None, at: datetime
) -> ActionState:
    """The state as of `at`, by the action's own times: `turn()` may not have run yet."""
    if state is ActionState.SCHEDULED and opens_at is not None and opens_at <= at:
        state = ActionState.OPEN
    if state is ActionState.OPEN and closes_at is not None and closes_at <= at:
        state = ActionState.CLOSED
    return state


def state_of(action: Action, at: datetime) -> ActionState:
    return effective_state(action.state, action.opens_at, action.closes_at, at)


def is_open(at: datetime) -> ColumnElement[bool]:
    """The same for a query: actions that take signatures as of `at`."""
    return and_(
        or_(
            Action.state == ActionState.OPEN,
            and_(Action.state == ActionState.SCHEDULED, Action.opens_at <= at),
        ),
        or_(Action.closes_at.is_(None), Action.closes_at > at),
    )


def was_opened(at: datetime) -> ColumnElement[bool]:
    """For a query: actions that the public may see as of `at`, open or closed."""
    return and_(
        or_(
            Action.state.in_([ActionState.OPEN, ActionState.CLOSED]),
            and_(Action.state == ActionState.SCHEDULED, Action.opens_at <= at),
        ),
        Action.text_number > 0,
    )
