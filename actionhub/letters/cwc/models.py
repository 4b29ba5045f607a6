"""What a CWC letter needs beside its letter: its number for good, and a street for a while."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from actionhub.database import Id, Model, UTCDateTime


class CwcLetter(Model):
    """A letter that goes by CWC. Prefix, names and street go when it is accepted or over."""

    __tablename__ = "cwc_letters"
    __table_args__ = (Index("ix_cwc_letters_next_at", "next_at"),)

    letter_id: Mapped[int] = mapped_column(
        Id, ForeignKey("letters.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    delivery_id: Mapped[str] = mapped_column(String(32), unique=True)  # told again with each try
    office: Mapped[str] = mapped_column(String(8))
    prefix: Mapped[str | None] = mapped_column(String(8))
    first_name: Mapped[str | None] = mapped_column(String(200))
    last_name: Mapped[str | None] = mapped_column(String(200))
    street: Mapped[str | None] = mapped_column(String(100))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    problem: Mapped[str | None] = mapped_column(String(150))  # of the last try: no words of it
    written_at: Mapped[datetime] = mapped_column(UTCDateTime)
    next_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # None: it is over
    leased_until: Mapped[datetime | None] = mapped_column(UTCDateTime)  # while somebody posts it
