"""What addressees did about an action, as organizers recorded it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Date, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from actionhub.database import Id, Model, UTCDateTime, text_enum


class OutcomeKind(StrEnum):
    REPLY = "reply"
    VOTE = "vote"
    COSPONSORSHIP = "cosponsorship"
    STATEMENT = "statement"


class VotePosition(StrEnum):
    YEA = "yea"
    NAY = "nay"
    PRESENT = "present"
    NOT_VOTING = "not_voting"


class Outcome(Model):
    """One thing that one addressee did about an action, on a day.

    Who they were is kept as of then: they may leave their office. A wrong one is struck: it stays
    here and leaves the pages. None is ever changed or deleted.
    """

    __tablename__ = "outcomes"
    __table_args__ = (CheckConstraint("(kind = 'vote') = (position IS NOT NULL)", name="position"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("actions.id"), index=True)
    addressee_key: Mapped[str] = mapped_column(String(40))  # Addressee.key
    title: Mapped[str] = mapped_column(String(60), default="")
    name: Mapped[str] = mapped_column(String(200))
    office: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[str | None] = mapped_column(String(2))  # whose voice they hear; None: everybody's
    district: Mapped[int | None] = mapped_column(Integer)
    kind: Mapped[OutcomeKind] = mapped_column(text_enum(OutcomeKind))
    position: Mapped[VotePosition | None] = mapped_column(text_enum(VotePosition))
    happened_on: Mapped[date] = mapped_column(Date)
    words: Mapped[str] = mapped_column(String(500), default="")  # plain text, public
    words_es: Mapped[str] = mapped_column(String(500), default="")
    source_url: Mapped[str | None] = mapped_column(String(2000))
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("organizers.id"))
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    withdrawn_by: Mapped[int | None] = mapped_column(ForeignKey("organizers.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
