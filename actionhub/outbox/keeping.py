"""The open SMTP connection that a worker's thread keeps from one run to its next."""

from __future__ import annotations

import threading

from flask import current_app

from actionhub.config import settings
from actionhub.outbox.transport import Connection


class _Kept(threading.local):
    connection: Connection | None = None


def always() -> bool:
    """What a connection that no run uses is told of giving a final dot."""
    return True


def fresh() -> Connection:
    """A connection of the current app's, not open yet."""
    return Connection(current_app.extensions["mail"], settings())


def take() -> Connection:
    """The connection that this thread kept, if it leads to the same server; else a new one."""
    kept = _kept()
    found, kept.connection = kept.connection, None
    if found is not None and found.smtp != settings().smtp:
        found.close()
        found = None
    return found or fresh()


def keep(connection: Connection) -> None:
    """Keep an open connection for this thread's next run, which tries it with NOOP first."""
    close()
    _kept().connection = connection


def close() -> None:
    """Say goodbye over the kept connection, if there is one."""
    kept = _kept()
    if kept.connection is not None:
        kept.connection.close()
        kept.connection = None


def _kept() -> _Kept:
    found: _Kept = current_app.extensions.setdefault("actionhub.smtp", _Kept())
    return found
