"""Targets by rule: those of Congress who represent a supporter."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BEFORE = ("named",)
AFTER = ("named", "senators", "house", "delegation", "committee", "party")


def upgrade() -> None:
    _allow(AFTER)
    with op.batch_alter_table("targets", schema=None) as batch_op:
        batch_op.add_column(sa.Column("detail", sa.String(length=60), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("targets", schema=None) as batch_op:
        batch_op.drop_column("detail")
    op.execute("UPDATE targets SET kind = 'named'")
    _allow(BEFORE)


def _allow(kinds: tuple[str, ...]) -> None:
    told = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("targets", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_targets_targetkind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_targets_targetkind"), f"kind IN ({told})")
