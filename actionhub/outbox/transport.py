"""The SMTP conversation: one reused, verified connection, and what became of each message."""

from __future__ import annotations

import smtplib
import socket
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import flask_mail

from actionhub.config import Settings, Smtp
from actionhub.outbox import wire
from actionhub.outbox.connecting import Offline, connect, our_name
from actionhub.outbox.durations import DURATIONS
from actionhub.outbox.messages import Message
from actionhub.outbox.replies import Outcome, Reply, Stage, classify

#: Messages over one connection; then a fresh one, as servers like it.
MESSAGES_A_CONNECTION = 100
#: A goodbye is not worth waiting for.
QUIT_SECONDS = 2.0


class Connection(flask_mail.Connection):
    """Flask-Mail's connection with timeouts, verified TLS, reconnection and a safe DATA.

    Whether a message went out is told by `deliver`; nothing in it raises once the server may have
    taken the message.
    """

    host: wire.Line | None

    def __init__(self, mail: Any, settings: Settings) -> None:
        super().__init__(mail)
        self.smtp: Smtp = settings.smtp
        self._name = our_name(settings)
        self._used_at = 0.0
        self._refused: Reply | None = None  # what the server said to an offer before its dot
        self._half_said = False  # a message was offered and has no end yet
        self._dot_at: float | None = None  # since when we wait for the reply to a final dot
        self.may_give_a_dot: Callable[[], bool] = lambda: True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    def ready(self) -> None:
        """See to a live connection, before a message is marked as being sent. Raises Offline."""
        if self._half_said or self.num_emails >= MESSAGES_A_CONNECTION:
            self.close()
        idle = time.monotonic() - self._used_at
        if self.host is not None and idle > DURATIONS.idle.total_seconds():
            self._check()
        if self.host is None:
            self.host = self.configure_host()
            self.num_emails = 0
            self._used_at = time.monotonic()

    def configure_host(self) -> wire.Line:
        """Connect, secure and log in. Raises Offline."""
        return connect(self.smtp, self._name)

    def send(
        self,
        message: flask_mail.Message,
        envelope_from: str | tuple[str, str] | None = None,
    ) -> None:
        """Flask-Mail's way to send one of our messages.

        Raises Offline, or smtplib.SMTPResponseException unless the server took it.
        """
        if not isinstance(message, Message) or isinstance(envelope_from, tuple):
            raise TypeError("this connection sends the outbox's own messages")
        self.ready()
        reply = self.deliver(message, envelope_from)
        if reply.outcome is not Outcome.ACCEPTED:
            raise smtplib.SMTPResponseException(reply.code or -1, reply.reason)

    def is_ready(self) -> bool:
        """Whether the next message can go at once, without another look at the connection."""
        return self.host is not None and self.num_emails < MESSAGES_A_CONNECTION

    def deliver(self, message: Message, envelope_from: str | None = None) -> Reply:
        """Hand over one message; what became of it. Raises nothing.

        A reused connection that the server has closed meanwhile is opened anew, once.
        """
        self.offer(message, envelope_from)
        reply = self.finish(message, envelope_from)
        assert reply is not None  # it has all the patience there is
        return reply

    def offer(self, message: Message, envelope_from: str | None = None) -> None:
        """All of the conversation but the final dot: until that, nothing is accepted.

        `finish` must follow.
        """
        self._refused = self._up_to_the_dot(message, envelope_from or message.envelope_from)

    def finish(
        self,
        message: Message,
        envelope_from: str | None = None,
        *,
        patience: float | None = None,
    ) -> Reply | None:
        """The final dot of what was offered, and what became of it. Raises nothing.

        None if the server has not answered the dot within `patience` seconds: `last_word` waits on.
        """
        reused = self.num_emails > 0
        reply = self._refused or self._dot(patience)
        if reply is None:
            return None
        self._tidy(reply)
        if reused and reply.stage is Stage.MAIL and reply.outcome in (Outcome.COOL, Outcome.UNSENT):
            try:
                self.ready()
            except Offline as offline:
                return offline.reply
            refused = self._up_to_the_dot(message, envelope_from or message.envelope_from)
            reply = refused or self._dot(patience)
            if reply is not None:
                self._tidy(reply)
        return reply

    def last_word(self) -> Reply:
        """What became of a message whose dot was not answered in patience. Raises nothing."""
        reply = self._after_the_dot(None)
        assert reply is not None
        self._tidy(reply)
        return reply

    def take_back(self) -> None:
        """Hang up on what was offered: without its dot it was never sent (RFC 5321, 4.1.1.4)."""
        self._drop()

    def close(self) -> None:
        """Say goodbye; whatever the server answers, what it accepted it accepted.

        In the middle of a message it just hangs up: what is said there would be part of it.
        """
        if self._half_said:
            self._drop()
        host, self.host = self.host, None
        if host is None:
            return
        try:
            host.within = QUIT_SECONDS
            if host.sock is not None:
                host.sock.settimeout(QUIT_SECONDS)
            host.quit()
        except (smtplib.SMTPException, OSError, ValueError):
            host.close()

    def _up_to_the_dot(self, message: Message, envelope_from: str) -> Reply | None:
        """Envelope and body; None once only the final dot is missing."""
        self._half_said = True
        host = self.host
        if host is None:
            return Reply(Outcome.UNSENT, Stage.MAIL, reason="no connection")
        if message.needs_utf8 and not host.has_extn("smtputf8"):
            return Reply(Outcome.REFUSED, Stage.MAIL, reason="the server takes no SMTPUTF8 address")
        reply = self._envelope(host, message, envelope_from)
        if reply.outcome is not Outcome.ACCEPTED:
            return reply
        return self._body(host, message.as_bytes())

    def _envelope(self, host: wire.Line, message: Message, envelope_from: str) -> Reply:
        """MAIL, RCPT and DATA, at once where the server lets us (RFC 2920): the first that was not
        accepted, or the acceptance of all. Nothing is handed over yet.
        """
        # Not host.mail() and host.rcpt(): they parse addresses that were read already.
        options = " SMTPUTF8 BODY=8BITMIME" if message.needs_utf8 else ""
        commands = (
            (Stage.MAIL, f"MAIL FROM:<{envelope_from}>{options}"),
            (Stage.RCPT, f"RCPT TO:<{message.envelope_to}>"),
            (Stage.DATA, "DATA"),
        )
        host.command_encoding = "utf-8" if message.needs_utf8 else "ascii"
        at_once = host.has_extn("pipelining")
        stage, refused, reply = Stage.MAIL, None, None
        try:
            self._give_time(host)
            if at_once:
                host.send(wire.lines(command for _, command in commands))
            for stage, command in commands:
                if not at_once:
                    host.send(wire.lines([command]))
                reply = classify(stage, *host.getreply())
                if reply.outcome is not Outcome.ACCEPTED:
                    refused = refused or reply
                    if not at_once or reply.outcome is Outcome.COOL:
                        return refused
            if refused and reply and reply.outcome is Outcome.ACCEPTED:
                host.docmd(".")  # it waits for the body of a message that goes to nobody
        except (smtplib.SMTPException, OSError, ValueError) as problem:
            self._drop()
            reason = f"lost: {type(problem).__name__}"
            return refused or Reply(Outcome.UNSENT, stage, reason=reason)
        return refused or reply or Reply(Outcome.UNSENT, stage)

    def _body(self, host: wire.Line, body: bytes) -> Reply | None:
        """The body without its end; None while the server listens, as it should."""
        try:
            self._give_time(host).sendall(wire.dotted(body))
        except (smtplib.SMTPException, OSError, ValueError) as problem:
            return self._lost(Stage.DATA, problem)
        return None

    def _dot(self, patience: float | None) -> Reply | None:
        """The final dot. Lost before it the message is unsent, after it nobody knows."""
        host = self.host
        if host is None or host.sock is None:
            return Reply(Outcome.UNSENT, Stage.DATA, reason="no connection")
        try:
            if host.has_spoken():  # too early: an error or the end, but not our acceptance
                early = classify(Stage.DATA, *host.getreply())
                self._drop()
                if early.outcome is Outcome.ACCEPTED:
                    return Reply(Outcome.UNSENT, Stage.DATA, reason="spoke out of turn")
                return early
            if not self.may_give_a_dot():  # asked last: nothing slow comes after it
                self._drop()
                return Reply(Outcome.WITHHELD, Stage.DATA, reason="taken for dead meanwhile")
            sock = self._give_time(host)
        except (smtplib.SMTPException, OSError, ValueError) as problem:
            return self._lost(Stage.DATA, problem)
        try:
            sock.sendall(b".\r\n")
        except (smtplib.SMTPException, OSError, ValueError) as problem:
            return self._lost(Stage.DOT, problem)  # some of it may have gone
        self._dot_at = time.monotonic()
        return self._after_the_dot(patience)

    def _after_the_dot(self, patience: float | None) -> Reply | None:
        """The reply to the dot, within what RFC 5321 (4.5.3.2.6) grants; None: not in patience."""
        host, since = self.host, self._dot_at or time.monotonic()
        within = DURATIONS.final_reply.total_seconds() - (time.monotonic() - since)
        try:
            if host is None:
                raise smtplib.SMTPServerDisconnected("not connected")
            reply = host.reply(max(within, 0.001), patience)
            return None if reply is None else classify(Stage.DOT, *reply)
        except (smtplib.SMTPException, OSError, ValueError) as problem:
            return self._lost(Stage.DOT, problem)

    def _give_time(self, host: wire.Line) -> socket.socket:
        """The socket, with the time that a command or a block of the body may take."""
        if host.sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        host.sock.settimeout(DURATIONS.command.total_seconds())
        return host.sock

    def _lost(self, stage: Stage, problem: Exception) -> Reply:
        self._drop()
        after = stage is Stage.DOT
        reason = f"lost {'after' if after else 'before'} the final dot: {type(problem).__name__}"
        return Reply(Outcome.UNKNOWN if after else Outcome.UNSENT, stage, reason=reason)

    def _tidy(self, reply: Reply) -> None:
        """Leave the connection ready for the next message, or drop it."""
        self._half_said = False
        self.num_emails += 1
        self._used_at = time.monotonic()
        if reply.outcome is Outcome.ACCEPTED or self.host is None:
            return
        if reply.outcome in (Outcome.COOL, Outcome.OFFLINE, Outcome.UNKNOWN, Outcome.UNSENT):
            self._drop()
            return
        try:
            if self.host.rset()[0] != 250:
                self._drop()
        except (smtplib.SMTPException, OSError, ValueError):
            self._drop()

    def _check(self) -> None:
        try:
            if self.host is not None and self.host.noop()[0] != 250:
                self._drop()
        except (smtplib.SMTPException, OSError, ValueError):
            self._drop()

    def _drop(self) -> None:
        self._half_said = False
        host, self.host = self.host, None
        if host is not None:
            host.close()
