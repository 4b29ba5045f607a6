"""The delivery agent that an operator registered: whom it speaks to, as whom, for which offices."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx

from actionhub import links
from actionhub.config import settings
from actionhub.errors import ConfigurationError
from actionhub.letters.cwc.elements import EMAIL, OFFICE, PHONE, TOPICS

SETTING = "ACTIONHUB_CWC_FILE"
#: Texts that every file holds, each with what it must look like.
_TOLD = {
    "agent": r".+",
    "acknowledge_to": EMAIL,
    "contact_name": r".{6,}",
    "contact_email": EMAIL,
    "contact_phone": PHONE,
}


@dataclass(frozen=True)
class Endpoint:
    """Where one chamber takes messages. `key_header`: the key goes in that header, not in the
    address as `apikey`."""

    url: str
    key: str = field(repr=False)
    key_header: str = ""


@dataclass(frozen=True)
class Agency:
    """Who delivers. `offices`: the codes of those that take messages, by Bioguide id."""

    agent: str
    acknowledge_to: str
    contact_name: str
    contact_email: str
    contact_phone: str
    topic: str
    endpoints: Mapping[str, Endpoint]  # by the first letter of an office's code: H, S
    offices: Mapping[str, str]
    proxy: str | None = field(default=None, repr=False)  # it may hold a password

    def office_of(self, addressee_key: str) -> str | None:
        """The code of an addressee's office, if it takes messages and its chamber is set up."""
        code = self.offices.get(addressee_key)
        return code if code and code[0] in self.endpoints else None


def agency() -> Agency | None:
    """The one of this installation; None: CWC is off, which is the default."""
    path = settings().cwc_file
    return read_agency(path) if path else None


@lru_cache(maxsize=8)
def read_agency(path: str) -> Agency:
    """Read the file at `path` (see docs/cwc.md). Raises ConfigurationError, no secret in it."""
    try:
        told = tomllib.loads(Path(path).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as bad:
        raise ConfigurationError(
            SETTING, f"{path} cannot be read ({type(bad).__name__})", "Write TOML: see docs/cwc.md"
        ) from None
    texts = {name: _text(told, name, like) for name, like in _TOLD.items()}
    endpoints = {
        letter: _endpoint(name, told[name])
        for name, letter in (("house", "H"), ("senate", "S"))
        if name in told
    }
    if not endpoints:
        raise _bad("it names no chamber", "Add [house] or [senate], each with url and key")
    topic = told.get("topic", "Government Operations and Politics")
    if topic not in TOPICS:
        raise _bad(
            f"topic is no policy area of the Library of Congress: {topic!r}", "See docs/cwc.md"
        )
    return Agency(
        **texts,
        topic=topic,
        endpoints=endpoints,
        offices=_offices(told.get("offices", {})),
        proxy=_proxy(told.get("proxy")),
    )


def _text(told: Mapping[str, Any], name: str, like: str) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not re.fullmatch(like, value.strip()):
        raise _bad(f"{name} is missing or not as it should be", f"Write {name} = ...")
    return value.strip()


def _endpoint(name: str, told: Any) -> Endpoint:
    if not isinstance(told, dict):
        raise _bad(f"[{name}] is no table", f"Write [{name}] with url and key")
    url, key, header = told.get("url", ""), told.get("key", ""), told.get("key_header", "")
    if not _can_be_called(str(url)) or not re.fullmatch(r"[!-~]+", str(key)):
        raise _bad(f"[{name}] needs an https url and a key", "Take both from the chamber's letter")
    if not re.fullmatch(r"[A-Za-z0-9-]*", str(header)):
        raise _bad(f"key_header of [{name}] is no header's name", "Write one like X-APIKEY")
    return Endpoint(str(url), str(key), str(header))


def _can_be_called(url: str) -> bool:
    try:
        httpx.URL(url)
    except httpx.InvalidURL:
        return False
    return links.goes_unread(url)


def _offices(told: Any) -> dict[str, str]:
    if not isinstance(told, dict) or not told:
        raise _bad("it names no office", 'Add [offices] with lines like B000944 = "SOH01"')
    for bioguide, code in told.items():
        if not isinstance(code, str) or not re.fullmatch(OFFICE, code):
            raise _bad(f"the office of {bioguide} is no code", "Codes look like HOH09 or SOH01")
    return dict(told)


def _proxy(told: Any) -> str | None:
    if told is None:
        return None
    try:
        good = isinstance(told, str) and httpx.Proxy(told).url.scheme in {"http", "https"}
    except Exception:  # its words may quote the password
        good = False
    if not good:
        raise _bad("proxy is no http address", 'Write proxy = "http://user:password@host:port"')
    return str(told)


def _bad(problem: str, mend: str) -> ConfigurationError:
    return ConfigurationError(SETTING, problem, mend)
