"""The bytes of a source, from a file or an address, within bounds; and the text in them."""

from __future__ import annotations

import codecs
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from actionhub.newsroom.fetching import Fetched, Limits, fetch, too_large
from actionhub.newsroom.items import UnreadableSource

_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*)://")
_DECLARED = re.compile(
    rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]+)"""
    rb"""|<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9._:-]+)""",
    re.IGNORECASE,
)
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_PACKED = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"BZh": "bzip2", b"%PDF": "PDF"}


@dataclass(frozen=True)
class Text:
    """A source's text, and the address that its links are relative to."""

    words: str
    base: str | None


def is_address(source: str) -> bool:
    """Whether `source` is an address, not a path. Raises UnreadableSource for other schemes."""
    scheme = _SCHEME.match(source)
    if scheme is None:
        return False
    if scheme[1].lower() not in {"http", "https"}:
        raise UnreadableSource(source, "is not read: give a file's path, or an http(s) address")
    return True


def get(source: str, limits: Limits) -> Fetched:
    """The bytes of a path or an address. Raises UnreadableSource."""
    if is_address(source):
        return fetch(source, limits)
    return Fetched(read_file(source, limits.max_bytes), source)


def read_file(path: str, max_bytes: int) -> bytes:
    """The bytes of a regular file; never waits on a pipe or device. Raises UnreadableSource."""
    try:
        handle = os.open(Path(path).expanduser(), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as missing:
        raise UnreadableSource(path, "is not there: no such file") from missing
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or "that is no path"
        raise UnreadableSource(path, f"cannot be opened: {reason}") from problem
    about = os.fstat(handle)
    if not stat.S_ISREG(about.st_mode):
        os.close(handle)
        what = "a folder" if stat.S_ISDIR(about.st_mode) else "a pipe or a device"
        raise UnreadableSource(path, f"is {what}, not a file")
    with os.fdopen(handle, "rb") as file:
        if about.st_size > max_bytes:
            raise UnreadableSource(path, too_large(max_bytes))
        try:
            data = file.read(max_bytes + 1)
        except OSError as problem:
            raise UnreadableSource(path, f"cannot be read: {problem.strerror}") from problem
    if len(data) > max_bytes:
        raise UnreadableSource(path, too_large(max_bytes))
    return data


def decode(fetched: Fetched, source: str) -> Text:
    """The text of what was got, in the encoding that it declares, else UTF-8, strictly.

    Raises UnreadableSource for anything that is not text in that encoding.
    """
    data = fetched.data or b""
    if not data.strip():
        raise UnreadableSource(source, "is empty")
    for mark, name in _PACKED.items():
        if data.startswith(mark):
            raise UnreadableSource(source, f"is a {name} file, not a feed, a page or a text")
    encoding = _encoding_of(data, fetched.charset)
    try:
        words = data.decode(encoding)
    except LookupError as unknown:
        problem = f"says that its encoding is {encoding}, which is not known here"
        raise UnreadableSource(source, problem) from unknown
    except UnicodeError as bad:
        problem = f"is not text in {encoding}, the encoding it should be in; save it as UTF-8"
        raise UnreadableSource(source, problem) from bad
    words = words.removeprefix("\ufeff")
    if "\x00" in words:
        raise UnreadableSource(source, "is not text: it holds zero bytes")
    return Text(words, fetched.address if is_address(source) else None)


def _encoding_of(data: bytes, charset: str | None) -> str:
    for mark, name in _MARKS.items():
        if data.startswith(mark):
            return name
    declared = _DECLARED.search(data[:4096])
    inside = (declared[1] or declared[2]).decode("ascii").lower() if declared else None
    encoding = charset or inside or "utf-8"
    try:
        if not codecs.lookup(encoding)._is_text_encoding:
            return "utf-8"
    except LookupError:
        return encoding
    return encoding
