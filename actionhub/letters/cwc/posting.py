"""Handing a message to a chamber over HTTPS, and what its answer means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import httpx

from actionhub.letters.cwc.agency import Agency
from actionhub.letters.cwc.elements import CWC, Part

#: Seconds for an answer.
PATIENCE = 30.0
#: Of an answer, the most that is looked at.
LONGEST = 20_000
#: The longest that a chamber may ask us to wait.
LONGEST_WAIT = timedelta(hours=6)


class Answer(StrEnum):
    """What became of one try; retried are `LATER` and `CLOSED`, with the same DeliveryId."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # this message, for good
    LATER = "later"  # busy, broken, not reached, or no answer: it may have come
    CLOSED = "closed"  # to us: the key, the address list or the proxy; no letter's fault


@dataclass(frozen=True)
class Said:
    """An answer. `reason` tells the status and elements by name, and nothing of what they say."""

    answer: Answer
    reason: str
    wait: timedelta | None = None


_CLOSED = frozenset({401, 402, 403, 407})
_LATER = frozenset({408, 421, 423, 425, 429})
#: That this DeliveryId was delivered before: the one way in which a refusal is good news.
_AGAIN = r"(?:duplicate|already\s+(?:been\s+)?(?:received|submitted|exists))"
_DUPLICATE = re.compile(
    rf"{_AGAIN}[^<>\n]{{0,80}}DeliveryId|DeliveryId[^<>\n]{{0,80}}{_AGAIN}", re.I
)


def open_client(agency: Agency) -> httpx.Client:
    """A client for one run of posts, through the agent's proxy if it has one."""
    return httpx.Client(proxy=agency.proxy, timeout=PATIENCE, follow_redirects=False)


def post(client: httpx.Client, agency: Agency, office: str, xml: bytes) -> Said:
    """Hand one message over. Never raises; takes no part in any transaction."""
    endpoint = agency.endpoints[office[0]]
    headers = {"Content-Type": "application/xml"}
    params = {}
    if endpoint.key_header:
        headers[endpoint.key_header] = endpoint.key
    else:
        params["apikey"] = endpoint.key
    try:
        answer = client.post(endpoint.url, params=params or None, content=xml, headers=headers)
    except httpx.ProxyError:
        return Said(Answer.CLOSED, "proxy")
    except Exception as problem:  # whatever it is, another letter may still go
        return Said(Answer.LATER, type(problem).__name__)
    return classify(answer.status_code, answer.text[:LONGEST], answer.headers.get("Retry-After"))


def classify(status: int, body: str, retry_after: str | None = None) -> Said:
    """What an answer means."""
    if 200 <= status < 300:
        return Said(Answer.ACCEPTED, str(status))
    named = [name for name in _names(CWC) if re.search(rf"\b{name}\b", body)]
    if status == 409 or (status == 400 and named == ["DeliveryId"] and _DUPLICATE.search(body)):
        return Said(Answer.ACCEPTED, f"{status} duplicate")
    if status in _CLOSED or 300 <= status < 400:
        return Said(Answer.CLOSED, str(status))
    if status in _LATER or status >= 500:
        return Said(Answer.LATER, str(status), _wait(retry_after))
    return Said(Answer.REFUSED, " ".join([str(status), *named])[:150])


def _wait(retry_after: str | None) -> timedelta | None:
    if not retry_after or not re.fullmatch(r"\d{1,6}", retry_after.strip()):
        return None
    return min(timedelta(seconds=int(retry_after)), LONGEST_WAIT)


def _names(part: Part) -> list[str]:
    return [name for one in part.parts for name in ([one.name] if not one.parts else _names(one))]
