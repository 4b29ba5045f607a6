"""Who sits in Congress, where each ZIP area lies, and which data sets say so."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from actionhub.database import Id, Model, UTCDateTime, text_enum


class DataSetKind(StrEnum):
    LEGISLATORS = "legislators"
    DISTRICTS = "districts"
    COMMITTEES = "committees"


class Chamber(StrEnum):
    HOUSE = "house"
    SENATE = "senate"


class DataSet(Model):
    """The data set of a kind that is loaded now; `as_of` is the day it tells of."""

    __tablename__ = "data_sets"

    kind: Mapped[DataSetKind] = mapped_column(text_enum(DataSetKind), primary_key=True)
    as_of: Mapped[date] = mapped_column(Date)
    loaded_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Representative(Model):
    """A person who sits, or sat, in Congress; their terms say when and for whom."""

    __tablename__ = "representatives"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    bioguide: Mapped[str] = mapped_column(String(7), unique=True)
    name: Mapped[str] = mapped_column(String(200))  # as the Congress writes it
    first_name: Mapped[str] = mapped_column(String(100))
    last_name: Mapped[str] = mapped_column(String(100))


class Term(Model):
    """A seat that a representative holds from the day `begins_on` until before `ends_on`.

    One that the data set no longer tells of ends on that data set's day.
    """

    __tablename__ = "terms"
    __table_args__ = (
        UniqueConstraint("representative_id", "begins_on", name="uq_terms_representative_id"),
        CheckConstraint("(chamber = 'house') = (district IS NOT NULL)", name="district"),
        Index("ix_terms_state", "state", "ends_on"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    representative_id: Mapped[int] = mapped_column(ForeignKey("representatives.id"))
    chamber: Mapped[Chamber] = mapped_column(text_enum(Chamber))
    state: Mapped[str] = mapped_column(String(2))
    district: Mapped[int | None] = mapped_column(Integer)  # of the House; 0 = at large
    party: Mapped[str] = mapped_column(String(60))
    begins_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date)
    phone: Mapped[str | None] = mapped_column(String(40))
    office: Mapped[str | None] = mapped_column(String(200))
    url: Mapped[str | None] = mapped_column(String(300))
    contact_form: Mapped[str | None] = mapped_column(String(300))


class Committee(Model):
    """A committee of the House or the Senate, a joint one, or a subcommittee of one."""

    __tablename__ = "committees"

    code: Mapped[str] = mapped_column(String(8), primary_key=True)  # as HSJU; HSJU01 is under it
    name: Mapped[str] = mapped_column(String(300))


class CommitteeSeat(Model):
    """That a representative sits on a committee."""

    __tablename__ = "committee_seats"

    committee: Mapped[str] = mapped_column(ForeignKey("committees.code"), primary_key=True)
    representative_id: Mapped[int] = mapped_column(
        ForeignKey("representatives.id"), primary_key=True, index=True
    )
    rank: Mapped[int] = mapped_column(Integer)  # within their side
    title: Mapped[str | None] = mapped_column(String(60))  # as Chairman


class ZipArea(Model):
    """A House district that a ZIP area touches, by the Census's tabulation areas."""

    __tablename__ = "zip_areas"
    __table_args__ = (Index("ix_zip_areas_state", "state", "district"),)

    zip: Mapped[str] = mapped_column(String(5), primary_key=True)
    state: Mapped[str] = mapped_column(String(2), primary_key=True)
    district: Mapped[int] = mapped_column(Integer, primary_key=True)
