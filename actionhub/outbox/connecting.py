"""Opening an SMTP connection: greeted, secured with verified TLS, logged in."""

from __future__ import annotations

import smtplib
import socket
import ssl

from actionhub.config import Settings, Smtp
from actionhub.outbox import wire
from actionhub.outbox.durations import DURATIONS
from actionhub.outbox.replies import Outcome, Reply, Stage


class Offline(Exception):
    """No conversation can be had; `reply` says at which point. Nobody's attempt."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.reason)
        self.reply = reply


def connect(smtp: Smtp, our_name: str) -> wire.Line:
    """Connect, secure and log in. Raises Offline."""
    host: wire.Line | None = None
    try:
        host = _dial(smtp, our_name)
        if smtp.security == "starttls":
            host.secure(ssl.create_default_context())
        host.ehlo_or_helo_if_needed()
        if smtp.username and smtp.password is not None:
            host.login(smtp.username, smtp.password)
        if host.sock is not None:
            host.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except (smtplib.SMTPException, OSError, ValueError) as problem:
        if host is not None:
            host.close()
        raise Offline(_offline(problem)) from None
    return host


def our_name(settings: Settings) -> str:
    """What we call ourselves in EHLO: our public name, or an address literal (RFC 5321, 4.1.4)."""
    name = settings.base_url.partition("://")[2].partition(":")[0]
    return name if "." in name and not name.replace(".", "").isdigit() else "[127.0.0.1]"


def _dial(smtp: Smtp, our_name: str) -> wire.Line:
    where = (smtp.host, smtp.port, our_name)
    seconds = DURATIONS.connect.total_seconds()
    if smtp.security == "tls":
        return wire.Tls(*where, timeout=seconds, context=ssl.create_default_context())
    return wire.Plain(*where, timeout=seconds)


def _offline(problem: Exception) -> Reply:
    code = problem.smtp_code if isinstance(problem, smtplib.SMTPResponseException) else None
    kind = type(problem).__name__
    if isinstance(problem, ssl.SSLCertVerificationError):
        kind = "the server's certificate does not prove its name"
    elif isinstance(problem, smtplib.SMTPAuthenticationError):
        kind = "the server refused our user name or password"
    return Reply(Outcome.OFFLINE, Stage.CONNECT, code, reason=kind)
