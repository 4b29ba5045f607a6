"""Deliveries, the volumes of their lists, which signatures stand in them, and offices' wishes."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from actionhub.database import Id, Model, UTCDateTime, text_enum


class DeliveryState(StrEnum):
    MAKING = "making"
    READY = "ready"


class Rhythm(StrEnum):
    ONCE = "once"
    DAILY = "daily"
    WEEKLY = "weekly"
    THRESHOLDS = "thresholds"  # at round numbers of signatures


class Format(StrEnum):
    """What an office gets a link to."""

    CSV = "csv"
    PDF = "pdf"
    BOTH = "both"
    COUNTS = "counts"  # the figures alone, no names


class Delivery(Model):
    """One handing of an action's signatures to one addressee: the list as it stood then.

    `public_id` opens what anyone can verify. The manifest is the very text that was signed.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        Index("ix_deliveries_action_id", "action_id", "id"),
        Index("ix_deliveries_state", "state", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(24), unique=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("actions.id"))
    addressee_key: Mapped[str] = mapped_column(String(40))
    addressee: Mapped[dict[str, Any]] = mapped_column(JSON)  # as they were then
    wish_id: Mapped[int | None] = mapped_column(ForeignKey("delivery_wishes.id"))
    state: Mapped[DeliveryState] = mapped_column(text_enum(DeliveryState))
    cursor: Mapped[int] = mapped_column(BigInteger, default=0)  # the last signature taken in
    lines: Mapped[int] = mapped_column(Integer, default=0)
    as_of_at: Mapped[datetime] = mapped_column(UTCDateTime)
    manifest: Mapped[str | None] = mapped_column(Text)  # canonical JSON, once ready
    signature: Mapped[str | None] = mapped_column(String(88))  # of the manifest, base64
    made_by: Mapped[int | None] = mapped_column(ForeignKey("organizers.id"))
    made_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    mailed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # its email was queued
    #: Taken to its office, or its email accepted there.
    handed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    marked: Mapped[bool] = mapped_column(Boolean, default=False)  # its signatures know it
    #: Its office asked for it: it is mailed though the office has paused what comes by itself.
    asked_anew: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    emptied_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # its list is kept no more


class DeliveryVolume(Model):
    """Up to 5,000 lines of a delivery's list, as the bytes of its CSV, compressed.

    `tally` is what these very lines add up to; None: they must be written (again).
    """

    __tablename__ = "delivery_volumes"

    delivery_id: Mapped[int] = mapped_column(
        ForeignKey("deliveries.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    first_line: Mapped[int] = mapped_column(Integer)
    last_line: Mapped[int] = mapped_column(Integer)
    packed: Mapped[bytes] = mapped_column(LargeBinary)
    tally: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class DeliveredSignature(Model):
    """Which line of a delivery's list a signature is.

    `nameless`: its signer was erased before; it counts, and has no name to take back.
    """

    __tablename__ = "delivered_signatures"
    __table_args__ = (Index("ix_delivered_signatures_signature_id", "signature_id"),)

    delivery_id: Mapped[int] = mapped_column(
        ForeignKey("deliveries.id", ondelete="CASCADE"), primary_key=True
    )
    line: Mapped[int] = mapped_column(Integer, primary_key=True)
    signature_id: Mapped[int] = mapped_column(BigInteger)
    nameless: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())


class DeliveryWish(Model):
    """How often an addressee gets an action's deliveries by email, and in which format."""

    __tablename__ = "delivery_wishes"
    __table_args__ = (UniqueConstraint("action_id", "addressee_key"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("actions.id"))
    addressee_key: Mapped[str] = mapped_column(String(40))
    addressee: Mapped[dict[str, Any]] = mapped_column(JSON)
    email: Mapped[str] = mapped_column(String(320))
    rhythm: Mapped[Rhythm] = mapped_column(text_enum(Rhythm))
    format: Mapped[Format] = mapped_column(text_enum(Format))
    paused: Mapped[bool] = mapped_column(Boolean, default=False)
    #: The marks of the mailboxes before this one that had paused.
    paused_readers: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    #: Its office has chosen rhythm and format itself.
    chosen: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # by an organizer
    last_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # of the last delivery
    last_lines: Mapped[int] = mapped_column(Integer, default=0)  # that it held
    created_by: Mapped[int | None] = mapped_column(ForeignKey("organizers.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
