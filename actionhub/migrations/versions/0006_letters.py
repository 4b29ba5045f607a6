"""Letters to addressees, and lists of people to address."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from actionhub.database import UTCDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BEFORE = ("named", "senators", "house", "delegation", "committee", "party")
AFTER = (*BEFORE, "list")
WORDS = {"letter_subject": sa.String(200)} | dict.fromkeys(
    ("letter_opening", "letter_body", "letter_thanks"), sa.Text()
)


def upgrade() -> None:
    for name, kind in WORDS.items():
        op.add_column("action_texts", sa.Column(name, kind, server_default="", nullable=False))
    op.add_column("signatures", sa.Column("town", sa.String(100), nullable=True))
    _allow(AFTER)
    op.create_table(
        "target_lists",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("updated_at", UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"], ["organizers.id"], name=op.f("fk_target_lists_created_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_target_lists")),
        sa.UniqueConstraint("name", name=op.f("uq_target_lists_name")),
    )
    op.create_table(
        "listed_people",
        sa.Column("id", ID, nullable=False),
        sa.Column("list_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("office", sa.String(200), nullable=False),
        sa.Column("email", sa.String(320), nullable=True),
        sa.Column("postal_address", sa.Text(), nullable=False),
        sa.Column("locale", sa.String(8), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"],
            ["target_lists.id"],
            name=op.f("fk_listed_people_list_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listed_people")),
        sa.UniqueConstraint(
            "list_id", "name", "office", name=op.f("uq_listed_people_list_id_name_office")
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "office_contacts",
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("email", sa.String(320), nullable=True),
        sa.Column("postal_address", sa.Text(), nullable=False),
        sa.Column("per_hour", sa.Integer(), nullable=True),
        sa.Column("updated_by", ID, nullable=True),
        sa.Column("updated_at", UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["updated_by"], ["organizers.id"], name=op.f("fk_office_contacts_updated_by")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_office_contacts")),
    )
    _create_letters()


def _create_letters() -> None:
    states = ("waiting", "queued", "accepted", "failed", "held", "cancelled")
    op.create_table(
        "letters",
        sa.Column("id", ID, nullable=False),
        sa.Column("signature_id", ID, nullable=False),
        sa.Column("action_id", ID, nullable=False),
        sa.Column("addressee_key", sa.String(40), nullable=False),
        sa.Column("addressee", sa.JSON(), nullable=False),
        sa.Column(
            "channel", _one_of("channelname", "email", "form", "phone", "print"), nullable=False
        ),
        sa.Column("thanks", sa.Boolean(), nullable=False),
        sa.Column("own_words", sa.Integer(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("state", _one_of("letterstate", *states), nullable=False),
        sa.Column("reason", sa.String(200), nullable=True),
        sa.Column("created_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("queued_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("ended_at", UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["signature_id"],
            ["signatures.id"],
            name=op.f("fk_letters_signature_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["action_id"], ["actions.id"], name=op.f("fk_letters_action_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
        sa.UniqueConstraint(
            "signature_id", "addressee_key", name=op.f("uq_letters_signature_id_addressee_key")
        ),
    )
    op.create_index("ix_letters_state_channel", "letters", ["state", "channel", "id"])
    op.create_index("ix_letters_addressee_key", "letters", ["addressee_key", "queued_at"])
    op.create_index("ix_letters_action_id", "letters", ["action_id", "state"])


def downgrade() -> None:
    for table in ("letters", "office_contacts", "listed_people", "target_lists"):
        op.drop_table(table)
    op.execute("UPDATE targets SET kind = 'named', detail = NULL WHERE kind = 'list'")
    _allow(BEFORE)
    op.drop_column("signatures", "town")
    for name in WORDS:
        op.drop_column("action_texts", name)


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24)


def _allow(kinds: tuple[str, ...]) -> None:
    told = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("targets", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_targets_targetkind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_targets_targetkind"), f"kind IN ({told})")
