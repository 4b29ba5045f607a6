"""The counts: lost, doubled, cut, stuck and missing, from the sink's journal and the database."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool

from actionhub.outbox.states import FINISHED
from tests.faults.audience import address_of_number

FINISHED_STATES = frozenset(state.value for state in FINISHED)


@dataclass(frozen=True)
class Letterbox:
    """One email as the database has it at the end."""

    id: int
    key: str
    address: str
    address_hash: str
    state: str
    attempt: int
    unknowns: int
    message_id: str
    priority: int
    mailing_id: int

    @property
    def finished(self) -> bool:
        return self.state in FINISHED_STATES


@dataclass
class Journal:
    """The sink's journal, read."""

    accepts: list[dict[str, Any]] = field(default_factory=list)
    tries: list[dict[str, Any]] = field(default_factory=list)
    struck: list[dict[str, Any]] = field(default_factory=list)
    signals: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    cut: list[dict[str, Any]] = field(default_factory=list)  # acceptances: see `_cut`

    @classmethod
    def read(cls, path: Path) -> Journal:
        found = cls()
        kept = {
            "accept": found.accepts,
            "try": found.tries,
            "struck": found.struck,
            "signal": found.signals,
            "asked": found.asked,
        }
        conversations: dict[int, list[dict[str, Any]]] = defaultdict(list)
        with path.open() as lines:
            for text_line in lines:
                line = json.loads(text_line)
                if line["what"] in kept:
                    kept[line["what"]].append(line)
                if line["what"] in ("mail", "dot", "accept", "quit", "close"):
                    conversations[line["c"]].append(line)
        for told in conversations.values():
            found.cut += _cut(told)
        return found

    def by_message(self) -> dict[str, list[dict[str, Any]]]:
        """All acceptances of each Message-ID, in their order."""
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for accept in self.accepts:
            found[accept["id"]].append(accept)
        return found


