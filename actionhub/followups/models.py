"""Follow-ups and how far they got."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from actionhub.database import Id, Model, UTCDateTime, text_enum


class FollowUpState(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENDING = "sending"  # its emails are being queued or sent
    PAUSED = "paused"
    SENT = "sent"  # every email of it is queued and ended
    CANCELLED = "cancelled"


class FollowUp(Model):
    """An organizer's email to an action's members.

    `cursor` is the last supporter queued, so that queueing goes on where it stopped. One with a
    `release_id` was drafted because that release was tied to the action; it waits for an organizer.
    """

    __tablename__ = "follow_ups"
    __table_args__ = (
        UniqueConstraint("action_id", "release_id"),
        Index("ix_follow_ups_state", "state", "starts_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("actions.id"))
    release_id: Mapped[int | None] = mapped_column(ForeignKey("press_releases.id"))
    state: Mapped[FollowUpState] = mapped_column(text_enum(FollowUpState))
    subject: Mapped[str] = mapped_column(String(200), default="")
    body_markdown: Mapped[str] = mapped_column(Text, default="")
    starts_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    cursor: Mapped[int] = mapped_column(Id, default=0)
    queued: Mapped[int] = mapped_column(Integer, default=0)
    audience_until: Mapped[int | None] = mapped_column(Id)  # the highest supporter id at the start
    created_by: Mapped[int | None] = mapped_column(ForeignKey("organizers.id"))
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("organizers.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
