"""A small IMAP server for tests: one account, one folder, real sockets; it can be told to fail."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

NAME, PASSWORD = "bounces@example.org", "s3cret words"


@dataclass
class Folder:
    """The folder and what was asked of it."""

    messages: dict[int, bytes] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    commands: list[str] = field(default_factory=list)  # without what LOGIN says
    tls: ssl.SSLContext | None = None
    offers_starttls: bool = True
    hangs_up_on: str = ""  # a word of the command at which the line drops
    name: str = "INBOX"
    fetched: int = 0  # bytes of messages sent

    def add(self, *messages: bytes) -> None:
        for raw in messages:
            self.messages[max(self.messages, default=100) + 1] = raw


class _Session:
    def __init__(self, folder: Folder, client: socket.socket) -> None:
        self.folder, self.client = folder, client
        self.lines: BinaryIO = client.makefile("rb")
        self.secure = isinstance(client, ssl.SSLSocket)

    def serve(self) -> None:
        self.say("* OK ready")
        while line := self.lines.readline():  # of the present line: TLS begins a new one
            tag, _, command = line.decode("latin-1").strip().partition(" ")
            verb = command.partition(" ")[0].upper()
            if verb == "UID":
                verb = command.split()[1].upper()
            self.folder.commands.append("LOGIN" if verb == "LOGIN" else command)
            if self.folder.hangs_up_on and self.folder.hangs_up_on in command:
                return
            answer = getattr(self, f"do_{verb.lower()}", self.unknown)(command)
            self.say(f"{tag} {answer}")
            if verb == "STARTTLS" and answer.startswith("OK"):
                self.begin_tls()
            if verb == "LOGOUT":
                return

    def say(self, line: str, literal: bytes = b"", end: str = "") -> None:
        self.client.sendall(line.encode() + (b"\r\n" if not literal else b"") + literal)
        if literal:
            self.client.sendall(end.encode() + b"\r\n")

    def begin_tls(self) -> None:
        assert self.folder.tls
        self.client = self.folder.tls.wrap_socket(self.client, server_side=True)
        self.lines, self.secure = self.client.makefile("rb"), True

    def unknown(self, _command: str) -> str:
        return "BAD what?"

    def do_capability(self, _command: str) -> str:
        tls = " STARTTLS" if self.folder.offers_starttls and not self.secure else ""
        self.say(f"* CAPABILITY IMAP4rev1{tls}")
        return "OK done"

    def do_starttls(self, _command: str) -> str:
        return "OK begin" if self.folder.offers_starttls else "BAD no"

    def do_login(self, command: str) -> str:
        found = re.fullmatch(r'LOGIN "?([^" ]+)"? "([^"]+)"', command)
        if found and found.groups() == (NAME, PASSWORD):
            return "OK in"
        return f"NO [AUTHENTICATIONFAILED] no such user {command}"  # servers have said worse

    def do_select(self, command: str) -> str:
        if command.partition(" ")[2].strip('"') != self.folder.name:
            return "NO there is no such folder"
        self.say(f"* {len(self.folder.messages)} EXISTS")
        return "OK [READ-WRITE] done"

    def do_search(self, command: str) -> str:
        assert command.upper() == "UID SEARCH UNSEEN"
        unseen = sorted(self.folder.messages.keys() - self.folder.seen)
        self.say("* SEARCH " + " ".join(str(uid) for uid in unseen))
        return "OK done"

    def do_fetch(self, command: str) -> str:
        found = re.fullmatch(
            r"UID FETCH ([\d,]+) \((BODY)\.PEEK(\[(HEADER)?\])<0\.(\d+)>\)", command
        )
        assert found, command
        for number, uid in enumerate(map(int, found[1].split(",")), 1):
            raw = self.folder.messages.get(uid)
            if raw is None:
                continue
            part = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if found[4] else raw
            part = part[: int(found[5])]
            self.folder.fetched += len(part)
            head = f"* {number} FETCH (UID {uid} BODY{found[3]}<0> {{{len(part)}}}\r\n"
            self.say(head, part, ")")
        return "OK done"

    def do_store(self, command: str) -> str:
        found = re.fullmatch(r"UID STORE (\d+) \+FLAGS\.SILENT \(\\Seen\)", command)
        assert found, command
        self.folder.seen.add(int(found[1]))
        return "OK done"

    def do_logout(self, _command: str) -> str:
        self.say("* BYE")
        return "OK bye"


@contextmanager
def serving(folder: Folder, *, tls_at_once: bool = False) -> Iterator[int]:
    """Serve the folder on loopback; the port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(client,), daemon=True).start()

    def serve(client: socket.socket) -> None:
        session = None
        try:
            if tls_at_once:
                assert folder.tls
                client = folder.tls.wrap_socket(client, server_side=True)
            session = _Session(folder, client)
            session.serve()
        except OSError:
            pass
        finally:
            for open_one in [session.lines, session.client] if session else [client]:
                open_one.close()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(2)
