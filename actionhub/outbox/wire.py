"""What goes over the SMTP wire, byte for byte: commands, bodies, and who speaks when."""

from __future__ import annotations

import select
import smtplib
import socket
import ssl
from collections.abc import Iterable
from typing import Any

from actionhub.outbox.durations import DURATIONS


def lines(commands: Iterable[str]) -> str:
    """Commands as they go over the wire. Raises ValueError for one that would be two."""
    joined = "\r\n".join(commands)
    if joined.count("\n") != joined.count("\r\n") or joined.count("\r") != joined.count("\n"):
        raise ValueError("a command with a line end in it")
    return joined + "\r\n"


def dotted(body: bytes) -> bytes:
    """The body with leading dots doubled (RFC 5321, 4.5.2), ended by a line end."""
    stuffed = body.replace(b"\n.", b"\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"


def has_spoken(host: smtplib.SMTP, sock: socket.socket) -> bool:
    """Whether the server said something, or hung up, while it should listen."""
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    if not poll.poll(0):
        return False
    if not isinstance(sock, ssl.SSLSocket):
        return True
    try:  # under TLS, what came may be a session ticket: only a peek tells
        sock.setblocking(False)
        file: Any = host.file
        return bool(file.peek(1))
    except ssl.SSLWantReadError:
        return False
    finally:
        sock.settimeout(DURATIONS.command.total_seconds())
