"""What goes over the SMTP wire, byte for byte: commands, bodies, and replies within a time."""

from __future__ import annotations

import select
import smtplib
import socket
import ssl
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from actionhub.outbox.durations import DURATIONS

#: No reply is longer (RFC 5321, 4.5.3.1.5 has 512 octets a line; some servers write whole pages).
LONGEST_REPLY = 64 << 10

if TYPE_CHECKING:
    _Smtp = smtplib.SMTP
else:
    _Smtp = object


class _InTime(_Smtp):
    """smtplib's client whose replies are bounded as a whole: a byte a second is no progress."""

    within: float = DURATIONS.command.total_seconds()
    _read: bytes = b""

    def getreply(self) -> tuple[int, bytes]:
        """The next reply, within `within` seconds. Raises as `reply` does."""
        reply = self.reply(self.within)
        assert reply is not None
        return reply

    def reply(self, within: float, patience: float | None = None) -> tuple[int, bytes] | None:
        """The next reply, all of it within `within` seconds.

        None if it is not here after `patience` seconds: another call goes on waiting. Raises
        TimeoutError, SMTPServerDisconnected, SMTPResponseException (no SMTP), OSError; closed then.
        """
        begun = time.monotonic()
        while (whole := self._whole_reply()) is None:
            elapsed = time.monotonic() - begun
            if elapsed >= within:
                self.close()
                raise TimeoutError("no whole reply in time")
            if patience is None:
                self._receive(within - elapsed)
            elif elapsed >= patience or not self._receive(min(patience, within) - elapsed, True):
                return None
        return whole

    def has_spoken(self) -> bool:
        """Whether the server said something, or hung up, while it should listen."""
        if self._read:
            return True
        sock: Any = self.sock
        if not isinstance(sock, ssl.SSLSocket):
            return self._readable(0)
        if not self._readable(0):
            return False
        try:  # under TLS, what came may be a session ticket: only reading tells
            sock.setblocking(False)
            self._read += sock.recv(4096)
        except ssl.SSLWantReadError:
            return False
        return True  # something, or the end

    def secure(self, context: ssl.SSLContext) -> None:
        """STARTTLS; what came in the clear behind its answer is thrown away (CVE-2011-0411)."""
        self.starttls(context=context)
        self._read = b""

    def _readable(self, seconds: float) -> bool:
        """Whether something comes within so many seconds; with none left, nothing does."""
        sock: Any = self.sock
        if sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        if isinstance(sock, ssl.SSLSocket) and sock.pending():
            return seconds >= 0
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return seconds >= 0 and bool(poll.poll(seconds * 1000))

    def _receive(self, seconds: float, patiently: bool = False) -> bool:
        """Read what comes in so many seconds. Nothing does: False if patient, else it is over."""
        sock: socket.socket | None = self.sock
        if sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        try:
            sock.settimeout(seconds)
            more = sock.recv(65536)
        except OSError as problem:
            if patiently and isinstance(problem, TimeoutError):
                return False
            self.close()
            raise
        self._read += more
        if not more or len(self._read) > LONGEST_REPLY:
            self.close()
            raise smtplib.SMTPServerDisconnected("hung up, or said too much")
        return True

    def _whole_reply(self) -> tuple[int, bytes] | None:
        """Take the first reply off what was read, if its last line is there (RFC 5321, 4.2.1)."""
        texts, at = [], 0
        while (end := self._read.find(b"\n", at)) >= 0:
            line = self._read[at:end].rstrip(b"\r")
            at = end + 1
            texts.append(line[4:].strip(b" \t"))
            if line[3:4] != b"-":
                self._read = self._read[at:]
                code = int(line[:3]) if line[:3].isdigit() else -1
                return code, b"\n".join(texts)
        return None


class Plain(_InTime, smtplib.SMTP):
    """Over a plain connection, which STARTTLS may secure."""


class Tls(_InTime, smtplib.SMTP_SSL):
    """Over TLS from the first byte."""


Line = Plain | Tls


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
