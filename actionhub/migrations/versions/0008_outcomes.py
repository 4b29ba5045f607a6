"""What came of it: replies, votes, cosponsorships and statements of addressees."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import actionhub.database

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = actionhub.database.UTCDateTime(timezone=True)
KINDS = ("reply", "vote", "cosponsorship", "statement")
POSITIONS = ("yea", "nay", "present", "not_voting")


def upgrade() -> None:
    op.create_table(
        "outcomes",
        sa.Column("id", ID, nullable=False),
        sa.Column("action_id", ID, nullable=False),
        sa.Column("addressee_key", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("office", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=2), nullable=True),
        sa.Column("district", sa.Integer(), nullable=True),
        sa.Column("kind", _one_of(KINDS, "outcomekind"), nullable=False),
        sa.Column("position", _one_of(POSITIONS, "voteposition"), nullable=True),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("words_es", sa.String(length=500), nullable=False),
        sa.Column("source_url", sa.String(length=2000), nullable=True),
        sa.Column("recorded_by", ID, nullable=True),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("withdrawn_by", ID, nullable=True),
        sa.Column("withdrawn_at", TIME, nullable=True),
        sa.CheckConstraint(
            "(kind = 'vote') = (position IS NOT NULL)", name=op.f("ck_outcomes_position")
        ),
        sa.ForeignKeyConstraint(["action_id"], ["actions.id"], name=op.f("fk_outcomes_action_id")),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["organizers.id"], name=op.f("fk_outcomes_recorded_by")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by"], ["organizers.id"], name=op.f("fk_outcomes_withdrawn_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcomes")),
    )
    with op.batch_alter_table("outcomes", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_outcomes_action_id"), ["action_id"], unique=False)


def downgrade() -> None:
    op.drop_table("outcomes")


def _one_of(values: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24)
