"""The floors: the least that the same work can cost in Flask, served by the same server."""

from __future__ import annotations

import os
import sqlite3
import threading
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, redirect, request

app = Flask(__name__)
PAGE = b"x" * int(os.environ.get("BENCH_PAGE_BYTES", "12000"))
DATABASE = os.environ.get("BENCH_FLOOR_DATABASE", "")

#: The rows one new signature writes, in this order; `?` is turned into `%s` for PostgreSQL.
INSERTS = (
    "INSERT INTO supporters (canonical, address, address_hash, locale, created_at)"
    " VALUES (?, ?, ?, 'en', ?) ON CONFLICT DO NOTHING RETURNING id",
    "INSERT INTO signatures (action_id, text_id, supporter_id, name_key, posting, state, name,"
    " zip, country, comment, display, wants_followups, locale, source, network_hash, created_at,"
    " posted_at) VALUES (?, ?, ?, '', 1, 'pending', ?, ?, 'US', ?, 'public', ?, 'en', '{}', '', ?,"
    " ?) ON CONFLICT DO NOTHING RETURNING id",
    "INSERT INTO count_deltas (action_id, confirmed, pending, removed) VALUES (?, 0, 1, 0)",
    "INSERT INTO emails (key, mailing_id, address, address_hash, fields, state, priority, due_at,"
    " attempt, unknowns, message_id, created_at) VALUES (?, ?, ?, ?, ?, 'ready', 0, ?, 0, 0, ?, ?)"
    " ON CONFLICT DO NOTHING",
    # the signing limit: one row a rate for the signer's network, at the default of two rates
    "INSERT INTO rate_buckets (key, tokens, amount, per_second, refilled_at, granted)"
    " VALUES (?, 29, 30, 0.5, ?, ?)"
    " ON CONFLICT (key) DO UPDATE SET tokens = rate_buckets.tokens - 1,"
    " refilled_at = excluded.refilled_at RETURNING granted",
)


@app.get("/page")
def page() -> Response:
    return Response(PAGE, mimetype="text/html")


@app.post("/sign")
def sign() -> Any:
    form = request.form
    now = datetime.now(UTC)
    with _connection() as run:
        _write(run, form.to_dict(), now)
    return redirect("/thanks", 303)


def _write(run: Any, form: dict[str, str], now: datetime) -> None:
    email = form["email"]
    action, text, mailing = 1, 1, 1
    when: Any = (
        now if not DATABASE.startswith("sqlite") else now.replace(tzinfo=None).isoformat(" ")
    )
    wants = bool(form.get("wants_followups"))
    supporter = run(INSERTS[0], (email.lower(), email, email.ljust(64, "h")[:64], when)).fetchone()[
        0
    ]
    signature = run(
        INSERTS[1],
        (
            action,
            text,
            supporter,
            form["name"],
            form["zip"],
            form.get("comment"),
            wants,
            when,
            when,
        ),
    ).fetchone()[0]
    for rate in ("30/60", "300/3600"):
        run(INSERTS[4], (f"{request.headers.get('X-Forwarded-For')}:{rate}", when, True)).fetchone()
    run(INSERTS[2], (action,))
    key = f"confirm:{signature}:1"
    run(INSERTS[3], (key, mailing, email, email.ljust(64, "h")[:64], "{}", when, key, when))


class _Sqlite:
    """One connection a thread, BEGIN IMMEDIATE, as durable as ActionHub's own."""

    local = threading.local()

    def __enter__(self) -> Any:
        if not hasattr(self.local, "connection"):
            path = DATABASE.removeprefix("sqlite:///")
            self.local.connection = sqlite3.connect(path, timeout=30, isolation_level=None)
            self.local.connection.execute("PRAGMA synchronous=FULL")
            self.local.connection.execute("PRAGMA foreign_keys=ON")
        self.local.connection.execute("BEGIN IMMEDIATE")
        return self.local.connection.execute

    def __exit__(self, problem: Any, *_rest: Any) -> None:
        self.local.connection.execute("ROLLBACK" if problem else "COMMIT")


class _Postgresql:
    """A connection of a pool, one transaction."""

    pool: Any = None
    lock = threading.Lock()

    def __enter__(self) -> Any:
        from psycopg_pool import ConnectionPool

        with self.lock:
            if _Postgresql.pool is None:
                _Postgresql.pool = ConnectionPool(
                    DATABASE.replace("+psycopg", ""), min_size=8, max_size=8, open=True
                )
        self.lease = self.pool.connection()
        connection = self.lease.__enter__()
        return lambda statement, values: connection.execute(statement.replace("?", "%s"), values)

    def __exit__(self, *problem: Any) -> None:
        self.lease.__exit__(*problem)


def _connection() -> Any:
    return _Sqlite() if DATABASE.startswith("sqlite") else _Postgresql()


def make_app() -> Flask:
    """The floors' app, for a server that wants a factory."""
    return app
