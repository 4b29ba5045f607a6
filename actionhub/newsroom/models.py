"""Press releases and the feeds they come from."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Boolean, Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from actionhub.database import Id, Model, UTCDateTime, text_enum


class ReleaseKind(StrEnum):
    PRESS_RELEASE = "press_release"
    STATEMENT = "statement"
    REPORT = "report"


class Feed(Model):
    """A source that beat refreshes, and how its last reading went."""

    __tablename__ = "feeds"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    address: Mapped[str] = mapped_column(String(2000), unique=True)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    etag: Mapped[str | None] = mapped_column(String(300))
    last_modified: Mapped[str | None] = mapped_column(String(100))
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    result: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class PressRelease(Model):
    """An item of the newsroom. `identity` is the feed's id, else the address, else date and title.

    `edited_fields` were changed by an organizer: a refresh keeps them and files what the source
    now says under `upstream`.
    """

    __tablename__ = "press_releases"
    __table_args__ = (Index("ix_press_releases_latest", "released_on", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    identity: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256 of the identity
    kind: Mapped[ReleaseKind] = mapped_column(text_enum(ReleaseKind))
    title: Mapped[str] = mapped_column(String(500))
    released_on: Mapped[date] = mapped_column(Date)
    body_html: Mapped[str] = mapped_column(Text)  # sanitised
    summary: Mapped[str] = mapped_column(Text, default="")  # plain text
    source_url: Mapped[str | None] = mapped_column(String(2000))
    locale: Mapped[str] = mapped_column(String(8), default="en")
    feed_id: Mapped[int | None] = mapped_column(ForeignKey("feeds.id"))
    visible: Mapped[bool] = mapped_column(Boolean, default=True)
    edited_fields: Mapped[list[str]] = mapped_column(JSON, default=list)
    upstream: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)
