"""Mail that is never lost: beats, destinations, reports, the archive, slim indexes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import actionhub.database

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "beat_observations",
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("boot_id", sa.String(length=40), nullable=False),
        sa.Column("beat", sa.Integer(), nullable=False),
        sa.Column("seen_at_monotonic", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "boot_id", name=op.f("pk_beat_observations")),
    )
    op.create_table(
        "beats",
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("beat", sa.Integer(), nullable=False),
        sa.Column("started_at", actionhub.database.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_beats")),
    )
    op.create_table(
        "destinations",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("closed_until", actionhub.database.UTCDateTime(timezone=True), nullable=True),
        sa.Column("slow_until", actionhub.database.UTCDateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=120), nullable=True),
        sa.Column("changed_at", actionhub.database.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_destinations")),
    )
    op.create_table(
        "email_reports",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("source", sa.String(length=24), nullable=False),
        sa.Column("email_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("enhanced", sa.String(length=12), nullable=True),
        sa.Column("received_at", actionhub.database.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_email_reports")),
    )
    with op.batch_alter_table("email_reports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_email_reports_email_id"), ["email_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_email_reports_received_at"), ["received_at"], unique=False
        )

    op.create_table(
        "email_archive",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column(
            "mailing_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("address", sa.String(length=320), nullable=True),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=True),
        sa.Column("fields", sa.JSON(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "ready",
                "claimed",
                "sending",
                "sent",
                "deferred",
                "failed",
                "unknown",
                "held",
                "suppressed",
                "cancelled",
                "expired",
                name="emailstate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("due_at", actionhub.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("unknowns", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=80), nullable=True),
        sa.Column("held_at", actionhub.database.UTCDateTime(timezone=True), nullable=True),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("created_at", actionhub.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", actionhub.database.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["mailing_id"], ["mailings.id"], name=op.f("fk_email_archive_mailing_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_archive")),
        sa.UniqueConstraint("key", name=op.f("uq_email_archive_key")),
    )
    with op.batch_alter_table("email_archive", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_email_archive_address_hash"), ["address_hash"], unique=False
        )
        batch_op.create_index("ix_email_archive_mailing_id", ["mailing_id"], unique=False)
        batch_op.create_index(
            "ix_email_archive_told",
            ["finished_at"],
            unique=False,
            postgresql_where=sa.text("address IS NOT NULL"),
            sqlite_where=sa.text("address IS NOT NULL"),
        )

    op.create_table(
        "mail_totals",
        sa.Column(
            "mailing_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "state",
            sa.Enum(
                "ready",
                "claimed",
                "sending",
                "sent",
                "deferred",
                "failed",
                "unknown",
                "held",
                "suppressed",
                "cancelled",
                "expired",
                name="emailstate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["mailing_id"], ["mailings.id"], name=op.f("fk_mail_totals_mailing_id")
        ),
        sa.PrimaryKeyConstraint("mailing_id", "state", name=op.f("pk_mail_totals")),
    )
    op.create_table(
        "email_tallies",
        sa.Column("quarter", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event", sa.String(length=24), nullable=False),
        sa.Column("detail", sa.String(length=40), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("last_event_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("quarter", "event", "detail", name=op.f("pk_email_tallies")),
    )
    with op.batch_alter_table("email_events", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_email_events_email_id"), type_="foreignkey")

    with op.batch_alter_table("emails", schema=None) as batch_op:
        batch_op.add_column(sa.Column("domain", sa.String(length=255), nullable=True))
        batch_op.drop_index(batch_op.f("ix_emails_due"))
        batch_op.create_index(
            "ix_emails_in_hand",
            ["owner", "domain"],
            unique=False,
            postgresql_where=sa.text("state IN ('claimed', 'sending')"),
            sqlite_where=sa.text("state IN ('claimed', 'sending')"),
        )
        batch_op.create_index(
            "ix_emails_later",
            ["priority", "due_at", "id"],
            unique=False,
            postgresql_where=sa.text("state IN ('deferred', 'unknown')"),
            sqlite_where=sa.text("state IN ('deferred', 'unknown')"),
        )
        batch_op.create_index(
            "ix_emails_ready",
            ["priority", "id"],
            unique=False,
            postgresql_where=sa.text("state IN ('ready')"),
            sqlite_where=sa.text("state IN ('ready')"),
        )

    _fill_domains()
    with op.batch_alter_table("mailings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("refusals", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("paused_because", sa.String(length=120), nullable=True))

    with op.batch_alter_table("suppressions", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "lifted_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )
        batch_op.add_column(sa.Column("lifted_because", sa.Text(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_suppressions_lifted_by"), "organizers", ["lifted_by"], ["id"]
        )


def _fill_domains() -> None:
    """From the addresses of what may still be sent."""
    domain = (
        "split_part(address, '@', 2)"
        if op.get_bind().dialect.name == "postgresql"
        else "substr(address, instr(address, '@') + 1)"
    )
    op.execute(
        f"UPDATE emails SET domain = lower({domain})"  # noqa: S608 (no value is spelled into it)
        " WHERE address IS NOT NULL AND finished_at IS NULL"
    )


def downgrade() -> None:
    with op.batch_alter_table("suppressions", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_suppressions_lifted_by"), type_="foreignkey")
        batch_op.drop_column("lifted_because")
        batch_op.drop_column("lifted_by")

    with op.batch_alter_table("mailings", schema=None) as batch_op:
        batch_op.drop_column("paused_because")
        batch_op.drop_column("refusals")

    with op.batch_alter_table("emails", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_emails_ready",
            postgresql_where=sa.text("state IN ('ready')"),
            sqlite_where=sa.text("state IN ('ready')"),
        )
        batch_op.drop_index(
            "ix_emails_later",
            postgresql_where=sa.text("state IN ('deferred', 'unknown')"),
            sqlite_where=sa.text("state IN ('deferred', 'unknown')"),
        )
        batch_op.drop_index(
            "ix_emails_in_hand",
            postgresql_where=sa.text("state IN ('claimed', 'sending')"),
            sqlite_where=sa.text("state IN ('claimed', 'sending')"),
        )
        batch_op.create_index(
            batch_op.f("ix_emails_due"), ["state", "priority", "due_at", "id"], unique=False
        )
        batch_op.drop_column("domain")

    with op.batch_alter_table("email_events", schema=None) as batch_op:
        batch_op.create_foreign_key(
            batch_op.f("fk_email_events_email_id"),
            "emails",
            ["email_id"],
            ["id"],
            ondelete="CASCADE",
        )

    op.drop_table("email_tallies")
    op.drop_table("mail_totals")
    with op.batch_alter_table("email_archive", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_email_archive_told",
            postgresql_where=sa.text("address IS NOT NULL"),
            sqlite_where=sa.text("address IS NOT NULL"),
        )
        batch_op.drop_index("ix_email_archive_mailing_id")
        batch_op.drop_index(batch_op.f("ix_email_archive_address_hash"))

    op.drop_table("email_archive")
    with op.batch_alter_table("email_reports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_email_reports_received_at"))
        batch_op.drop_index(batch_op.f("ix_email_reports_email_id"))

    op.drop_table("email_reports")
    op.drop_table("destinations")
    op.drop_table("beats")
    op.drop_table("beat_observations")
