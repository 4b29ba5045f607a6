"""The SMTP conversation: one reused, verified connection, and what became of each message."""

from __future__ import annotations

import smtplib
import socket
import ssl
import time
from types import TracebackType
from typing import Any, Self

import flask_mail

from actionhub.config import Settings, Smtp
from actionhub.outbox import wire
from actionhub.outbox.durations import DURATIONS
from actionhub.outbox.messages import Message
from actionhub.outbox.replies import Outcome, Reply, Stage, classify

#: Messages over one connection; then a fresh one, as servers like it.
MESSAGES_A_CONNECTION = 100


class Offline(Exception):
    """No conversation can be had; `reply` says at which point. Nobody's attempt."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.reason)
        self.reply = reply


class Connection(flask_mail.Connection):
    """Flask-Mail's connection with timeouts, verified TLS, reconnection and a safe DATA.

    Whether a message went out is told by `deliver`; nothing in it raises once the server may have
    taken the message.
    """

    host: smtplib.SMTP | None

    def __init__(self, mail: Any, settings: Settings) -> None:
        super().__init__(mail)
        self.smtp: Smtp = settings.smtp
        self._name = _our_name(settings)
        self._used_at = 0.0
        self._refused: Reply | None = None  # what the server said to an offer before its dot

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
        """See to a live connection: before a message is marked as being sent.

        Raises Offline when none can be had.
        """
        if self.host is not None and self.num_emails >= MESSAGES_A_CONNECTION:
            self.close()
        if (
            self.host is not None
            and time.monotonic() - self._used_at > DURATIONS.idle.total_seconds()
        ):
            self._check()
        if self.host is None:
            self.host = self.configure_host()
            self.num_emails = 0
            self._used_at = time.monotonic()

    def configure_host(self) -> smtplib.SMTP:
        """Connect, secure and log in. Raises Offline."""
        host: smtplib.SMTP | None = None
        try:
            host = self._connect()
            if self.smtp.security == "starttls":
                host.starttls(context=ssl.create_default_context())
            host.ehlo_or_helo_if_needed()
            if self.smtp.username and self.smtp.password is not None:
                host.login(self.smtp.username, self.smtp.password)
            if host.sock is not None:
                host.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                host.sock.settimeout(DURATIONS.command.total_seconds())
        except (smtplib.SMTPException, OSError, ValueError) as problem:
            if host is not None:
                host.close()
            raise Offline(_offline(problem)) from None
        return host

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
        return self.finish(message, envelope_from)

    def offer(self, message: Message, envelope_from: str | None = None) -> None:
        """All of the conversation but the final dot: until that, nothing is accepted.

        So it may go on while the message is being marked. `finish` or `take_back` must follow.
        """
        self._refused = self._up_to_the_dot(message, envelope_from or message.envelope_from)

    def finish(self, message: Message, envelope_from: str | None = None) -> Reply:
        """The final dot of what was offered, and what became of it. Raises nothing."""
        reused = self.num_emails > 0
        reply = self._refused or self._dot()
        self._tidy(reply)
        if reused and reply.stage is Stage.MAIL and reply.outcome in (Outcome.COOL, Outcome.UNSENT):
            try:
                self.ready()
            except Offline as offline:
                return offline.reply
            refused = self._up_to_the_dot(message, envelope_from or message.envelope_from)
            reply = refused or self._dot()
            self._tidy(reply)
        return reply

    def take_back(self) -> None:
        """Hang up on what was offered: without its dot it was never sent (RFC 5321, 4.1.1.4)."""
        self._drop()

    def close(self) -> None:
        """Say goodbye; whatever the server answers, what it accepted it accepted."""
        host, self.host = self.host, None
        if host is None:
            return
        try:
            if host.sock is not None:
                host.sock.settimeout(2)
            host.quit()
        except (smtplib.SMTPException, OSError, ValueError):
            host.close()

    def _up_to_the_dot(self, message: Message, envelope_from: str) -> Reply | None:
        """Envelope and body; None once only the final dot is missing."""
        host = self.host
        if host is None:
            return Reply(Outcome.UNSENT, Stage.MAIL, reason="no connection")
        if message.needs_utf8 and not host.has_extn("smtputf8"):
            return Reply(Outcome.REFUSED, Stage.MAIL, reason="the server takes no SMTPUTF8 address")
        reply = self._envelope(host, message, envelope_from)
        if reply.outcome is not Outcome.ACCEPTED:
            return reply
        return self._body(host, message.as_bytes())

    def _envelope(self, host: smtplib.SMTP, message: Message, envelope_from: str) -> Reply:
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

    def _body(self, host: smtplib.SMTP, body: bytes) -> Reply | None:
        """The body without its end; None while the server listens, as it should."""
        try:
            assert host.sock is not None
            host.sock.sendall(wire.dotted(body))
        except (smtplib.SMTPException, OSError, ValueError) as problem:
            return self._lost_before_the_dot(problem)
        return None

    def _dot(self) -> Reply:
        """The final dot. Lost before it the message is unsent, after it nobody knows."""
        host = self.host
        if host is None or host.sock is None:
            return Reply(Outcome.UNSENT, Stage.DATA, reason="no connection")
        sock = host.sock
        try:
            if wire.has_spoken(
                host, sock
            ):  # too early: an error or the end, but not our acceptance
                early = classify(Stage.DATA, *host.getreply())
                self._drop()
                if early.outcome is Outcome.ACCEPTED:
                    return Reply(Outcome.UNSENT, Stage.DATA, reason="spoke out of turn")
                return early
        except (smtplib.SMTPException, OSError, ValueError) as problem:
            return self._lost_before_the_dot(problem)
        try:
            sock.sendall(b".\r\n")
            sock.settimeout(DURATIONS.final_reply.total_seconds())
            code, text = host.getreply()
            sock.settimeout(DURATIONS.command.total_seconds())
            return classify(Stage.DOT, code, text)
        except (smtplib.SMTPException, OSError, ValueError) as problem:
            self._drop()
            reason = f"lost after the final dot: {type(problem).__name__}"
            return Reply(Outcome.UNKNOWN, Stage.DOT, reason=reason)

    def _lost_before_the_dot(self, problem: Exception) -> Reply:
        self._drop()
        reason = f"lost before the final dot: {type(problem).__name__}"
        return Reply(Outcome.UNSENT, Stage.DATA, reason=reason)

    def _tidy(self, reply: Reply) -> None:
        """Leave the connection ready for the next message, or drop it."""
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
        host, self.host = self.host, None
        if host is not None:
            host.close()

    def _connect(self) -> smtplib.SMTP:
        where = (self.smtp.host, self.smtp.port, self._name)
        if self.smtp.security == "tls":
            return smtplib.SMTP_SSL(
                *where,
                timeout=DURATIONS.connect.total_seconds(),
                context=ssl.create_default_context(),
            )
        return smtplib.SMTP(*where, timeout=DURATIONS.connect.total_seconds())


def _offline(problem: Exception) -> Reply:
    code = problem.smtp_code if isinstance(problem, smtplib.SMTPResponseException) else None
    kind = type(problem).__name__
    if isinstance(problem, ssl.SSLCertVerificationError):
        kind = "the server's certificate does not prove its name"
    elif isinstance(problem, smtplib.SMTPAuthenticationError):
        kind = "the server refused our user name or password"
    return Reply(Outcome.OFFLINE, Stage.CONNECT, code, reason=kind)


def _our_name(settings: Settings) -> str:
    """What we call ourselves in EHLO: our public name, or an address literal (RFC 5321, 4.1.4)."""
    name = settings.base_url.partition("://")[2].partition(":")[0]
    return name if "." in name and not name.replace(".", "").isdigit() else "[127.0.0.1]"
