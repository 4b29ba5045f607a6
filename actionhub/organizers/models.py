"""Organizers, the one-time links that let them in, and the append-only audit of what they did."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from flask_security.core import RoleMixin, UserMixin
from sqlalchemy import JSON, Boolean, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from actionhub.database import Id, Model, UTCDateTime, text_enum


class Role(StrEnum):
    """Each may do all that those before it may."""

    VIEWER = "viewer"
    ORGANIZER = "organizer"
    ADMIN = "admin"

    def covers(self, needed: Role) -> bool:
        """Whether one with this role may do what asks for `needed`."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


class HeldRole(RoleMixin):
    """A role in the shape that Flask-Security asks for; we keep it in one column."""

    permissions = None

    def __init__(self, name: str) -> None:
        self.name = name


class Organizer(Model, UserMixin):
    """A person with a login. `fs_uniquifier` changes to end all of their sessions."""

    __tablename__ = "organizers"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(120), default="")
    password: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[Role] = mapped_column(text_enum(Role))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    entered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # the last login

    @property
    def roles(self) -> list[RoleMixin]:  # type: ignore[override]
        """Every role that this one covers, as Flask-Security asks for them."""
        return [HeldRole(role.value) for role in Role if self.role.covers(role)]

    @property
    def shown_name(self) -> str:
        return self.name or self.email.partition("@")[0]


class LoginLink(Model):
    """A link that logs one organizer in, once."""

    __tablename__ = "login_links"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organizer_id: Mapped[int] = mapped_column(ForeignKey("organizers.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class AuditEvent(Model):
    """Who did what to what, when: ids and field names, never personal values."""

    __tablename__ = "audit_events"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    organizer_id: Mapped[int | None] = mapped_column(ForeignKey("organizers.id"))
    verb: Mapped[str] = mapped_column(String(40))
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int | None] = mapped_column(Integer)
    fields: Mapped[list[str]] = mapped_column(JSON)
