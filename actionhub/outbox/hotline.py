"""The statement of the hot path, said to libpq itself: sent off at once, its answer read later.

Once it is sent off it stands in the database's own socket: a death of ours no longer stops it. So
what comes next may begin while it is under way. It costs a fifth of what the driver's cursor does.
"""

from __future__ import annotations

import select
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

from psycopg import Connection, errors, pq
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg as psycopg_dialect

from actionhub.outbox import statements

#: Milliseconds between looks whether libpq, which said it waits, waits in vain.
GLANCE = 1000


class Hotline:
    """One psycopg connection in autocommit. Raises psycopg.Error; it must be closed then."""

    def __init__(self, driver: Connection[Any]) -> None:
        self._pg = driver.pgconn
        self._prepared: set[bytes] = set()
        self._poll = select.poll()
        self._poll.register(self._pg.socket, select.POLLIN)

    def say(
        self,
        sent: bool,
        mark: bool,
        values: Mapping[str, Any],
        meanwhile: Callable[[], None] | None,
    ) -> tuple[bool, bool]:
        """Record one as sent, mark the next, or both, in one commit; whether each was done.

        `meanwhile` runs between the sending off and the answer.
        """
        name, text, names, fixed = _spelt(sent, mark)
        if name not in self._prepared:
            _check(self._pg.prepare(name, text), self._pg)
            self._prepared.add(name)
        given = [_text(values[n]) if n in values else fixed[n] for n in names]
        self._pg.send_query_prepared(name, given)
        while self._pg.flush():
            self._wait()
        if meanwhile is not None:
            meanwhile()
        return self._answer()

    def _answer(self) -> tuple[bool, bool]:
        while self._pg.is_busy():
            self._wait()
        result = self._pg.get_result()
        while self._pg.get_result() is not None:
            pass
        _check(result, self._pg)
        assert result is not None
        return result.get_value(0, 0) != b"0", result.get_value(0, 1) != b"0"

    def _wait(self) -> None:
        self._poll.poll(GLANCE)
        self._pg.consume_input()


_lines: WeakKeyDictionary[Connection[Any], Hotline] = WeakKeyDictionary()


def hotline(driver: Connection[Any]) -> Hotline:
    """The line over that connection: what it has prepared it need not prepare again."""
    found = _lines.get(driver)
    if found is None:
        found = _lines[driver] = Hotline(driver)
    return found


@cache
def _spelt(sent: bool, mark: bool) -> tuple[bytes, bytes, tuple[str, ...], dict[str, bytes | None]]:
    """Its name, its text, its parameters' names in order, and the values that never change."""
    dialect = psycopg_dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
    compiled = statements.both(sent, mark).compile(dialect=dialect)
    names = tuple(compiled.positiontup or ())
    fixed = {name: _text(value) for name, value in compiled.params.items()}
    return f"actionhub_{sent:d}{mark:d}".encode(), str(compiled).encode(), names, fixed


def _text(value: Any) -> bytes | None:
    """A parameter as PostgreSQL reads it."""
    if value is None:
        return None
    return (value.isoformat() if isinstance(value, datetime) else str(value)).encode()


def _check(result: pq.abc.PGresult | None, connection: pq.abc.PGconn) -> None:
    fine = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)
    if result is None:  # the line is gone
        raise errors.OperationalError(connection.get_error_message())
    if result.status not in fine:
        raise errors.error_from_result(result)
