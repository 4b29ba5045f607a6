"""How we log: one event a line, places instead of values, and no token ever in an address."""

from __future__ import annotations

import logging
import re
import sys
import traceback
from typing import Any

import structlog
from structlog.types import EventDict, WrappedLogger

#: Addresses whose next part is a secret: a person's own links and one-time logins.
_SECRET_PATHS = re.compile(
    r"(/(?:confirm|unsubscribe|me|enter|reset|letters|deliveries/(?:office|wishes))/)[^/\s\"'?]+"
)
_ADDRESS = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")


def set_up(*, as_json: bool, level: int = logging.INFO) -> None:
    """Send structlog and the standard library's logging to stderr, one line an event.

    `as_json` for machines (production), else short lines for a person.
    """
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        place_instead_of_words,
        mask,
    ]
    last = structlog.processors.JSONRenderer() if as_json else _line
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,  # so that tests can listen
    )
    handler = Stderr()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(max(level, logging.WARNING))


#: Of these only warnings count. Celery's own would be two lines a task, 35,000 a day at rest.
_CHATTY = (
    *("alembic", "kombu", "amqp", "httpx", "mail.log"),
    *("celery.beat", "celery.worker.strategy", "celery.app.trace"),
)


class Stderr(logging.StreamHandler[Any]):
    """Writes to whatever stderr is at that moment."""

    @property
    def stream(self) -> Any:
        return sys.stderr

    @stream.setter
    def stream(self, _value: Any) -> None:
        pass


def place_instead_of_words(_log: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace an exception by its type and frames: its words may quote a row or an address."""
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    if isinstance(found, tuple):
        found = found[1]
    if isinstance(found, BaseException):
        frames = traceback.extract_tb(found.__traceback__)[-8:]
        event["problem"] = type(found).__name__
        event["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return event


def mask(_log: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Take tokens out of addresses, and email addresses out of every text."""
    for name, value in event.items():
        if isinstance(value, str) and not name.startswith("_"):
            event[name] = masked(value)
    return event


def masked(text: str) -> str:
    """`/confirm/abc` as `/confirm/***`, `ann@example.org` as `***@***`."""
    return _ADDRESS.sub("***@***", _SECRET_PATHS.sub(r"\1***", text))


def _line(_log: WrappedLogger, _method: str, event: EventDict) -> str:
    time, level = event.pop("timestamp", ""), event.pop("level", "info")
    words, name = event.pop("event", ""), event.pop("logger", "")
    rest = " ".join(f"{key}={value}" for key, value in event.items() if not key.startswith("_"))
    return f"{time} {level:<7} {name}: {words} {rest}".rstrip()
