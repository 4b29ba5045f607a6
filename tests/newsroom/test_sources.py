"""Files as sources, and the text in bytes."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from actionhub.newsroom.fetching import Fetched, Limits
from actionhub.newsroom.items import UnreadableSource
from actionhub.newsroom.sources import decode, get, is_address

SMALL = Limits(max_bytes=1000)


def refusal_of(path: Path | str) -> str:
    with pytest.raises(UnreadableSource) as refusal:
        decode(get(str(path), SMALL), str(path))
    assert "\n" not in str(refusal.value)
    return str(refusal.value).removeprefix(str(path)).strip()


def test_what_is_no_readable_file_gets_one_line(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "big").write_bytes(b"x" * 1001)
    (tmp_path / "empty").write_text(" \n")
    assert refusal_of(tmp_path / "missing") == "is not there: no such file"
    assert refusal_of(tmp_path) == "is a folder, not a file"
    assert refusal_of(tmp_path / "pipe") == "is a pipe or a device, not a file"
    assert refusal_of("/dev/zero") == "is a pipe or a device, not a file"
    assert refusal_of(tmp_path / "big") == "is larger than 1000 bytes; that is no newsroom"
    assert refusal_of(tmp_path / "empty") == "is empty"
    assert refusal_of("a\x00b").endswith("cannot be opened: that is no path")


def test_two_hundred_megabytes_are_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(200 << 20)
    with pytest.raises(UnreadableSource, match="larger than 10 MB"):
        get(str(tmp_path / "huge"), Limits())


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (gzip.compress(b"x", mtime=0), "is a gzip file, not a feed, a page or a text"),
        (b"%PDF-1.7", "is a PDF file, not a feed, a page or a text"),
        (b"a\x00b", "is not text: it holds zero bytes"),
        (b"caf\xe9", "is not text in utf-8, the encoding it should be in; save it as UTF-8"),
        (
            b'<?xml version="1.0" encoding="ascii"?><rss>\xc3\xa9</rss>',
            "is not text in ascii, the encoding it should be in; save it as UTF-8",
        ),
        (
            b'<?xml version="1.0" encoding="klingon"?>',
            "says that its encoding is klingon, which is not known here",
        ),
    ],
)
def test_bytes_that_are_not_the_text_they_claim_get_one_line(
    tmp_path: Path, data: bytes, line: str
) -> None:
    (tmp_path / "file").write_bytes(data)
    assert refusal_of(tmp_path / "file") == line


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        ("é".encode(), None),
        ("\ufeffé".encode(), None),
        ("é".encode("utf-16"), None),
        (b"\xe9", "iso-8859-1"),
        (b'<meta charset="iso-8859-1">\xe9', None),
        (b'<?xml version="1.0" encoding="iso-8859-1"?>\xe9', None),
        ("é".encode(), "rot13"),
    ],
)
def test_declared_encodings_are_kept_to(data: bytes, charset: str | None) -> None:
    assert decode(Fetched(data, "x", charset), "x").words.endswith("é")


@pytest.mark.parametrize("source", ["ftp://example.org/", "file:///etc/passwd", "gopher://x"])
def test_other_schemes_are_refused(source: str) -> None:
    with pytest.raises(UnreadableSource, match="give a file's path, or an http"):
        is_address(source)
