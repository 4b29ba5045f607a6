"""Fetching a source over http(s) from a stranger: checked at every hop, capped in size and time."""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlsplit

import httpx

from actionhub import __version__
from actionhub.newsroom.items import UnreadableSource
from actionhub.newsroom.public_addresses import NotPublic, resolve

#: Redirects followed before giving up.
MAX_HOPS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_WBITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


@dataclass(frozen=True)
class Limits:
    """What a fetch may take; `networks` are private ones it may reach all the same."""

    max_bytes: int = 10 << 20
    seconds: float = 30.0  # for all of it: names, hops, body
    networks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fetched:
    """What an address answered. `data` is None where nothing changed since the last time (304)."""

    data: bytes | None
    address: str  # after redirects
    charset: str | None = None
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True)
class _Ask:
    source: str
    limits: Limits
    headers: Mapping[str, str] = field(default_factory=dict)

    def refuse(self, problem: str) -> UnreadableSource:
        return UnreadableSource(self.source, problem)


def fetch(
    address: str,
    limits: Limits,
    *,
    etag: str | None = None,
    last_modified: str | None = None,
) -> Fetched:
    """GET `address`, or learn that it has not changed (RFC 9110 conditional requests).

    Raises UnreadableSource with one line. Runs its own event loop in a thread of its own, so
    that the time limit holds wherever the other side dawdles, and whoever calls.
    """
    headers = {
        "User-Agent": f"ActionHub/{__version__} (newsroom reader)",
        "Accept": "application/rss+xml, application/atom+xml, text/html, text/plain;q=0.9",
        "Accept-Encoding": "gzip, identity",
    }
    if etag:
        headers["If-None-Match"] = etag
    if last_modified:
        headers["If-Modified-Since"] = last_modified
    ask = _Ask(address, limits, headers)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _within_time(ask)).result()


async def _within_time(ask: _Ask) -> Fetched:
    try:
        async with asyncio.timeout(ask.limits.seconds):
            return await _follow(ask)
    except TimeoutError as slow:
        seconds = f"{ask.limits.seconds:g}"
        raise ask.refuse(f"did not answer in full within {seconds} seconds") from slow
    except httpx.HTTPError as problem:
        raise ask.refuse(f"could not be fetched: {_said(problem)}") from problem


async def _follow(ask: _Ask) -> Fetched:
    address = ask.source
    for _hop in range(MAX_HOPS + 1):
        request = await _checked_request(ask, address)
        transport = httpx.AsyncHTTPTransport(verify=ssl.create_default_context())
        async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
            answer = await client.send(request, stream=True)
            if answer.status_code not in _REDIRECTS:
                return await _read(ask, address, answer)
            location = answer.headers.get("location")
            if not location:
                raise ask.refuse("redirects without saying where to")
            try:
                address = str(httpx.URL(address).join(location))
            except (httpx.InvalidURL, ValueError) as bad:
                raise ask.refuse("redirects to something that is no address") from bad
    raise ask.refuse(f"redirects more than {MAX_HOPS} times")


async def _checked_request(ask: _Ask, address: str) -> httpx.Request:
    """The request for `address`, aimed at the very IP address that was checked."""
    where = "" if address == ask.source else f"redirects to {address}, which "
    try:
        url = httpx.URL(address)
        parts = urlsplit(address)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except (httpx.InvalidURL, ValueError) as bad:
        raise ask.refuse(f"{where}is not an address that can be read") from bad
    if url.scheme not in {"http", "https"} or not url.host:
        raise ask.refuse(f"{where}is not an http or https address")
    if url.userinfo:
        where = "redirects to an address that " if where else ""
        raise ask.refuse(f"{where}holds a password; feeds are read without one")
    name = url.raw_host.decode("ascii").strip("[]")
    look_up = partial(resolve, name, port, ask.limits.networks)
    try:
        ip = await asyncio.get_running_loop().run_in_executor(None, look_up)
    except NotPublic as private:
        raise ask.refuse(
            f"{where}leads to {private}, which is not on the public internet"
        ) from private
    except (OSError, UnicodeError) as problem:
        raise ask.refuse(f"{where}could not be found: no such host as {name}") from problem
    headers = dict(ask.headers) | {"Host": url.netloc.decode("ascii")}
    aimed = url.copy_with(host=ip)
    return httpx.Request("GET", aimed, headers=headers, extensions={"sni_hostname": name})


async def _read(ask: _Ask, address: str, answer: httpx.Response) -> Fetched:
    if answer.status_code == 304:
        return Fetched(None, address)
    if answer.status_code != 200:
        raise ask.refuse(f"answered {answer.status_code} {answer.reason_phrase}".rstrip())
    length = answer.headers.get("content-length", "")
    if length.isdigit() and int(length) > ask.limits.max_bytes:
        raise ask.refuse(too_large(ask.limits.max_bytes))
    return Fetched(
        data=await _body(ask, answer),
        address=address,
        charset=answer.charset_encoding,
        etag=answer.headers.get("etag", "")[:300] or None,
        last_modified=answer.headers.get("last-modified", "")[:100] or None,
    )


async def _body(ask: _Ask, answer: httpx.Response) -> bytes:
    """The body, unpacked by us so that no small answer can swell past the cap."""
    encoding = answer.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {*_WBITS, "identity", ""}:
        raise ask.refuse(f"is packed as {encoding}, which was not asked for")
    unpack = zlib.decompressobj(_WBITS[encoding]) if encoding in _WBITS else None
    data, cap = bytearray(), ask.limits.max_bytes
    try:
        async for chunk in answer.aiter_raw():
            data += unpack.decompress(chunk, cap + 1 - len(data)) if unpack else chunk
            if len(data) > cap:
                raise ask.refuse(too_large(cap))
    except zlib.error as broken:
        raise ask.refuse(f"is not the {encoding} that it claims to be") from broken
    if unpack and not unpack.eof:
        raise ask.refuse("broke off before its end")
    return bytes(data)


def too_large(cap: int) -> str:
    """The words for a source over `cap` bytes."""
    size = f"{cap >> 20} MB" if cap >= 1 << 20 else f"{cap} bytes"
    return f"is larger than {size}; that is no newsroom"


def _said(problem: httpx.HTTPError) -> str:
    if isinstance(problem, httpx.ConnectError):
        return "no connection" + (": its certificate is not good" if "CERT" in str(problem) else "")
    if isinstance(problem, httpx.TimeoutException):
        return "it took too long"
    return {"RemoteProtocolError": "it broke off, or does not speak HTTP"}.get(
        type(problem).__name__, type(problem).__name__
    )
