"""Mailboxes that reports come to: a Maildir folder, an mbox file, or a mailbox behind IMAP."""

from __future__ import annotations

import mailbox
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from actionhub.outbox import imap, reports
from actionhub.outbox.incoming import Incoming, UnreadableMailbox


@contextmanager
def opened(source: str) -> Iterator[Iterator[Incoming]]:
    """What nobody has read yet in the mailbox that `source` names, one message at a time.

    A path, or `imaps://user:password@host/folder`. Raises UnreadableMailbox, also from the middle
    of a mailbox that goes away.
    """
    if _is_address(source):
        with imap.connected(imap.read_address(source)) as client:
            yield imap.unread(client)
        return
    try:
        yield _local(Path(source))
    except OSError as problem:
        kind = type(problem).__name__
        raise UnreadableMailbox(f"the mailbox {source} cannot be read: {kind}") from problem


def check(source: str) -> None:
    """Read what names a mailbox, without looking whether it is there. Raises UnreadableMailbox."""
    if _is_address(source):
        imap.read_address(source)


def _is_address(source: str) -> bool:
    return "://" in source


def _local(path: Path) -> Iterator[Incoming]:
    if path.is_file():
        return _mbox(path)
    if path.is_dir() and (path / "cur").is_dir() and (path / "new").is_dir():
        return _maildir(path)
    # Not said which: somebody may have mistyped an address with a password in it.
    raise UnreadableMailbox(
        "there is no mailbox of that name: name a Maildir folder (with cur/ and new/ in it), an"
        " mbox file, or imaps://user:password@host/folder"
    )


def _maildir(path: Path) -> Iterator[Incoming]:
    """The unread messages of a Maildir, oldest first; `done` moves one to cur with the flag S."""
    waiting = sorted(
        (file.name, file)
        for folder in ("new", "cur")
        for file in (path / folder).iterdir()
        if "S" not in _flags(file.name) and file.is_file() and not file.is_symlink()
    )
    for name, file in waiting:
        try:
            with file.open("rb") as lying:
                raw = lying.read(reports.MOST_BYTES)
        except FileNotFoundError:  # another reader was quicker
            continue
        flags = "".join(sorted({*_flags(name), "S"}))
        goal = path / "cur" / f"{name.partition(':2,')[0]}:2,{flags}"
        yield Incoming(raw, partial(_move, file, goal))


def _flags(name: str) -> str:
    return name.partition(":2,")[2]


def _move(file: Path, goal: Path) -> None:
    with suppress(FileNotFoundError):  # as above
        file.rename(goal)


def _mbox(path: Path) -> Iterator[Incoming]:
    """All messages of an mbox file, which stays as it is."""
    with path.open("rb") as file:
        if file.read(5) not in {b"From ", b""}:
            raise UnreadableMailbox(f"{path} is no mbox file: it does not begin with 'From '")
    box = mailbox.mbox(path, create=False)
    try:
        for key in box.iterkeys():
            with box.get_file(key) as lying:
                yield Incoming(lying.read(reports.MOST_BYTES))
    finally:
        box.close()
