"""Lines of a delivery that had no name when it was made; deliveries that offices asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "delivered_signatures",
        sa.Column("nameless", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "deliveries",
        sa.Column("asked_anew", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("deliveries", "asked_anew")
    op.drop_column("delivered_signatures", "nameless")
