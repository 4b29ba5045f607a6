"""Mail: our outbox in several processes beside `smtplib` with ready bytes in as many."""

from __future__ import annotations

import secrets
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select, text

from actionhub import clock, tokens
from actionhub.addresses import read_address
from actionhub.app import create_app
from actionhub.config import settings
from actionhub.extensions import db
from actionhub.followups.filling import LINKS_KEY, fields_of
from actionhub.outbox import rendering
from actionhub.outbox.messages import Kind, skeleton
from actionhub.outbox.models import ArchivedEmail, Email, EmailState, Priority, Scope
from actionhub.outbox.queue import ensure_mailing
from actionhub.outbox.sending import drain
from bench import crew
from bench.stage import Stage, settings_for

CONTENT = {
    "subject": "What came of it",
    "body_markdown": "Thank you for signing.\n\n" + "A sentence of news. " * 60,
    "action_title": "A petition to sign while measuring",
    "action_url": "http://localhost/actions/bench",
}


@dataclass(frozen=True)
class Kept:
    """What the database holds after a round."""

    sent: int  # emails of the round that are recorded as sent
    commits: int | None  # of the whole round, the queueing's left out; None: it does not count


def floor(port: int, messages: int, ready: bytes, connections: int) -> crew.Done:
    """What `smtplib` does with a ready message: one process a connection."""
    return crew.run(_send_ready, connections, port, messages // connections, ready)


def ours(
    stage: Stage, port: int, messages: int, number: int, workers: int
) -> tuple[crew.Done, Kept]:
    """What `workers` processes of ours do, each an app with one connection, with a follow-up that
    is in the outbox already; and what the database holds then.
    """
    with _app(stage, port).app_context():
        mailing = _queue(messages, number)
        if db.engine.dialect.name == "postgresql":
            # as a database that has been up for a while: autovacuum would come in a minute
            db.session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
            db.session.execute(text("VACUUM ANALYZE emails"))
            db.session.remove()
        before = _commits()
        _close()
    done = crew.run(_drain, workers, stage.database_url, stage.folder, port)
    with _app(stage, port).app_context():
        after = _commits()
        sent = sum(
            db.session.scalar(
                select(func.count()).where(
                    table.mailing_id == mailing, table.state == EmailState.SENT
                )
            )
            or 0
            for table in (Email, ArchivedEmail)
        )
        _close()
    return done, Kept(sent, None if before is None or after is None else after - before)


def ready_bytes(stage: Stage) -> bytes:
    """One message of such a follow-up as it goes over the wire: what the floor sends, too."""
    with _app(stage, 25).app_context():
        fields = fields_of(1, "Member 1", "en")
        content = rendering.canonical(CONTENT)
        kind = Kind("bench", "followup", "en", Scope.FOLLOWUPS, False, content)
        message = skeleton(kind, rendering.variant_of(fields), settings()).fill(
            email_id=1,
            address="member1@example.org",
            message_id="<0123456789abcdef0123456789abcdef@example.org>",
            date=clock.now(),
            fields=fields,
        )
        _close()
    return message.as_bytes()


def _send_ready(wait: Callable[[], None], port: int, messages: int, ready: bytes) -> int:
    with smtplib.SMTP("127.0.0.1", port) as connection:
        connection.ehlo()
        wait()
        for number in range(messages):
            connection.sendmail("bench@example.org", [f"s{number}@example.org"], ready)
    return messages


def _drain(wait: Callable[[], None], url: str, folder: Path, port: int) -> int:
    app = create_app(settings_for(url, folder, f"smtp://127.0.0.1:{port}"))
    with app.app_context():
        db.session.execute(text("SELECT 1"))
        db.session.commit()
        wait()
        done: Any = drain()
        _close()
    return int(done.sent)


def _app(stage: Stage, port: int) -> Any:
    return create_app(settings_for(stage.database_url, stage.folder, f"smtp://127.0.0.1:{port}"))


def _close() -> None:
    db.session.remove()
    db.engine.dispose()


def _commits() -> int | None:
    """Transactions that the database has committed so far."""
    if db.engine.dialect.name != "postgresql":
        return None
    counted = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
    found = db.session.scalar(text(counted))
    db.session.remove()
    return int(found or 0)


def _queue(messages: int, round_number: int) -> int:
    """Write the round's emails to the outbox; their mailing's id."""
    mailing = ensure_mailing(
        f"followup:bench:{round_number}",
        template="followup",
        locale="en",
        priority=Priority.FOLLOWUP,
        scope=Scope.FOLLOWUPS,
        content=CONTENT | {LINKS_KEY: tokens.fingerprint()},
        automatic=False,
    )
    now, rows = clock.now(), []
    for number in range(messages):
        address = read_address(f"member{round_number}.{number}@example.org")
        row: dict[str, Any] = {
            "key": f"followup:bench:{round_number}:{number}",
            "mailing_id": mailing,
            "address": address.mailbox,
            "address_hash": address.hash,
            "domain": "example.org",
            # as `followups.queueing` writes them: the links are made when it is sent
            "fields": {"name": f"Member {number}", "supporter": number},
            "state": EmailState.READY,
            "priority": Priority.FOLLOWUP,
            "due_at": now,
            "attempt": 0,
            "unknowns": 0,
            "message_id": f"<{secrets.token_hex(16)}@example.org>",
            "created_at": now,
        }
        rows.append(row)
    db.session.execute(insert(Email), rows)
    db.session.commit()
    return mailing
