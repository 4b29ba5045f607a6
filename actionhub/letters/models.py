"""Letters: one for each addressee of a confirmed signature."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from actionhub.database import Id, Model, UTCDateTime, text_enum


class LetterState(StrEnum):
    WAITING = "waiting"  # for its office's hour or, by a way that is their own, for its writer
    QUEUED = "queued"  # handed to the outbox
    ACCEPTED = "accepted"  # by the office's server, or sent by its writer, as they told us
    FAILED = "failed"  # the office's server refused it: other ways stay open to its writer
    HELD = "held"  # nobody can tell whether it arrived: a person looks
    CANCELLED = "cancelled"  # its signature was withdrawn before it went


class ChannelName(StrEnum):
    """The ways by which a letter goes; the first that its addressee has is taken."""

    EMAIL = "email"
    CWC = "cwc"  # Communicating with Congress, the chambers' own system
    FORM = "form"  # the office's own contact form, by the writer's hand
    PHONE = "phone"
    PRINT = "print"


class Letter(Model):
    """What one confirmed signature sends to one addressee; goes once."""

    __tablename__ = "letters"
    __table_args__ = (
        UniqueConstraint("signature_id", "addressee_key"),
        Index("ix_letters_state_channel", "state", "channel", "id"),
        Index("ix_letters_addressee_key", "addressee_key", "queued_at"),
        Index("ix_letters_action_id", "action_id", "state"),
        {"sqlite_autoincrement": True},  # an erased letter's number, and its email's key, stay its
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    signature_id: Mapped[int] = mapped_column(ForeignKey("signatures.id", ondelete="CASCADE"))
    action_id: Mapped[int] = mapped_column(ForeignKey("actions.id"))
    addressee_key: Mapped[str] = mapped_column(String(40))
    addressee: Mapped[dict[str, Any]] = mapped_column(JSON)  # as they were when it was written
    channel: Mapped[ChannelName] = mapped_column(text_enum(ChannelName))
    thanks: Mapped[bool] = mapped_column(Boolean)  # for what they do already, instead of the ask
    own_words: Mapped[int] = mapped_column(Integer)  # of its writer
    words: Mapped[int] = mapped_column(Integer)  # in all
    state: Mapped[LetterState] = mapped_column(text_enum(LetterState))
    reason: Mapped[str | None] = mapped_column(String(200))  # why it failed or is held
    #: Its words and place as they went, once its signature was withdrawn: that may be signed anew.
    went: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    queued_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # accepted, failed, cancelled
