"""A committee's code tells its chamber and what it is under: no columns for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

#: The kinds, by the letter that a code begins with.
KINDS = {"H": "house", "S": "senate", "J": "joint"}

COMMITTEES = sa.table("committees", sa.column("code"), sa.column("kind"))


def upgrade() -> None:
    with op.batch_alter_table("committees", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_committees_parent"), type_="foreignkey")
        batch_op.drop_constraint(op.f("ck_committees_committeekind"), type_="check")
        batch_op.drop_column("parent")
        batch_op.drop_column("kind")


def downgrade() -> None:
    with op.batch_alter_table("committees", schema=None) as batch_op:
        batch_op.add_column(sa.Column("parent", sa.String(length=8), nullable=True))
        batch_op.add_column(sa.Column("kind", sa.String(length=24), nullable=True))
    op.execute("UPDATE committees SET parent = substr(code, 1, 4) WHERE length(code) > 4")
    for letter, kind in KINDS.items():
        begins = COMMITTEES.c.code.startswith(letter)
        op.execute(COMMITTEES.update().where(begins).values(kind=kind))
    told = ", ".join(f"'{kind}'" for kind in KINDS.values())
    with op.batch_alter_table("committees", schema=None) as batch_op:
        batch_op.alter_column("kind", nullable=False)
        batch_op.create_check_constraint(op.f("ck_committees_committeekind"), f"kind IN ({told})")
        batch_op.create_foreign_key(
            op.f("fk_committees_parent"), "committees", ["parent"], ["code"]
        )
