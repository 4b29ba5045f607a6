"""Which mailboxes have paused an action's deliveries, before the one that gets them now."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "delivery_wishes",
        sa.Column("paused_readers", sa.JSON(), server_default="[]", nullable=False),
    )


def downgrade() -> None:
    op.drop_column("delivery_wishes", "paused_readers")
