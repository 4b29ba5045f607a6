"""A mailbox behind IMAP (RFC 3501), read over a verified connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from imapclient import SEEN, IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError, LoginError

from actionhub.outbox import reports
from actionhub.outbox.incoming import Incoming, UnreadableMailbox

#: Seconds to connect, and to wait for each piece of an answer.
TIMEOUTS = (20, 60)
#: Headers that are fetched at a time, and as much of each as is looked at.
_BATCH = 50
_HEADER_BYTES = 64 << 10


@dataclass(frozen=True)
class Server:
    """Where a mailbox is. `security` is `plain`, `starttls` or `tls`."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    folder: str
    security: str


def read_address(text: str) -> Server:
    """Read `imaps://user:password@host[:port][/folder]`, or `imap://` for STARTTLS.

    As with SMTP, plain `imap://` towards this very machine goes in the clear, and
    `?starttls=required|off` says otherwise. Raises UnreadableMailbox, which does not repeat it.
    """
    try:
        parts = urlsplit(text)
        port, host = parts.port, parts.hostname
    except ValueError:
        parts, port, host = urlsplit(""), None, None
    if parts.scheme not in {"imap", "imaps"} or not host or not parts.username:
        raise UnreadableMailbox(
            "that is not an IMAP address: write imaps://user:password@host/folder, with %40 for an"
            " @ in the name"
        )
    local = host in {"localhost", "127.0.0.1", "::1"}
    wish = parse_qs(parts.query).get("starttls", ["off" if local else "required"])[0]
    security = "tls" if parts.scheme == "imaps" else "plain" if wish == "off" else "starttls"
    return Server(
        host=host,
        port=port or (993 if security == "tls" else 143),
        username=unquote(parts.username),
        password=unquote(parts.password or ""),
        folder=unquote(parts.path.strip("/")) or "INBOX",
        security=security,
    )


@contextmanager
def connected(server: Server) -> Iterator[IMAPClient]:
    """A client that is logged in, with the folder open. Raises UnreadableMailbox."""
    try:
        with IMAPClient(
            server.host,
            port=server.port,
            ssl=server.security == "tls",
            timeout=SocketTimeout(*TIMEOUTS),
        ) as client:
            if server.security == "starttls":
                client.starttls()
            client.login(server.username, server.password)
            client.select_folder(server.folder)
            yield client
    except LoginError:
        raise UnreadableMailbox(f"{server.host} does not accept that name and password") from None
    except (IMAPClientError, OSError) as problem:  # whose words may repeat what we sent
        kind = type(problem).__name__
        raise UnreadableMailbox(f"the mailbox at {server.host} cannot be read: {kind}") from None


def unread(client: IMAPClient) -> Iterator[Incoming]:
    """The unread messages of the open folder, oldest first; nothing is marked but by `done`.

    The whole of a message is fetched only if its header says that it is a report.
    """
    wanted = f"BODY.PEEK[HEADER]<0.{_HEADER_BYTES}>"
    waiting = sorted(client.search("UNSEEN"))
    for start in range(0, len(waiting), _BATCH):
        uids = waiting[start : start + _BATCH]
        heads = client.fetch(uids, [wanted])
        for uid in uids:
            raw = _body(heads.get(uid, {}), b"BODY[HEADER]")
            if raw is None:  # deleted meanwhile
                continue
            if reports.glance(raw) is None:
                peek = f"BODY.PEEK[]<0.{reports.MOST_BYTES}>"
                raw = _body(client.fetch([uid], [peek]).get(uid, {}), b"BODY[]") or raw
            yield Incoming(raw, partial(_mark_read, client, uid))


def _body(answer: Any, name: bytes) -> bytes | None:
    """What was asked for, under the name that the server gives it (`BODY[]<0>`)."""
    for key, value in answer.items():
        if bytes(key).upper().startswith(name) and isinstance(value, bytes):
            return value
    return None


def _mark_read(client: IMAPClient, uid: int) -> None:
    client.add_flags([uid], [SEEN], silent=True)
