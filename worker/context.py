"""What every task runs inside: an app context of its own, its session given back afterwards."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import structlog
from flask import Flask, current_app, has_app_context

from actionhub.extensions import db

P = ParamSpec("P")
R = TypeVar("R")

log = structlog.get_logger(__name__)


class TaskFailed(Exception):
    """A task raised; its log line holds where. The message names types only: an error's own
    words may quote a row."""


def in_app(task: Callable[P, R]) -> Callable[P, R]:
    """Run `task` in a fresh app context: its own session, rolled back unless it committed.

    In a worker the app is the worker's; where a context is pushed already (tests), that one's.
    Raises TaskFailed for whatever the task raised, without the values an error may quote.
    """

    @wraps(task)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with _app().app_context():
            try:
                return task(*args, **kwargs)
            except Exception as problem:
                kind = type(problem).__name__
                log.error("task_failed", task=task.__name__, problem=kind, at=_where(problem))
                raise TaskFailed(f"{task.__name__}: {kind}") from None
            finally:
                db.session.rollback()
                db.session.remove()

    return run


def _app() -> Flask:
    if has_app_context():
        return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return]
    from worker.app import flask_app

    return flask_app


def _where(problem: BaseException) -> list[str]:
    """The last frames as `file:line function`: places, never values."""
    frames = traceback.extract_tb(problem.__traceback__)[-6:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
