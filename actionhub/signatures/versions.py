"""Which words were signed, and who signed them before they changed in substance."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from actionhub.actions.models import ActionText
from actionhub.database import db
from actionhub.signatures.models import Signature, SignatureState


def material_since(action_id: int, signed_text_id: int, shown_number: int) -> int | None:
    """The number of the last material version after the signed one, up to the shown one, or None.

    A signature holds to the words it was given under. Where they changed in substance its owner
    may sign the new ones: that is a signature of its own, and once it is confirmed the earlier
    one is withdrawn (reason `superseded`), so that one person never counts twice.
    """
    signed = aliased(ActionText)
    return db.session.scalar(
        select(func.max(ActionText.number))
        .join(signed, signed.id == signed_text_id)
        .where(
            ActionText.action_id == action_id,
            ActionText.material,
            ActionText.number > signed.number,
            ActionText.number <= shown_number,
        )
    )


def signed_earlier_words(action_id: int) -> int:
    """How many confirmed signatures stand under words that have since changed in substance.

    These are the people whom a follow-up should ask again.
    """
    last_material = (
        select(func.coalesce(func.max(ActionText.number), 0))
        .where(ActionText.action_id == action_id, ActionText.material)
        .scalar_subquery()
    )
    count = db.session.scalar(
        select(func.count())
        .select_from(Signature)
        .join(ActionText, ActionText.id == Signature.text_id)
        .where(
            Signature.action_id == action_id,
            Signature.state == SignatureState.CONFIRMED,
            ActionText.number < last_material,
        )
    )
    return count or 0
