"""Signatures and their counts."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from actionhub.database import Id, Model, UTCDateTime, text_enum


class SignatureState(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    QUARANTINED = "quarantined"
    REMOVED = "removed"


class NameDisplay(StrEnum):
    """Who sees the name: everybody; the target only; neither (counted all the same)."""

    PUBLIC = "public"
    TARGET = "target"
    PROTECTED = "protected"


class DistrictFound(StrEnum):
    """How a signature's district was found: its ZIP lies in one, or its owner chose."""

    ZIP = "zip"
    CHOICE = "choice"
    ADDRESS = "address"


class Signature(Model):
    """One supporter's act under an action.

    Unique by action, supporter and `name_key` (empty where the action takes one per address).
    `posting` numbers the forms posted while pending: a link confirms the one it was mailed for.
    Ids are never used again: mailed links and the keys of emails hold them.
    """

    __tablename__ = "signatures"
    __table_args__ = (
        UniqueConstraint("action_id", "supporter_id", "name_key"),
        Index("ix_signatures_action_state", "action_id", "state", "confirmed_at", "id"),
        Index("ix_signatures_state_created", "state", "created_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("actions.id"))
    text_id: Mapped[int] = mapped_column(ForeignKey("action_texts.id"))
    supporter_id: Mapped[int | None] = mapped_column(ForeignKey("supporters.id"), index=True)
    name_key: Mapped[str] = mapped_column(String(64), default="")
    posting: Mapped[int] = mapped_column(Integer, default=1)
    state: Mapped[SignatureState] = mapped_column(text_enum(SignatureState))
    state_reason: Mapped[str | None] = mapped_column(String(40))  # limit, honeypot, erased ...
    name: Mapped[str | None] = mapped_column(String(200))  # None once erased
    zip: Mapped[str | None] = mapped_column(String(10))
    country: Mapped[str] = mapped_column(String(2))
    town: Mapped[str | None] = mapped_column(String(100))  # of a letter's writer
    us_state: Mapped[str | None] = mapped_column(String(2))  # found with the confirmation
    us_district: Mapped[int | None] = mapped_column(Integer)  # of the House; 0 = at large
    district_found: Mapped[DistrictFound | None] = mapped_column(text_enum(DistrictFound))
    district_as_of: Mapped[date | None] = mapped_column(Date)  # the data set's day
    comment: Mapped[str | None] = mapped_column(Text)
    display: Mapped[NameDisplay] = mapped_column(text_enum(NameDisplay))
    wants_followups: Mapped[bool] = mapped_column(Boolean)
    wording_id: Mapped[int | None] = mapped_column(ForeignKey("consent_wordings.id"))
    consented_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    locale: Mapped[str] = mapped_column(String(8))
    release_id: Mapped[int | None] = mapped_column(
        ForeignKey("press_releases.id", ondelete="SET NULL")
    )
    source: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # utm_*
    network_hash: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    posted_at: Mapped[datetime] = mapped_column(UTCDateTime)  # the last posting
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # withdrawn or removed
    reminded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # first petition delivery


class CountDelta(Model):
    """A change of an action's counts, folded in by one job: no hot row is ever updated."""

    __tablename__ = "count_deltas"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("actions.id", ondelete="CASCADE"))
    confirmed: Mapped[int] = mapped_column(Integer, default=0)
    pending: Mapped[int] = mapped_column(Integer, default=0)
    removed: Mapped[int] = mapped_column(Integer, default=0)


class ActionCount(Model):
    """An action's counts as of a time. `removed` counts withdrawn and removed ones."""

    __tablename__ = "action_counts"

    action_id: Mapped[int] = mapped_column(
        ForeignKey("actions.id", ondelete="CASCADE"), primary_key=True
    )
    confirmed: Mapped[int] = mapped_column(Integer, default=0)
    pending: Mapped[int] = mapped_column(Integer, default=0)
    removed: Mapped[int] = mapped_column(Integer, default=0)
    as_of_at: Mapped[datetime] = mapped_column(UTCDateTime)
