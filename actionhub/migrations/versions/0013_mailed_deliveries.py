"""When a delivery was mailed, apart from when it was accepted; tallies; ended and chosen rhythms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from actionhub.database import UTCDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("mailed_at", UTCDateTime(timezone=True), nullable=True))
    op.execute("UPDATE deliveries SET mailed_at = handed_at WHERE wish_id IS NOT NULL")
    op.add_column("delivery_volumes", sa.Column("tally", sa.JSON(none_as_null=True), nullable=True))
    op.add_column(
        "delivery_wishes",
        sa.Column("chosen", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "delivery_wishes", sa.Column("ended_at", UTCDateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("delivery_wishes", "ended_at")
    op.drop_column("delivery_wishes", "chosen")
    op.drop_column("delivery_volumes", "tally")
    op.drop_column("deliveries", "mailed_at")
