"""Forms that are sent twice, and pages that two people edit at once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import TypeVar

from flask_babel import gettext as _
from wtforms import HiddenField
from wtforms.validators import Length

from actionhub import limits
from actionhub.database import Model, db
from actionhub.errors import NotFound
from actionhub.organize.forms import Form

Row = TypeVar("Row", bound=Model)

#: As long as the clean-up keeps a bucket that nobody touches.
_TWO_DAYS = limits.Rate(1, 2 * 86400)


class OnceForm(Form):
    """A form that makes something: its second sending makes no second thing."""

    once = HiddenField(validators=[Length(min=16, max=64)], default=lambda: secrets.token_hex(16))

    def is_first(self) -> bool:
        """Whether this very form was not carried out in the last two days; decided in the
        caller's transaction."""
        return limits.take(f"once:{self.once.data}", _TWO_DAYS)


class SeenForm(Form):
    """A form that changes something: it remembers which state of it was shown."""

    seen = HiddenField(validators=[Length(max=64)])

    def show(self, state: datetime | str) -> None:
        """Bind the form to the state that is shown with it: a time of change, or the words."""
        self.seen.data = _stamp(state)

    def is_current(self, state: datetime | str) -> bool:
        """Whether nobody changed the thing since the form was shown."""
        return bool(self.seen.data == _stamp(state))


def _stamp(state: datetime | str) -> str:
    text = state if isinstance(state, str) else state.isoformat()
    return hashlib.sha256(text.encode()).hexdigest()


def locked(model: type[Row], row_id: int) -> Row:
    """The row, locked until the commit, so that a check of it still holds. Raises NotFound."""
    row = db.session.get(model, row_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(_("It is not there any more."))
    return row


def found(model: type[Row], row_id: int) -> Row:
    """The row with this id. Raises NotFound."""
    row = db.session.get(model, row_id)
    if row is None:
        raise NotFound(_("It is not there any more."))
    return row
