"""The script: what the sink does instead of accepting, to whom, at which try, how often."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field, fields
from typing import Any

#: Where a rule may strike, in the order of a conversation. `dot`: the final dot has come, nothing
#: is accepted yet; `accepted`: it is on the disk, the 250 is not out; `told`: the 250 is out.
STAGES = ("auth", "mail", "rcpt", "data", "body", "dot", "accepted", "told")


@dataclass
class Rule:
    """Strikes at one stage, at those it fits. What it does:

    `reply`: says that instead, and accepts nothing. `drop`: hangs up. `delay`: waits so many
    seconds. `trickle`: so many seconds a byte of the reply, `length` bytes long. `signal`: sends
    that signal (9, 19 ...) to the process at the other end, unless that is `spare`.
    """

    name: str
    stage: str
    reply: str = ""
    drop: bool = False
    delay: float = 0.0
    trickle: float = 0.0
    length: int = 0
    signal: int = 0
    spare: int = 0
    # whom it fits
    domain: str = ""
    share: tuple[float, float] = (0.0, 1.0)  # of all addresses, by a hash of each
    tries: int = 0  # only the first so many of an address; 0: all
    times: int = -1  # so often in all; -1: always
    every: float = 0.0  # seconds between two strikes
    hits: int = 0
    _struck_at: float = field(default=0.0, repr=False)

    def fits(self, address: str, tries: int, process: int | None) -> bool:
        if self.signal and process in (None, self.spare):
            return False
        if self.hits >= self.times >= 0 or (self.tries and tries > self.tries):
            return False
        if self.domain and not address.endswith(f"@{self.domain}"):
            return False
        if self.every and time.monotonic() - self._struck_at < self.every:
            return False
        low, high = self.share
        return (low, high) == (0.0, 1.0) or low <= part_of(address) < high

    def strike(self) -> None:
        self.hits += 1
        self._struck_at = time.monotonic()


_KNOWN = {each.name for each in fields(Rule)} - {"hits", "_struck_at"}


class Script:
    """The rules of the moment; the first that fits strikes."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.hits: dict[str, int] = {}

    def add(self, given: dict[str, Any]) -> None:
        """Add a rule, in the place of one of the same name. Raises ValueError for a strange one."""
        if strange := given.keys() - _KNOWN:
            raise ValueError(f"no rule knows {sorted(strange)}")
        rule = Rule(**{**given, "share": tuple(given.get("share", (0.0, 1.0)))})
        if rule.stage not in STAGES:
            raise ValueError(f"there is no stage {rule.stage!r}")
        self.remove(rule.name)
        self.rules.append(rule)

    def remove(self, name: str) -> None:
        self.rules = [rule for rule in self.rules if rule.name != name]

    @property
    def signals(self) -> bool:
        """Whether a rule will want to know who is at the other end."""
        return any(rule.signal for rule in self.rules)

    def at(
        self, stage: str, address: str = "", tries: int = 0, process: int | None = None
    ) -> Rule | None:
        """The rule that strikes here, counted as a hit."""
        for rule in self.rules:
            if rule.stage == stage and rule.fits(address, tries, process):
                rule.strike()
                self.hits[rule.name] = self.hits.get(rule.name, 0) + 1
                return rule
        return None


def part_of(address: str) -> float:
    """Where an address stands between 0 and 1, evenly spread and always the same."""
    digest = hashlib.sha256(address.lower().encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
