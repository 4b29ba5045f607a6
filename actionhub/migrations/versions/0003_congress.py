"""Who sits in Congress and on its committees, where each ZIP area lies, and the data sets that say so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import actionhub.database

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    kind = sa.Enum(
        "legislators",
        "districts",
        "committees",
        name="datasetkind",
        native_enum=False,
        create_constraint=True,
        length=24,
    )
    op.create_table(
        "data_sets",
        sa.Column("kind", kind, nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("loaded_at", actionhub.database.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_data_sets")),
    )
    op.create_table(
        "representatives",
        sa.Column("id", ID, nullable=False),
        sa.Column("bioguide", sa.String(length=7), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("first_name", sa.String(length=100), nullable=False),
        sa.Column("last_name", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_representatives")),
        sa.UniqueConstraint("bioguide", name=op.f("uq_representatives_bioguide")),
    )
    op.create_table(
        "zip_areas",
        sa.Column("zip", sa.String(length=5), nullable=False),
        sa.Column("state", sa.String(length=2), nullable=False),
        sa.Column("district", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("zip", "state", "district", name=op.f("pk_zip_areas")),
    )
    with op.batch_alter_table("zip_areas", schema=None) as batch_op:
        batch_op.create_index("ix_zip_areas_state", ["state", "district"], unique=False)
    chamber = sa.Enum(
        "house",
        "senate",
        name="chamber",
        native_enum=False,
        create_constraint=True,
        length=24,
    )
    op.create_table(
        "terms",
        sa.Column("id", ID, nullable=False),
        sa.Column("representative_id", ID, nullable=False),
        sa.Column("chamber", chamber, nullable=False),
        sa.Column("state", sa.String(length=2), nullable=False),
        sa.Column("district", sa.Integer(), nullable=True),
        sa.Column("party", sa.String(length=60), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("office", sa.String(length=200), nullable=True),
        sa.Column("url", sa.String(length=300), nullable=True),
        sa.Column("contact_form", sa.String(length=300), nullable=True),
        sa.CheckConstraint(
            "(chamber = 'house') = (district IS NOT NULL)", name=op.f("ck_terms_district")
        ),
        sa.ForeignKeyConstraint(
            ["representative_id"],
            ["representatives.id"],
            name=op.f("fk_terms_representative_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms")),
        sa.UniqueConstraint("representative_id", "begins_on", name="uq_terms_representative_id"),
    )
    with op.batch_alter_table("terms", schema=None) as batch_op:
        batch_op.create_index("ix_terms_state", ["state", "ends_on"], unique=False)

    house_senate_joint = sa.Enum(
        "house",
        "senate",
        "joint",
        name="committeekind",
        native_enum=False,
        create_constraint=True,
        length=24,
    )
    op.create_table(
        "committees",
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("parent", sa.String(length=8), nullable=True),
        sa.Column("kind", house_senate_joint, nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["parent"], ["committees.code"], name=op.f("fk_committees_parent")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_committees")),
    )
    op.create_table(
        "committee_seats",
        sa.Column("committee", sa.String(length=8), nullable=False),
        sa.Column("representative_id", ID, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(
            ["committee"], ["committees.code"], name=op.f("fk_committee_seats_committee")
        ),
        sa.ForeignKeyConstraint(
            ["representative_id"],
            ["representatives.id"],
            name=op.f("fk_committee_seats_representative_id"),
        ),
        sa.PrimaryKeyConstraint("committee", "representative_id", name=op.f("pk_committee_seats")),
    )
    with op.batch_alter_table("committee_seats", schema=None) as batch_op:
        batch_op.create_index(
            op.f("ix_committee_seats_representative_id"), ["representative_id"], unique=False
        )

    found = sa.Enum(
        "zip",
        "choice",
        "address",
        name="districtfound",
        native_enum=False,
        create_constraint=True,
        length=24,
    )
    with op.batch_alter_table("signatures", schema=None) as batch_op:
        batch_op.add_column(sa.Column("us_state", sa.String(length=2), nullable=True))
        batch_op.add_column(sa.Column("us_district", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("district_found", found, nullable=True))
        batch_op.add_column(sa.Column("district_as_of", sa.Date(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("signatures", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_signatures_districtfound"), type_="check")
        for name in ("district_as_of", "district_found", "us_district", "us_state"):
            batch_op.drop_column(name)
    op.drop_table("committee_seats")
    op.drop_table("committees")
    op.drop_table("terms")
    op.drop_table("zip_areas")
    op.drop_table("representatives")
    op.drop_table("data_sets")
