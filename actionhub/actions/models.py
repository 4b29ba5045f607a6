"""Actions, whom they address, the exact words that were signed, and the releases they answer."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint
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
    letter_topic: Mapped[str] = mapped_column(String(60), default="", server_default="")  # CWC's
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
    # Of a letter: what stands above it, how it begins unless its writer begins otherwise, and what
    # it says: to most, and to those who support the cause already. Merge fields: see merging.
    letter_subject: Mapped[str] = mapped_column(String(200), default="", server_default="")
    letter_opening: Mapped[str] = mapped_column(Text, default="", server_default="")
    letter_body: Mapped[str] = mapped_column(Text, default="", server_default="")
    letter_thanks: Mapped[str] = mapped_column(Text, default="", server_default="")
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
    LIST = "list"  # people of a list that an organizer brought in


class Target(Model):
    """Whom an action addresses: in words for people, and the rule that tells who that is."""

    __tablename__ = "targets"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("actions.id", ondelete="CASCADE"), index=True)
    kind: Mapped[TargetKind] = mapped_column(text_enum(TargetKind))
    # Of a committee its code, of a party its name, of a list its number.
    detail: Mapped[str | None] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(200))
    office: Mapped[str] = mapped_column(String(200), default="")


class TargetList(Model):
    """A list of people and offices that an organizer brought in, for any number of actions."""

    __tablename__ = "target_lists"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("organizers.id"))
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)

    people: Mapped[list[ListedPerson]] = relationship(
        order_by="ListedPerson.position", cascade="all, delete-orphan"
    )


class ListedPerson(Model):
    """Somebody on a list. Ids are never used again: letters name them."""

    __tablename__ = "listed_people"
    __table_args__ = (
        UniqueConstraint("list_id", "name", "office"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("target_lists.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(200))
    office: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str | None] = mapped_column(String(320))
    postal_address: Mapped[str] = mapped_column(Text, default="")
    locale: Mapped[str] = mapped_column(String(8))  # that they read; empty: any
    fields: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # merge fields of their own


class OfficeContact(Model):
    """How an office that no data set tells of can be written to, as an organizer found out."""

    __tablename__ = "office_contacts"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)  # of an addressee
    email: Mapped[str | None] = mapped_column(String(320))
    postal_address: Mapped[str] = mapped_column(Text, default="")
    per_hour: Mapped[int | None] = mapped_column(Integer)  # letters by email; None: as all
    updated_by: Mapped[int | None] = mapped_column(ForeignKey("organizers.id"))
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)


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
