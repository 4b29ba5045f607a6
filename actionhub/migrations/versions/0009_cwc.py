"""Letters by Communicating with Congress."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from actionhub.database import UTCDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = UTCDateTime(timezone=True)
BEFORE = ("email", "form", "phone", "print")
AFTER = ("email", "cwc", "form", "phone", "print")


def upgrade() -> None:
    op.add_column(
        "actions", sa.Column("letter_topic", sa.String(60), server_default="", nullable=False)
    )
    op.add_column("letters", sa.Column("went", sa.JSON(none_as_null=True), nullable=True))
    _allow(AFTER)
    op.create_table(
        "cwc_letters",
        sa.Column("letter_id", ID, autoincrement=False, nullable=False),
        sa.Column("delivery_id", sa.String(32), nullable=False),
        sa.Column("office", sa.String(8), nullable=False),
        sa.Column("prefix", sa.String(8), nullable=True),
        sa.Column("first_name", sa.String(200), nullable=True),
        sa.Column("last_name", sa.String(200), nullable=True),
        sa.Column("street", sa.String(100), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(150), nullable=True),
        sa.Column("written_at", TIME, nullable=False),
        sa.Column("next_at", TIME, nullable=True),
        sa.Column("leased_until", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letters.id"], name=op.f("fk_cwc_letters_letter_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("letter_id", name=op.f("pk_cwc_letters")),
        sa.UniqueConstraint("delivery_id", name=op.f("uq_cwc_letters_delivery_id")),
    )
    op.create_index("ix_cwc_letters_next_at", "cwc_letters", ["next_at"])


def downgrade() -> None:
    op.drop_table("cwc_letters")
    op.execute("UPDATE letters SET channel = 'print' WHERE channel = 'cwc'")
    _allow(BEFORE)
    op.drop_column("letters", "went")
    op.drop_column("actions", "letter_topic")


def _allow(channels: tuple[str, ...]) -> None:
    told = ", ".join(f"'{channel}'" for channel in channels)
    # Numbers of letters are never used again, on SQLite too.
    kwargs = {"sqlite_autoincrement": True}
    with op.batch_alter_table("letters", schema=None, table_kwargs=kwargs) as batch_op:
        batch_op.drop_constraint(op.f("ck_letters_channelname"), type_="check")
        batch_op.create_check_constraint(op.f("ck_letters_channelname"), f"channel IN ({told})")
