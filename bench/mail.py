"""Mail: our outbox over one connection beside `smtplib` with ready bytes over one."""

from __future__ import annotations

import smtplib
import time
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from actionhub.addresses import read_address
from actionhub.app import create_app
from actionhub.extensions import db
from actionhub.outbox.models import Priority, Scope
from actionhub.outbox.queue import OutgoingEmail, enqueue_many, ensure_mailing
from actionhub.outbox.sending import drain
from bench.stage import Stage, settings_for


def floor(port: int, messages: int, size: int) -> float:
    """Messages a second that `smtplib` sends, ready made, over one connection."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = "bench@example.org", "someone@example.org"
    message["Subject"] = "Ready bytes"
    message.set_content("x" * 70 + "\n")
    ready = message.as_bytes()
    ready += (b"x" * 70 + b"\r\n") * (max(size - len(ready), 0) // 72)
    with smtplib.SMTP("127.0.0.1", port) as connection:
        connection.ehlo()
        started = time.perf_counter()
        for number in range(messages):
            connection.sendmail("bench@example.org", [f"s{number}@example.org"], ready)
        return messages / (time.perf_counter() - started)


def ours(stage: Stage, port: int, messages: int, round_number: int) -> float:
    """Messages a second that `drain` sends of a follow-up with per-recipient fields."""
    app = create_app(settings_for(stage.database_url, stage.folder, f"smtp://127.0.0.1:{port}"))
    with app.app_context():
        _queue(messages, round_number)
        started = time.perf_counter()
        done: Any = drain(limit=messages)
        seconds = time.perf_counter() - started
        assert done.sent == messages, done
        db.session.remove()
        db.engine.dispose()
    return messages / seconds


def _queue(messages: int, round_number: int) -> None:
    content = {
        "subject": "What came of it",
        "body_markdown": "Thank you for signing.\n\n" + "A sentence of news. " * 60,
        "action_title": "A petition to sign while measuring",
        "action_url": "http://localhost/actions/bench",
    }
    mailing = ensure_mailing(
        f"followup:bench:{round_number}",
        template="followup",
        locale="en",
        priority=Priority.FOLLOWUP,
        scope=Scope.FOLLOWUPS,
        content=content,
        automatic=False,
    )
    rows = []
    for number in range(messages):
        address = read_address(f"member{round_number}.{number}@example.org")
        link = f"http://localhost/unsubscribe/token{number}"
        fields: dict[str, str | bool] = {
            "name": f"Member {number}",
            "me_url": f"http://localhost/me/token{number}",
            "unsubscribe_url": link,
            "unsubscribe_token": f"token{number}",
        }
        key = f"followup:bench:{round_number}:{number}"
        rows.append(OutgoingEmail(key, address.mailbox, address.hash, fields))
    enqueue_many(mailing, rows, Priority.FOLLOWUP)
    db.session.commit()
