"""Petition deliveries: lists as they stood, what anyone can verify, offices' wishes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from actionhub.database import UTCDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "delivery_wishes",
        sa.Column("id", ID, nullable=False),
        sa.Column("action_id", ID, nullable=False),
        sa.Column("addressee_key", sa.String(40), nullable=False),
        sa.Column("addressee", sa.JSON(), nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column(
            "rhythm", _one_of("rhythm", "once", "daily", "weekly", "thresholds"), nullable=False
        ),
        sa.Column("format", _one_of("format", "csv", "pdf", "both", "counts"), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("last_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("last_lines", sa.Integer(), nullable=False),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("created_at", UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["action_id"], ["actions.id"], name=op.f("fk_delivery_wishes_action_id")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["organizers.id"], name=op.f("fk_delivery_wishes_created_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_wishes")),
        sa.UniqueConstraint(
            "action_id", "addressee_key", name=op.f("uq_delivery_wishes_action_id_addressee_key")
        ),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", ID, nullable=False),
        sa.Column("public_id", sa.String(24), nullable=False),
        sa.Column("action_id", ID, nullable=False),
        sa.Column("addressee_key", sa.String(40), nullable=False),
        sa.Column("addressee", sa.JSON(), nullable=False),
        sa.Column("wish_id", ID, nullable=True),
        sa.Column("state", _one_of("deliverystate", "making", "ready"), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("as_of_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("manifest", sa.Text(), nullable=True),
        sa.Column("signature", sa.String(88), nullable=True),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("made_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("handed_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("marked", sa.Boolean(), nullable=False),
        sa.Column("emptied_at", UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["action_id"], ["actions.id"], name=op.f("fk_deliveries_action_id")
        ),
        sa.ForeignKeyConstraint(
            ["wish_id"], ["delivery_wishes.id"], name=op.f("fk_deliveries_wish_id")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["organizers.id"], name=op.f("fk_deliveries_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("public_id", name=op.f("uq_deliveries_public_id")),
    )
    op.create_index("ix_deliveries_action_id", "deliveries", ["action_id", "id"])
    op.create_index("ix_deliveries_state", "deliveries", ["state", "id"])
    op.create_table(
        "delivery_volumes",
        sa.Column("delivery_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("first_line", sa.Integer(), nullable=False),
        sa.Column("last_line", sa.Integer(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
            name=op.f("fk_delivery_volumes_delivery_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("delivery_id", "number", name=op.f("pk_delivery_volumes")),
    )
    op.create_table(
        "delivered_signatures",
        sa.Column("delivery_id", ID, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("signature_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
            name=op.f("fk_delivered_signatures_delivery_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("delivery_id", "line", name=op.f("pk_delivered_signatures")),
    )
    op.create_index(
        "ix_delivered_signatures_signature_id", "delivered_signatures", ["signature_id"]
    )


def downgrade() -> None:
    for table in ("delivered_signatures", "delivery_volumes", "deliveries", "delivery_wishes"):
        op.drop_table(table)


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24)
