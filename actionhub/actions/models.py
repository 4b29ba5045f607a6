"""Actions, whom they address, the exact words that were signed, and the releases they answer."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from actionhub.database import Id, Model, UTCDateTime, text_enum


class ActionKind(StrEnum):
    PETITION = "petition"
    LETTER = "letter"


class ActionState(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSED = "closed"


class Action(Model):
    """The call to action that organizers publish; its words live in versions of its text."""

    __tablename__ = "actions"
    __table_args__ = (Index("ix_actions_state", "state", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[ActionKind] = mapped_column(text_enum(ActionKind))
    state: Mapped[ActionState] = mapped_column(text_enum(ActionState))
    goal: Mapped[int] = mapped_column(Integer)  # the first rung; it raises itself from there
    allows_shared_addresses: Mapped[bool] = mapped_column(Boolean, default=True)
    opens_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closes_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    text_number: Mapped[int] = mapped_column(Integer, default=0)  # the version shown; 0: none yet
    created_by: Mapped[int | None] = mapped_column(ForeignKey("organizers.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)

    texts: Mapped[list[ActionText]] = relationship(
        back_populates="action", order_by="ActionText.number", cascade="all, delete-orphan"
    )
    targets: Mapped[list[Target]] = relationship(order_by="Target.id", cascade="all, delete-orphan")


class ActionText(Model):
    """One version of the words in one language. Published ones never change.

    Version 0 is the draft being written; publishing copies it to the next number.
    """

    __tablename__ = "action_texts"
    __table_args__ = (UniqueConstraint("action_id", "number", "locale"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("actions.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    locale: Mapped[str] = mapped_column(String(8))
    title: Mapped[str] = mapped_column(String(200))
    ask: Mapped[str] = mapped_column(String(300))  # one sentence
    body_markdown: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str] = mapped_column(Text)  # rendered and sanitised
    material: Mapped[bool] = mapped_column(Boolean, default=False)  # asks earlier signers again
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    published_by: Mapped[int | None] = mapped_column(ForeignKey("organizers.id"))

    action: Mapped[Action] = relationship(back_populates="texts")


class TargetKind(StrEnum):
    NAMED = "named"  # a person or body, by name
    SENATORS = "senators"  # the others are rules: those who represent a supporter
    HOUSE = "house"
    DELEGATION = "delegation"
    COMMITTEE = "committee"
    PARTY = "party"


class Target(Model):
    """Whom an action addresses: in words for people, and the rule that tells who that is."""

    __tablename__ = "targets"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("actions.id", ondelete="CASCADE"), index=True)
    kind: Mapped[TargetKind] = mapped_column(text_enum(TargetKind))
    # Of a committee its code, of a party its name.
    detail: Mapped[str | None] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(200))
    office: Mapped[str] = mapped_column(String(200), default="")


class ActionRelease(Model):
    """Ties a press release to an action."""

    __tablename__ = "action_releases"

    action_id: Mapped[int] = mapped_column(
        ForeignKey("actions.id", ondelete="CASCADE"), primary_key=True
    )
    release_id: Mapped[int] = mapped_column(
        ForeignKey("press_releases.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    tied_at: Mapped[datetime] = mapped_column(UTCDateTime)
