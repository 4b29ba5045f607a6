"""Fetching from strangers: what is let in, and what gets one line."""

from __future__ import annotations

import gzip
import socket
import time
from dataclasses import replace
from typing import Any

import pytest

from actionhub.newsroom import public_addresses
from actionhub.newsroom.fetching import Limits, fetch
from actionhub.newsroom.items import UnreadableSource
from actionhub.newsroom.public_addresses import NotPublic, may_fetch, resolve
from tests.newsroom.servers import Newsroom

LOCAL = Limits(max_bytes=100_000, seconds=1.0, networks=("127.0.0.0/8",))


def refusal_of(address: str, limits: Limits = LOCAL) -> str:
    with pytest.raises(UnreadableSource) as refusal:
        fetch(address, limits)
    line = str(refusal.value)
    assert "\n" not in line
    assert line.startswith(address[:300])
    return line[len(address) + 1 :]


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
        *("100.100.100.200", "0.0.0.0", "224.0.0.1", "255.255.255.255", "168.63.129.16"),
        *("::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1"),
        *("64:ff9b::7f00:1", "2002:7f00:1::", "::ffff:169.254.169.254"),
    ],
)
def test_what_is_not_public_is_never_fetched(address: str) -> None:
    assert not may_fetch(address)


def test_public_machines_and_named_networks_are_fetched() -> None:
    assert may_fetch("93.184.215.14")
    assert may_fetch("2606:2800:21f:cb07:6820:80da:af6b:8b2c")
    assert may_fetch("10.1.2.3", ["10.1.0.0/16"])
    assert not may_fetch("10.2.2.3", ["10.1.0.0/16"])


def test_one_private_address_speaks_against_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def two_answers(*_: Any, **__: Any) -> list[Any]:
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, ("93.184.215.14", 80)), (*kind, ("10.0.0.1", 80))]

    monkeypatch.setattr(public_addresses.socket, "getaddrinfo", two_answers)
    with pytest.raises(NotPublic, match=r"10\.0\.0\.1"):
        resolve("two.example.org", 80)


def test_the_checked_address_is_the_one_that_is_connected_to(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that answers differently when asked again (DNS rebinding) gains nothing."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def rebinding(host: Any, *rest: Any, **how: Any) -> Any:
        asked.append(str(host))
        first = asked.count("rebinds.example.org") == 1
        return real("127.0.0.1" if first else "10.255.255.1", *rest, **how)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    newsroom.serve("/feed", "hello")
    port = newsroom.url.rpartition(":")[2]
    got = fetch(f"http://rebinds.example.org:{port}/feed", LOCAL)
    assert got.data == b"hello"
    assert asked.count("rebinds.example.org") == 1
    assert newsroom.asked[0][1]["Host"] == f"rebinds.example.org:{port}"


def test_a_private_address_is_refused_and_never_asked(newsroom: Newsroom) -> None:
    address = newsroom.serve("/feed", "hello")
    said = refusal_of(address, Limits(seconds=2))
    assert said == "leads to 127.0.0.1, which is not on the public internet"
    assert newsroom.asked == []


def test_a_redirect_to_a_private_address_is_refused(newsroom: Newsroom) -> None:
    address = newsroom.serve("/feed", status=302, headers={"Location": "http://169.254.169.254/x"})
    assert refusal_of(address) == (
        "redirects to http://169.254.169.254/x, which leads to 169.254.169.254, "
        "which is not on the public internet"
    )


def test_redirects_are_followed_to_the_last_address(newsroom: Newsroom) -> None:
    address = newsroom.serve("/feed", status=301, headers={"Location": "/new/feed"})
    newsroom.serve("/new/feed", "hello")
    got = fetch(address, LOCAL)
    assert (got.data, got.address) == (b"hello", newsroom.url + "/new/feed")


def test_what_has_not_changed_is_not_fetched_again(newsroom: Newsroom) -> None:
    address = newsroom.serve("/feed", "hello", headers={"ETag": '"v1"', "Last-Modified": "Mon"})
    first = fetch(address, LOCAL)
    assert (first.etag, first.last_modified) == ('"v1"', "Mon")
    assert fetch(address, LOCAL, etag=first.etag).data is None


def test_a_packed_answer_is_unpacked(newsroom: Newsroom) -> None:
    packed = gzip.compress(b"hello " * 100)
    address = newsroom.serve("/feed", packed, headers={"Content-Encoding": "gzip"}, pieces=3)
    assert fetch(address, LOCAL).data == b"hello " * 100


def test_too_much_is_refused_whether_it_is_announced_or_not(newsroom: Newsroom) -> None:
    told = newsroom.serve("/told", "x", headers={"Content-Length": str(200 << 20)})
    untold = newsroom.serve("/untold", b"x" * 50_000, repeat=4_000)  # 200 MB
    began = time.monotonic()
    for address in (told, untold):
        assert refusal_of(address) == "is larger than 100000 bytes; that is no newsroom"
    assert time.monotonic() - began < 2


def test_a_small_answer_that_unpacks_to_a_lot_is_refused(newsroom: Newsroom) -> None:
    bomb = gzip.compress(b"\0" * 20_000_000)
    address = newsroom.serve("/feed", bomb, headers={"Content-Encoding": "gzip"})
    assert refusal_of(address) == "is larger than 100000 bytes; that is no newsroom"


@pytest.mark.parametrize("pause", [0.05, 5.0])
def test_a_server_that_dawdles_is_left(newsroom: Newsroom, pause: float) -> None:
    address = newsroom.serve("/feed", b"x" * 100, pieces=100, pause=pause)
    began = time.monotonic()
    assert refusal_of(address) == "did not answer in full within 1 seconds"
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("page", "line"),
    [
        ({"status": 404}, "answered 404 Not Found"),
        ({"status": 500}, "answered 500 Internal Server Error"),
        ({"status": 302}, "redirects without saying where to"),
        ({"status": 302, "headers": {"Location": "/feed"}}, "redirects more than 5 times"),
        (
            {"status": 302, "headers": {"Location": "file:///etc/passwd"}},
            "redirects to file:/etc/passwd, which is not an http or https address",
        ),
        (
            {"status": 302, "headers": {"Location": "http://me:secret@127.0.0.1/"}},
            "redirects to an address that holds a password; feeds are read without one",
        ),
        (
            {"headers": {"Content-Encoding": "br"}, "body": "x"},
            "is packed as br, which was not asked for",
        ),
        (
            {"headers": {"Content-Encoding": "gzip"}, "body": "hello"},
            "is not the gzip that it claims to be",
        ),
        (
            {"headers": {"Content-Length": "50"}, "body": "hello"},
            "could not be fetched: it broke off, or does not speak HTTP",
        ),
    ],
)
def test_a_bad_answer_gets_one_line(newsroom: Newsroom, page: dict[str, Any], line: str) -> None:
    address = newsroom.serve("/feed", **page)
    assert refusal_of(address, replace(LOCAL, seconds=20.0)) == line


def test_nobody_there_gets_one_line() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        assert refusal_of(f"http://127.0.0.1:{port}/") == "could not be fetched: no connection"
    assert refusal_of("http://nowhere.invalid/").startswith("could not be found: no such host")
    assert refusal_of("http://[::1/") == "is not an address that can be read"
    assert refusal_of("http://127.0.0.1:99999/").startswith("is not an address")
