"""Putting many emails into the outbox from a query: the database does it, no row comes to us."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import (
    JSON,
    ColumnElement,
    Integer,
    Select,
    String,
    Table,
    bindparam,
    exists,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from actionhub import clock, wakeups
from actionhub.database import db
from actionhub.outbox.models import ArchivedEmail, Email, EmailState
from actionhub.outbox.queue import message_domain

_EMAILS = cast(Table, Email.__table__)


def enqueue_from(found: Select[Any], given: Mapping[str, Any], priority: int) -> int:
    """Write one `ready` email for each row of a query, in the caller's transaction; how many.

    `found`, built once, gives the columns key, mailing_id, address, address_hash and fields (see
    `JsonObject`); `given` holds its parameters, none named as a column of an email. What has an
    email of its key already, archived or not, gets none. Memory does not grow with the rows.
    """
    ours = {"moment": clock.now(), "of_priority": priority, "behind": f"@{message_domain()}>"}
    statement = _insertion(found, db.engine.dialect.name)
    done = db.session.execute(
        statement, {**given, **ours}, execution_options={"preserve_rowcount": True}
    )
    written = cast("CursorResult[Any]", done).rowcount
    if written:
        wakeups.on_commit(wakeups.Task.SEND_MAIL)
    return written


@lru_cache(maxsize=32)
def _insertion(found: Select[Any], dialect: str) -> Any:
    rows = found.subquery("found")
    now = bindparam("moment", type_=_EMAILS.c.due_at.type)
    behind_the_at = func.substr(rows.c.address, _Place(rows.c.address, "@") + 1)
    more: dict[str, ColumnElement[Any]] = {
        # as `addresses.domain_of`: no address of ours has a second at sign
        "domain": func.lower(behind_the_at),
        "state": bindparam(None, EmailState.READY, type_=_EMAILS.c.state.type),
        "priority": bindparam("of_priority", type_=_EMAILS.c.priority.type),
        "due_at": now,
        "attempt": bindparam(None, 0),
        "unknowns": bindparam(None, 0),
        "message_id": "<" + _RandomHex() + bindparam("behind", type_=String),
        "created_at": now,
    }
    new = select(*rows.c, *more.values()).where(~exists().where(ArchivedEmail.key == rows.c.key))
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(_EMAILS).from_select([*rows.c.keys(), *more], new).on_conflict_do_nothing()


class JsonObject(FunctionElement[Any]):
    """`JsonObject(name, value, name, value ...)`: an email's fields, made by the database."""

    type = JSON()
    inherit_cache = True


class _Place(FunctionElement[int]):
    """Where a text begins within another, from 1."""

    type = Integer()
    inherit_cache = True


class _RandomHex(FunctionElement[str]):
    """32 hex digits, others for each row."""

    type = String()
    inherit_cache = True


@compiles(JsonObject, "sqlite")
@compiles(JsonObject, "postgresql")
def _json_object(element: JsonObject, compiler: SQLCompiler, **how: Any) -> str:
    name = "json_build_object" if compiler.dialect.name == "postgresql" else "json_object"
    return f"{name}({compiler.process(element.clauses, **how)})"


@compiles(_Place, "sqlite")
@compiles(_Place, "postgresql")
def _place(element: _Place, compiler: SQLCompiler, **how: Any) -> str:
    name = "strpos" if compiler.dialect.name == "postgresql" else "instr"
    return f"{name}({compiler.process(element.clauses, **how)})"


@compiles(_RandomHex, "sqlite")
@compiles(_RandomHex, "postgresql")
def _random_hex(_element: _RandomHex, compiler: SQLCompiler, **_how: Any) -> str:
    if compiler.dialect.name == "postgresql":
        return "replace(CAST(gen_random_uuid() AS VARCHAR), '-', '')"
    return "lower(hex(randomblob(16)))"
