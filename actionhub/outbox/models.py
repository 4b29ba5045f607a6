"""The outbox's tables: mailings, emails, what happened to them, and who must not be mailed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
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
    refusals: Mapped[int] = mapped_column(Integer, default=0, server_default="0")  # 5.7.x in a row
    paused_because: Mapped[str | None] = mapped_column(String(120))  # None: an organizer paused it
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


def _where(condition: str) -> dict[str, Any]:
    """A partial index on either database."""
    return {"postgresql_where": text(condition), "sqlite_where": text(condition)}


def _only(states: str) -> dict[str, Any]:
    """Finished rows weigh nothing in it."""
    return _where(f"state IN ({states})")


class EmailColumns:
    """What a row of the outbox and of its archive hold alike."""

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailings.id"))
    address: Mapped[str | None] = mapped_column(String(320))  # None once erased
    address_hash: Mapped[str] = mapped_column(String(64), index=True)
    domain: Mapped[str | None] = mapped_column(String(255))  # of the address, in lower case
    fields: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # None once scrubbed
    state: Mapped[EmailState] = mapped_column(text_enum(EmailState))
    priority: Mapped[int] = mapped_column(Integer)  # the mailing's, for the ready index
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)  # of what was put off; else informs only
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    unknowns: Mapped[int] = mapped_column(Integer, default=0)
    owner: Mapped[str | None] = mapped_column(String(80))  # the worker that holds it
    held_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # claimed or marked sending
    message_id: Mapped[str] = mapped_column(String(200))  # random: an index would only cost
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)  # also the message's Date
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Email(EmailColumns, Model):
    """One message to one address. `key` makes it unique: `confirm:{signature}:{n}`."""

    __tablename__ = "emails"
    __table_args__ = (
        Index("ix_emails_ready", "priority", "id", **_only("'ready'")),
        Index("ix_emails_later", "priority", "due_at", "id", **_only("'deferred', 'unknown'")),
        Index("ix_emails_in_hand", "owner", "domain", **_only("'claimed', 'sending'")),
        Index("ix_emails_mailing_state", "mailing_id", "state"),
    )


class ArchivedEmail(EmailColumns, Model):
    """A finished email, out of the way of those that wait; its id and key stay its own."""

    __tablename__ = "email_archive"
    __table_args__ = (
        Index("ix_email_archive_mailing_id", "mailing_id"),
        Index("ix_email_archive_told", "finished_at", **_where("address IS NOT NULL")),
    )


class MailTotal(Model):
    """How many archived emails of a mailing ended in a state."""

    __tablename__ = "mail_totals"

    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailings.id"), primary_key=True)
    state: Mapped[EmailState] = mapped_column(text_enum(EmailState), primary_key=True)
    number: Mapped[int] = mapped_column(Integer)


class EmailEvent(Model):
    """One transition of one email, archived or not, with the server's reply; no personal values.

    A report that came later (`reason` bounced, complained ...) is one, too; the state stays.
    """

    __tablename__ = "email_events"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    email_id: Mapped[int] = mapped_column(Id, index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    state: Mapped[EmailState] = mapped_column(text_enum(EmailState))
    attempt: Mapped[int] = mapped_column(Integer)
    code: Mapped[int | None] = mapped_column(Integer)  # SMTP reply code
    enhanced: Mapped[str | None] = mapped_column(String(12))  # RFC 3463 status
    reason: Mapped[str | None] = mapped_column(Text)


class EmailTally(Model):
    """How many events of a kind fell into a quarter of an hour; folded from `email_events`.

    The events go after a while, the tallies stay: those older than the pictures show as quarter 0.
    """

    __tablename__ = "email_tallies"

    quarter: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    event: Mapped[str] = mapped_column(String(24), primary_key=True)  # a state, or a report's kind
    detail: Mapped[str] = mapped_column(String(40), primary_key=True)  # status or reason, or empty
    number: Mapped[int] = mapped_column(BigInteger)
    last_event_id: Mapped[int] = mapped_column(BigInteger)  # the highest that is counted in


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
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey("organizers.id"))
    lifted_because: Mapped[str | None] = mapped_column(Text)


class Beat(Model):
    """One run of one worker: it goes up while the worker lives. `owner` is what its emails name."""

    __tablename__ = "beats"

    owner: Mapped[str] = mapped_column(String(80), primary_key=True)
    beat: Mapped[int] = mapped_column(Integer)
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)


class BeatObservation(Model):
    """The beat of a worker as last seen to change, by the monotonic clock of one boot of one host.

    Any sweeper on that host goes on with it; a beat of -1 stands for a worker without one.
    """

    __tablename__ = "beat_observations"

    owner: Mapped[str] = mapped_column(String(80), primary_key=True)
    boot_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    beat: Mapped[int] = mapped_column(Integer)
    seen_at_monotonic: Mapped[float] = mapped_column(Float)  # seconds


class Destination(Model):
    """What all workers know of a relay (`relay:host:port`) or a recipient domain (`domain:name`).

    No row: nothing is wrong with it. Times further ahead than the longest wait of their kind come
    from a clock that was set back, and count as past.
    """

    __tablename__ = "destinations"

    key: Mapped[str] = mapped_column(String(300), primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)  # in a row
    closed_until: Mapped[datetime | None] = mapped_column(UTCDateTime)  # breaker, cooling
    slow_until: Mapped[datetime | None] = mapped_column(UTCDateTime)  # few connections at a time
    reason: Mapped[str | None] = mapped_column(String(120))  # our words
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Report(Model):
    """A bounce, complaint or other report that was read; its digest lets none count twice."""

    __tablename__ = "email_reports"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(24))  # bounced, delayed, delivered, complained, left
    source: Mapped[str] = mapped_column(String(24))  # mailbox, or the webhook's provider
    email_id: Mapped[int] = mapped_column(Id, index=True)  # archived or not
    enhanced: Mapped[str | None] = mapped_column(String(12))  # RFC 3463 status
    received_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
