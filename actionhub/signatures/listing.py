"""What the public may see of signatures: the names of those who agreed to that, and no others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from actionhub.database import db
from actionhub.signatures.emails import place_of
from actionhub.signatures.models import NameDisplay, Signature, SignatureState


@dataclass(frozen=True)
class PublicName:
    """A confirmed signer whose name everybody may see. `country` is two letters."""

    name: str
    country: str
    confirmed_at: datetime


@dataclass(frozen=True)
class PublicComment:
    """What such a signer wrote."""

    name: str
    comment: str
    place: str  # a country's name in the reader's language; no ZIP
    confirmed_at: datetime


def public_names(action_id: int, limit: int = 20) -> tuple[PublicName, ...]:
    """The latest names that everybody may see. Protected names stand nowhere."""
    found = db.session.execute(_public(action_id, Signature.name, Signature.country).limit(limit))
    return tuple(PublicName(row.name, row.country, row.confirmed_at) for row in found)


def comments(action_id: int, limit: int = 20, locale: str = "en") -> tuple[PublicComment, ...]:
    """The latest comments of signers whose name everybody may see."""
    columns = (Signature.name, Signature.comment, Signature.country)
    written = _public(action_id, *columns).where(Signature.comment.is_not(None)).limit(limit)
    return tuple(
        PublicComment(row.name, row.comment, place_of(None, row.country, locale), row.confirmed_at)
        for row in db.session.execute(written)
    )


def _public(action_id: int, *columns: Any) -> Select[Any]:
    return (
        select(*columns, Signature.confirmed_at)
        .where(
            Signature.action_id == action_id,
            Signature.state == SignatureState.CONFIRMED,
            Signature.display == NameDisplay.PUBLIC,
            Signature.name.is_not(None),
        )
        .order_by(Signature.confirmed_at.desc(), Signature.id.desc())
    )
