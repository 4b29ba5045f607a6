"""The ids of mailings that this process has seen committed, so that signing asks for none twice."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

_PENDING = "actionhub.new_mailings"
_ENOUGH = 4096

_ids: dict[tuple[int, str], int] = {}


def mailing_id(session: Session, key: str) -> int | None:
    """The id under that key, if made in this transaction or seen committed before."""
    pending: dict[str, int] = session.info.get(_PENDING, {})
    return pending.get(key) or _ids.get((_database(session), key))


def made(session: Session, key: str, mailing_id: int) -> None:
    """Note one made in this transaction: known to others only after its commit."""
    session.info.setdefault(_PENDING, {})[key] = mailing_id


def seen(session: Session, key: str, mailing_id: int) -> None:
    """Note one that another transaction had committed."""
    if len(_ids) >= _ENOUGH:
        _ids.clear()
    _ids[_database(session), key] = mailing_id


def forget() -> None:
    """Know nothing any more: the database was emptied or restored."""
    _ids.clear()


def _database(session: Session) -> int:
    return id(session.get_bind())


@event.listens_for(Session, "after_commit")
def _keep_committed(session: Session) -> None:
    for key, number in session.info.pop(_PENDING, {}).items():
        seen(session, key, number)


@event.listens_for(Session, "after_soft_rollback")
def _drop_rolled_back(session: Session, previous: Any) -> None:
    if previous.parent is None:
        session.info.pop(_PENDING, None)
