"""The statements that signing runs, built once: writing a signature, finding it, changing it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from actionhub.signatures import emails
from actionhub.signatures.models import Signature, SignatureState
from actionhub.supporters.models import ConsentWording, Supporter

SIGNATURES: Any = Signature.__table__

#: Between the key of a name and the number of a material version that its owner signed anew.
AGAIN = "#"

#: The columns that a form fills and a later one replaces.
WRITTEN = (
    "text_id",
    "name",
    "zip",
    "country",
    "comment",
    "display",
    "wants_followups",
    "consented_at",
    "locale",
    "release_id",
    "source",
    "network_hash",
    "posted_at",
)
_FIXED = ("action_id", "supporter_id", "name_key", "state", "state_reason", "created_at")

#: States of which one address holds only so many under an action.
_LIVE = (SignatureState.PENDING, SignatureState.CONFIRMED)


def wording_of(digest: Any) -> Any:
    """The id of a consent wording by its digest, inside another statement; None if new."""
    return select(ConsentWording.id).where(ConsentWording.digest == digest).scalar_subquery()


def _insert(insert: Any) -> Any:
    """Write a signature unless that name stands there; returns what the next steps need to know.

    `asked`: mails that asked this address to confirm since `since`. `others`: live signatures of
    the same address under the action. Read in the statement that holds the supporter's row
    already, so that two forms at once cannot both see the last mail of the day as free.
    """
    others = SIGNATURES.alias("others")
    household = select(func.count()).where(
        others.c.action_id == bindparam("action_id"),
        others.c.supporter_id == bindparam("supporter_id"),
        others.c.name_key != bindparam("name_key"),
        others.c.state.in_(_LIVE),
    )
    columns: dict[str, Any] = {name: bindparam(name) for name in (*_FIXED, *WRITTEN)}
    return (
        insert(SIGNATURES)
        .values(posting=1, wording_id=wording_of(bindparam("digest")), **columns)
        .on_conflict_do_nothing()
        .returning(
            SIGNATURES.c.id,
            SIGNATURES.c.wording_id,
            emails.asked_lately(bindparam("address_hash"), bindparam("since")).label("asked"),
            household.scalar_subquery().label("others"),
        )
    )


INSERT = {"postgresql": _insert(postgresql.insert), "sqlite": _insert(sqlite.insert)}

#: The newest signature of one name under an action, with its supporter's address.
FIND = (
    select(
        SIGNATURES,
        Supporter.address,
        Supporter.address_hash,
        emails.asked_lately(bindparam("address_hash"), bindparam("since")).label("asked"),
    )
    .join(Supporter, Supporter.id == SIGNATURES.c.supporter_id)
    .where(
        SIGNATURES.c.action_id == bindparam("action_id"),
        SIGNATURES.c.supporter_id == bindparam("supporter_id"),
        or_(
            SIGNATURES.c.name_key == bindparam("name_key"),
            SIGNATURES.c.name_key.like(bindparam("name_key") + AGAIN + "%"),
        ),
    )
    .order_by(SIGNATURES.c.id.desc())
    .limit(1)
)


def change(signature_id: int, **values: Any) -> Any:
    """The statement that changes one signature; its supporter's row is held by the caller."""
    return update(SIGNATURES).where(SIGNATURES.c.id == signature_id).values(**values)
