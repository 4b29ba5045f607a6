"""No letter gets the number of an erased one, whose email's key stays."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Before 0009, SQLite gave an erased letter's number to the next one.
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute(
        "INSERT INTO sqlite_sequence (name, seq) SELECT 'letters', 0 WHERE NOT EXISTS"
        " (SELECT 1 FROM sqlite_sequence WHERE name = 'letters')"
    )
    op.execute(
        "UPDATE sqlite_sequence SET seq = max(seq, (SELECT coalesce(max(number), 0) FROM ("
        "SELECT CAST(substr(key, 8) AS INTEGER) AS number FROM emails WHERE key LIKE 'letter:%'"
        " UNION ALL SELECT CAST(substr(key, 8) AS INTEGER) FROM email_archive"
        " WHERE key LIKE 'letter:%'))) WHERE name = 'letters'"
    )


def downgrade() -> None:
    pass
