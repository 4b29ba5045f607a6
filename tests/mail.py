"""A real SMTP server for tests: what reaches it is kept, and it can be told to refuse."""

from __future__ import annotations

import email
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email import policy
from email.message import EmailMessage
from typing import Any, cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask

from actionhub.config import Smtp


class Sink:
    """Keeps every message in the order of arrival.

    `rcpt_replies` and `data_replies` map an address to a reply such as `550 5.1.1 no such user`,
    or to a list of replies, one a try (after the last one it accepts).
    """

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.envelopes: list[Envelope] = []
        self.connections = 0
        self.rcpt_replies: dict[str, str | list[str]] = {}
        self.data_replies: dict[str, str | list[str]] = {}
        self._lock = threading.Lock()

    @property
    def messages(self) -> list[EmailMessage]:
        return [
            cast(EmailMessage, email.message_from_bytes(raw, policy=policy.default))
            for raw in list(self.raw)
        ]

    def to(self, address: str) -> list[EmailMessage]:
        """The messages to one address."""
        return [message for message in self.messages if address in str(message["To"])]

    def clear(self) -> None:
        self.raw.clear()
        self.envelopes.clear()

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, replies: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return replies

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        reply = self._reply(self.rcpt_replies, address)
        if reply is None or reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return reply or "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        reply = self._reply(self.data_replies, envelope.rcpt_tos[0])
        if reply is None:
            with self._lock:
                self.raw.append(cast(bytes, envelope.original_content))
                self.envelopes.append(envelope)
        return reply or "250 2.0.0 OK queued"

    @staticmethod
    def _reply(replies: dict[str, str | list[str]], address: str) -> str | None:
        told = replies.get(address)
        if isinstance(told, list):
            return told.pop(0) if told else None
        return told


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def listening(sink: Sink, **options: Any) -> Iterator[int]:
    """Run `sink` on loopback; the port. `options` go to aiosmtpd's controller."""
    port = options.pop("port", None) or free_port()
    options.setdefault("enable_SMTPUTF8", True)
    controller = Controller(sink, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@contextmanager
def mailing_through(app: Flask, smtp: Smtp) -> Iterator[None]:
    """Point the app's settings at an SMTP server for a while."""
    before = app.extensions["actionhub.settings"]
    app.extensions["actionhub.settings"] = replace(before, smtp=smtp)
    try:
        yield
    finally:
        app.extensions["actionhub.settings"] = before


@pytest.fixture
def smtp_sink(app: Flask) -> Iterator[Sink]:
    """A sink that this test's app sends to: `drain()`, then look at `smtp_sink.messages`."""
    sink = Sink()
    with (
        listening(sink) as port,
        mailing_through(app, Smtp("127.0.0.1", port, None, None, "plain")),
    ):
        yield sink
