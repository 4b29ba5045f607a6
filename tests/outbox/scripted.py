"""An SMTP server that speaks from a script: for what a well-behaved one never does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar

#: What the server does at a verb: a reply to give, or None to hang up there and then.
Script = dict[str, Callable[[int], str | None]]


class Scripted:
    """`script` maps a verb (CONNECT, EHLO, AUTH, MAIL, RCPT, DATA, BODY, DOT, RSET, NOOP, QUIT)
    to a function of how often it came before. BODY hangs up within the body when it gives None.
    """

    REPLIES: ClassVar[dict[str, str]] = {
        "CONNECT": "220 hello",
        "EHLO": "250-x\r\n250-AUTH PLAIN\r\n250 8BITMIME",
        "DATA": "354 go on",
        "AUTH": "235 2.7.0 in",
        "QUIT": "221 bye",
    }

    def __init__(self, **script: Callable[[int], str | None]) -> None:
        self.script = script
        self.seen: list[str] = []
        self.bodies: list[bytes] = []
        self.connections = 0
        self._lock = threading.Lock()

    def verbs(self, verb: str) -> int:
        return self.seen.count(verb)

    def _reply(self, verb: str) -> str | None:
        with self._lock:
            times = self.seen.count(verb)
            self.seen.append(verb)
        told = self.script.get(verb)
        return told(times) if told else self.REPLIES.get(verb, "250 2.0.0 fine")

    def serve(self, client: socket.socket) -> None:
        self.connections += 1
        with client, client.makefile("rb") as lines:
            if not self._say(client, "CONNECT"):
                return
            for line in lines:
                verb = line[:4].decode("latin-1").strip().upper()
                if verb == "DATA":
                    hangs_up = "BODY" in self.script and self._reply("BODY") is None
                    if hangs_up:
                        # in one segment with the end: the client sees both or neither
                        client.sendall(b"354 go on\r\n", getattr(socket, "MSG_MORE", 0))
                        client.shutdown(socket.SHUT_WR)
                        return
                if not self._say(client, verb) or verb == "QUIT":
                    return
                if verb == "DATA" and self.seen[-1] == "DATA" and not self._body(client, lines):
                    return

    def _body(self, client: socket.socket, lines: Iterator[bytes]) -> bool:
        if "DATA" in self.script:  # it was refused: no body comes
            return True
        body = []
        for line in lines:
            if line == b".\r\n":
                break
            body.append(line)
        else:  # hung up before the end: no message
            return False
        self.bodies.append(b"".join(body))
        return self._say(client, "DOT")

    def _say(self, client: socket.socket, verb: str) -> bool:
        reply = self._reply(verb)
        if reply is None:
            client.shutdown(socket.SHUT_RDWR)
            return False
        client.sendall(reply.encode() + b"\r\n")
        return True


@contextmanager
def running(server: Scripted) -> Iterator[int]:
    """Run it on loopback; the port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=_quietly, args=(server, client), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(2)


def _quietly(server: Scripted, client: socket.socket) -> None:
    try:
        server.serve(client)
    except OSError:
        client.close()
