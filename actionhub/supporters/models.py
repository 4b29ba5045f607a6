"""Supporters, their subscriptions, and the consent wordings they were shown."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from actionhub.database import Id, Model, UTCDateTime, text_enum


class Supporter(Model):
    """One canonical email address; `address` is where mail goes, as first typed.

    All are None once erased: the suppression alone keeps the hash. Ids are never used again, so
    that a mailed link can never come to open another person's page.
    """

    __tablename__ = "supporters"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    canonical: Mapped[str | None] = mapped_column(String(320), unique=True)
    address: Mapped[str | None] = mapped_column(String(320))
    address_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    locale: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class ConsentWording(Model):
    """The exact sentence beside the box that was ticked."""

    __tablename__ = "consent_wordings"
    __table_args__ = (UniqueConstraint("digest"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))  # SHA-256 of locale and text
    locale: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class SubscriptionState(StrEnum):
    LIVE = "live"
    LEFT = "left"


class Subscription(Model):
    """Whether a supporter hears more. A live one makes a member."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        UniqueConstraint("supporter_id"),
        Index("ix_subscriptions_state", "state", "supporter_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    supporter_id: Mapped[int] = mapped_column(ForeignKey("supporters.id", ondelete="CASCADE"))
    state: Mapped[SubscriptionState] = mapped_column(text_enum(SubscriptionState))
    wording_id: Mapped[int | None] = mapped_column(ForeignKey("consent_wordings.id"))
    agreed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
