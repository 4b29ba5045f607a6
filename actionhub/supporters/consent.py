"""The exact sentences that people ticked, each kept once."""

from __future__ import annotations

import hashlib

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from actionhub import clock
from actionhub.database import db
from actionhub.supporters.models import ConsentWording


def digest_of(locale: str, text: str) -> str:
    """64 hex digits that stand for one sentence in one language."""
    return hashlib.sha256(f"{locale}\n{text}".encode()).hexdigest()


def wording_id(locale: str, text: str) -> int:
    """The id of this sentence in this language, filed if new."""
    digest = digest_of(locale, text)
    known = select(ConsentWording.id).where(ConsentWording.digest == digest)
    found = db.session.scalar(known)
    if found is None:
        insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert
        fresh = {"digest": digest, "locale": locale, "text": text, "created_at": clock.now()}
        db.session.execute(insert(ConsentWording).values(fresh).on_conflict_do_nothing())
        found = db.session.scalar(known)
    assert found is not None
    return found
