"""What an SMTP server's replies mean: the one classification, at each stage of a message."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class Outcome(StrEnum):
    """What became of one try."""

    ACCEPTED = "accepted"
    LATER = "later"  # refused for now: try again by the schedule
    COOL = "cool"  # 421: leave this domain alone for a while
    REFUSED = "refused"  # refused for good
    BOUNCED = "bounced"  # refused for good because no such inbox: never mail it again
    OFFLINE = "offline"  # connection, TLS, AUTH, our sender: nobody's attempt; the breaker opens
    UNSENT = "unsent"  # lost before the final dot: surely not accepted
    UNKNOWN = "unknown"  # lost after the final dot: perhaps accepted (RFC 1047)
    WITHHELD = "withheld"  # we gave no dot, unsure whether we still hold it: nobody's attempt


class Stage(StrEnum):
    """Where in the conversation the server spoke."""

    CONNECT = "connect"  # greeting, EHLO, STARTTLS, AUTH
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"  # before the body
    DOT = "dot"  # after the final dot


@dataclass(frozen=True)
class Reply:
    """An outcome, with the server's code (such as 550) and enhanced status (5.1.1) if it spoke.

    `reason` is one of our words, never the server's text: that may quote the address.
    """

    outcome: Outcome
    stage: Stage
    code: int | None = None
    enhanced: str | None = None
    reason: str = ""


_ENHANCED = re.compile(rb"^([245]\.\d{1,3}\.\d{1,3})(?:\s|$)")
#: 5.1.7 and 5.1.8 speak of the sender's address (RFC 3463, 3.2): no recipient's fault.
_ABOUT_THE_SENDER = frozenset({"5.1.7", "5.1.8"})


def is_policy(reply: Reply) -> bool:
    """Whether the server refused what we send, not whom we send it to (RFC 3463, 3.8)."""
    return reply.outcome is Outcome.REFUSED and (reply.enhanced or "").startswith("5.7.")


def enhanced_status(text: bytes) -> str | None:
    """The RFC 3463 status that a reply's text begins with, such as `5.1.1`."""
    found = _ENHANCED.match(text)
    return found[1].decode() if found else None


def classify(stage: Stage, code: int, text: bytes) -> Reply:
    """What a reply with that code and text means at that stage."""
    return _meant(stage, code, enhanced_status(text))


@lru_cache(maxsize=1024)
def _meant(stage: Stage, code: int, status: str | None) -> Reply:
    outcome = _outcome(stage, code, status)
    return Reply(outcome, stage, code if code > 0 else None, status, f"{stage} {outcome}")


def _outcome(stage: Stage, code: int, status: str | None) -> Outcome:
    if stage is Stage.CONNECT:
        return Outcome.ACCEPTED if 200 <= code < 400 else Outcome.OFFLINE
    if code == 421:
        return Outcome.COOL
    if code == 354 if stage is Stage.DATA else 200 <= code < 300:
        return Outcome.ACCEPTED
    if 400 <= code < 500:
        return Outcome.LATER
    if 500 <= code < 600:
        return _refusal(stage, code, status)
    # Not SMTP: after the dot nobody knows whether the message was taken.
    return Outcome.UNKNOWN if stage is Stage.DOT else Outcome.UNSENT


def _refusal(stage: Stage, code: int, status: str | None) -> Outcome:
    if code in (530, 535, 538) or status in _ABOUT_THE_SENDER:
        return Outcome.OFFLINE
    if stage is Stage.MAIL:
        # Who sends is the same for every message, so a refusal here is ours to mend and must not
        # fail the whole queue; only size (552, 5.3.4) and form (5.6.x) are this message's.
        own = code == 552 or (status or "").startswith(("5.3.4", "5.6."))
        return Outcome.REFUSED if own else Outcome.OFFLINE
    if status == "5.2.1" or (status or "").startswith("5.1."):
        return Outcome.BOUNCED
    return Outcome.REFUSED
