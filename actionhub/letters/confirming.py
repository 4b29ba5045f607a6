"""Confirming a signature and, under a letter action, writing its letters: one transaction."""

from __future__ import annotations

from sqlalchemy import select

from actionhub.actions.models import Action, ActionKind
from actionhub.database import db
from actionhub.letters import stopping, writing
from actionhub.letters.cwc.documents import Sender
from actionhub.signatures import confirming
from actionhub.signatures.confirming import SUPERSEDED, Confirmed
from actionhub.signatures.models import Signature


def confirm(token: str, sender: Sender | None = None) -> Confirmed:
    """Make a signature count, and under a letter action write its letters. In one transaction.

    Letters of an earlier one that it takes the place of are stopped, if they have not gone.
    `sender`: what its writer told for the ways that need a street. Raises what
    `signatures.confirming.confirm` raises.
    """
    confirmed = confirming.confirm(token)
    action = db.session.get_one(Action, confirmed.action_id)
    if confirmed.first_time and action.kind is ActionKind.LETTER:
        stopping.stop(_superseded_by(confirmed))
        writing.write_letters(confirmed.signature_id, sender)
    return confirmed


def _superseded_by(confirmed: Confirmed) -> list[int]:
    """The earlier signatures of this signer under this action."""
    found = select(Signature.id).where(
        Signature.supporter_id == confirmed.supporter_id,
        Signature.action_id == confirmed.action_id,
        Signature.state_reason == SUPERSEDED,
    )
    return list(db.session.scalars(found))
