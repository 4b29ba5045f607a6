"""A crowd of members under the measured petition, made by the database itself."""

from __future__ import annotations

from sqlalchemy import Connection, create_engine, text

from actionhub import clock
from bench.stage import SLUG

_NUMBERS = {
    "postgresql": "SELECT n FROM generate_series(1, :number) AS s(n)",
    "sqlite": (
        "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < :number)"
        " SELECT n FROM s"
    ),
}
_HASH = {
    "postgresql": "encode(sha256(n::text::bytea), 'hex')",
    "sqlite": "lower(hex(randomblob(32)))",
}


def members(url: str, number: int) -> None:
    """Add `number` confirmed signers who agreed to hear more; one in ten reads Spanish."""
    engine = create_engine(url)
    with engine.begin() as connection:
        _fill(connection, number)
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("ANALYZE")  # as any database of that size has been
    engine.dispose()


def _fill(connection: Connection, number: int) -> None:
    kind = connection.dialect.name
    now = clock.now().replace(tzinfo=None) if kind == "sqlite" else clock.now()
    given = {"number": number, "now": str(now) if kind == "sqlite" else now, "slug": SLUG}
    connection.execute(
        text(
            "INSERT INTO supporters (canonical, address, address_hash, locale, created_at)"
            " SELECT 'member' || n || '@example.org', 'member' || n || '@example.org',"
            f" {_HASH[kind]}, CASE WHEN n % 10 = 0 THEN 'es' ELSE 'en' END, :now"
            f" FROM ({_NUMBERS[kind]}) AS numbers"
        ),
        given,
    )
    connection.execute(
        text(
            "INSERT INTO subscriptions (supporter_id, state, agreed_at)"
            " SELECT id, 'live', created_at FROM supporters ORDER BY id"
        )
    )
    connection.execute(
        text(
            "INSERT INTO signatures (action_id, text_id, supporter_id, name_key, posting, state,"
            " name, zip, country, display, wants_followups, locale, source, created_at, posted_at,"
            " confirmed_at) SELECT t.action_id, t.id, p.id, '', 1, 'confirmed', 'Member ' || p.id,"
            " '20001', 'US', 'public', true, p.locale, '{}', p.created_at, p.created_at,"
            " p.created_at FROM supporters p JOIN action_texts t ON t.id = (SELECT min(id)"
            " FROM action_texts WHERE action_id = (SELECT id FROM actions WHERE slug = :slug))"
            " ORDER BY p.id"
        ),
        given,
    )