def _cut(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The acceptance, if any, that a lost connection cut off from our commit.

    The next final dot is only given once the last acceptance is committed, and nobody says QUIT
    before that: so it is one that was followed by neither, on a connection that is over. Whoever
    began another message has read the 250 of the last: if then the sink hung up, nothing was cut.
    """
    if told[-1]["what"] != "close":
        return []
    went_on = False
    for line in reversed(told):
        match line["what"]:
            case "accept":
                return [] if went_on and told[-1]["by"] == "sink" else [line]
            case "dot" | "quit":
                return []
            case "mail":
                went_on = True
    return []


@dataclass
class Counts:
    """What the issue counts, and what explains it."""

    emails: int = 0
    accepted: int = 0  # messages, each once
    lost: list[str] = field(default_factory=list)  # keys
    doubled: Counter[str] = field(default_factory=Counter)  # acceptances beyond the first, by key
    cut: int = 0
    unexplained: list[str] = field(default_factory=list)  # doubled, though nothing was cut
    stuck: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)  # addresses that were told they have signed
    differing: list[str] = field(default_factory=list)  # doubled, and not byte for byte the same
    twice_unknown: list[str] = field(default_factory=list)  # never accepted; the design's own end
    signed: int = 0
    states: Counter[str] = field(default_factory=Counter)

    def figures(self) -> dict[str, int]:
        return {
            "L": len(self.lost),
            "D": sum(self.doubled.values()),
            "W": self.cut,
            "U": len(self.stuck),
            "S": len(self.missing),
            "emails": self.emails,
            "accepted": self.accepted,
            "signed": self.signed,
            "twice_unknown": len(self.twice_unknown),
            "differing": len(self.differing),
            "unexplained": len(self.unexplained),
        }


class Books:
    """The database of a row, read beside the product; a reading may fail while it is down."""

    def __init__(self, url: str) -> None:
        options: dict[str, Any] = {"connect_args": {"timeout": 30}}
        if not url.startswith("sqlite"):
            options = {"connect_args": {"connect_timeout": 5}}
        self._engine = create_engine(
            url, poolclass=NullPool, execution_options={"sqlite_deferred": True}, **options
        )

    def connect(self) -> Connection:
        return self._engine.connect()

    def all(self, statement: str, **values: Any) -> list[Any]:
        with self.connect() as connection:
            return list(connection.execute(text(statement), values))

    def states(self) -> Counter[str]:
        """How many emails are in each state, archived ones too."""
        found: Counter[str] = Counter()
        for table in ("emails", "email_archive"):
            for state, number in self.all(f"SELECT state, count(*) FROM {table} GROUP BY state"):
                found[state] += number
        return found

    def emails(self) -> list[Letterbox]:
        names = ", ".join(Letterbox.__dataclass_fields__)
        rows = self.all(f"SELECT {names} FROM emails UNION ALL SELECT {names} FROM email_archive")
        return [Letterbox(*row) for row in rows]

    def events(self, state: str) -> list[Any]:
        """(email_id, at) of all turns into a state."""
        return self.all(
            "SELECT email_id, at FROM email_events WHERE state = :state ORDER BY id", state=state
        )

    def suppressed(self) -> set[str]:
        """The address hashes that are suppressed for all mail."""
        rows = self.all(
            "SELECT address_hash FROM suppressions WHERE scope = 'all' AND lifted_at IS NULL"
        )
        return {row[0] for row in rows}

    def signers(self) -> set[str]:
        """The addresses with a signature."""
        rows = self.all(
            "SELECT p.canonical FROM signatures s JOIN supporters p ON p.id = s.supporter_id"
        )
        return {row[0] for row in rows}


def read_signers(log: Path) -> list[dict[str, Any]]:
    """What the signers wrote down: `t`, `took` (seconds), `status`, `address`."""
    if not log.exists():
        return []
    return [json.loads(line) for line in log.read_text().splitlines() if line.endswith("}")]


def was_accepted(answer: dict[str, Any]) -> bool:
    """Whether somebody was told that they have signed."""
    return answer["status"] is not None and 200 <= answer["status"] < 400


def count(
    books: Books,
    journal: Journal,
    answers: Iterable[dict[str, Any]],
    *,
    follow_up: int,
    members: int,
    justified: Callable[[Letterbox], bool] = lambda _email: False,
) -> Counts:
    """Count what became of all mail that had to go out: a follow-up to each member, each row.

    `justified` tells whether an email that was never accepted ended as it should.
    """
    emails = books.emails()
    accepts = journal.by_message()
    found = Counts(emails=len(emails), accepted=len(accepts), cut=len(journal.cut))
    by_key = {email.key: email for email in emails}
    told = [answer["address"] for answer in answers if was_accepted(answer)]
    found.signed = len(told)
    signers = books.signers()
    found.missing = [address for address in told if address not in signers]
    _count_expected(found, by_key, follow_up, members, told)
    cut = {(accept["c"], accept["t"]) for accept in journal.cut}
    for email in emails:
        found.states[email.state] += 1
        _count_email(found, email, accepts.get(email.message_id, []), justified)
        earlier = accepts.get(email.message_id, [])[:-1]
        if any((accept["c"], accept["t"]) not in cut for accept in earlier):
            found.unexplained.append(email.key)
    return found


def _count_expected(
    found: Counts, by_key: dict[str, Letterbox], follow_up: int, members: int, told: list[str]
) -> None:
    """What has no row at all is lost, too: a member's follow-up, a signer's confirmation."""
    for number in range(members):
        key = f"followup:{follow_up}:{number + 1}"
        if key not in by_key:
            found.lost.append(key)
        elif by_key[key].address != address_of_number(number):
            raise AssertionError(f"{key} goes to the wrong address")
    asked = {email.address for key, email in by_key.items() if key.startswith("confirm:")}
    found.lost += [f"confirm:{address}" for address in told if address not in asked]


def _count_email(
    found: Counts,
    email: Letterbox,
    accepts: list[dict[str, Any]],
    justified: Callable[[Letterbox], bool],
) -> None:
    held = email.state == "held" and email.priority == 2
    if not email.finished and not held:
        found.stuck.append(f"{email.key} ({email.state})")
    if len(accepts) > 1:
        found.doubled[email.key] += len(accepts) - 1
        if len({accept["digest"] for accept in accepts}) > 1:
            found.differing.append(email.key)
    if accepts or held or justified(email):
        return
    if email.state == "failed" and email.unknowns > 1:
        found.twice_unknown.append(email.key)
    else:
        found.lost.append(f"{email.key} ({email.state})")
