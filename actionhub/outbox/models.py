"""The outbox's tables: mailings, emails, what happened to them, and who must not be mailed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from actionhub.database import Id, Model, UTCDateTime, text_enum


class Priority:
    """Smaller goes first."""

    URGENT = 0  # confirmations, login and password mail
    THANKS = 1
    LETTER = 2
    FOLLOWUP = 3


class Scope(StrEnum):
    """What a suppression stops. An address suppressed for ALL gets nothing at all."""

    ALL = "all"  # bounced, erased: nothing may be sent
    FOLLOWUPS = "followups"  # left: no follow-ups; confirmations and receipts still go
    SIGNING = "signing"  # confirmations, receipts: stopped only by ALL
    STAFF = "staff"  # organizers' own mail


class MailingState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    CANCELLED = "cancelled"


class EmailState(StrEnum):
    """See the one transition table in `outbox/states.py`."""

    READY = "ready"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    UNKNOWN = "unknown"
    HELD = "held"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Mailing(Model):
    """What many emails share. `key` makes it unique: `confirm:{text}:{locale}`."""

    __tablename__ = "mailings"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    template: Mapped[str] = mapped_column(String(60))  # a folder of templates/emails/
    locale: Mapped[str] = mapped_column(String(8))
    priority: Mapped[int] = mapped_column(Integer)
    scope: Mapped[Scope] = mapped_column(text_enum(Scope))
    state: Mapped[MailingState] = mapped_column(text_enum(MailingState))
    automatic: Mapped[bool] = mapped_column(Boolean)  # Auto-Submitted: auto-generated
    content: Mapped[dict[str, Any]] = mapped_column(JSON)  # what the template sees, for all alike
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Email(Model):
    """One message to one address. `key` makes it unique: `confirm:{signature}:{n}`."""

    __tablename__ = "emails"
    __table_args__ = (
        Index("ix_emails_due", "state", "priority", "due_at", "id"),
        Index("ix_emails_mailing_state", "mailing_id", "state"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailings.id"))
    address: Mapped[str | None] = mapped_column(String(320))  # None once erased
    address_hash: Mapped[str] = mapped_column(String(64), index=True)
    fields: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # None once scrubbed
    state: Mapped[EmailState] = mapped_column(text_enum(EmailState))
    priority: Mapped[int] = mapped_column(Integer)  # the mailing's, for the ready index
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    unknowns: Mapped[int] = mapped_column(Integer, default=0)
    owner: Mapped[str | None] = mapped_column(String(80))  # the worker that holds it
    held_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # claimed or marked sending
    message_id: Mapped[str] = mapped_column(String(200))  # random: an index would only cost
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)  # also the message's Date
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class EmailEvent(Model):
    """One transition of one email, with the server's reply code; no personal values."""

    __tablename__ = "email_events"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    email_id: Mapped[int] = mapped_column(ForeignKey("emails.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    state: Mapped[EmailState] = mapped_column(text_enum(EmailState))
    attempt: Mapped[int] = mapped_column(Integer)
    code: Mapped[int | None] = mapped_column(Integer)  # SMTP reply code
    enhanced: Mapped[str | None] = mapped_column(String(12))  # RFC 3463 status
    reason: Mapped[str | None] = mapped_column(Text)


class Suppression(Model):
    """An address that must not be mailed within a scope; lifted, never deleted."""

    __tablename__ = "suppressions"
    __table_args__ = (UniqueConstraint("address_hash", "scope"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    address_hash: Mapped[str] = mapped_column(String(64))
    scope: Mapped[Scope] = mapped_column(text_enum(Scope))
    reason: Mapped[str] = mapped_column(String(40))  # left, bounced, erased, complained
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    lifted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
