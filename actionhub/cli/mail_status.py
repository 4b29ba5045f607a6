"""What `actionhub outbox status` says: in words for a person, or as JSON for machines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from actionhub import clock
from actionhub.config import settings
from actionhub.outbox import conditions, watching
from actionhub.outbox.durations import DURATIONS
from actionhub.outbox.models import EmailState, Priority
from actionhub.outbox.watching import Queue

PRIORITY_NAMES = {
    Priority.URGENT: "urgent mail",
    Priority.THANKS: "thanks",
    Priority.LETTER: "letters",
    Priority.FOLLOWUP: "follow-ups",
}


@dataclass(frozen=True)
class Standing:
    """Everything an operator asks first. `emails`: by state, in the outbox and in its archive."""

    as_of_at: datetime
    emails: dict[EmailState, tuple[int, int]]
    queues: list[Queue]
    workers: list[conditions.Worker]
    relay: conditions.Relay
    last_sent_at: datetime | None
    domains: list[conditions.Domain]
    paused: list[conditions.PausedMailing]
    held: list[conditions.HeldEmail]
    next_unknown_at: datetime | None

    def number(self, state: EmailState) -> int:
        """How many emails of the outbox are in a state."""
        return self.emails[state][0]


def standing() -> Standing:
    """The outbox as it stands."""
    live = watching.by_template()
    archived = watching.archived()
    emails = {
        state: (
            sum(number for (_template, at), number in live.items() if at == state),
            sum(number for (_template, ended), number in archived.items() if ended == state),
        )
        for state in EmailState
    }
    return Standing(
        as_of_at=clock.now(),
        emails=emails,
        queues=watching.queues(),
        workers=conditions.workers(),
        relay=conditions.relay(),
        last_sent_at=conditions.last_sent_at(),
        domains=conditions.domains(),
        paused=conditions.paused(),
        held=conditions.held(),
        next_unknown_at=conditions.next_unknown_at(),
    )


def as_json(found: Standing) -> dict[str, Any]:
    """For machines: times in ISO 8601 and UTC, durations in seconds, every state counted."""
    return {
        "as_of": _iso(found.as_of_at),
        "emails": {
            state.value: {"outbox": live, "archive": archived}
            for state, (live, archived) in found.emails.items()
        },
        "queues": [
            {"priority": queue.priority, "name": PRIORITY_NAMES[queue.priority]}
            | {"due": queue.due, "later": queue.later, "paused": queue.paused}
            | {"oldest_due_at": _iso(queue.oldest_due_at), "late": queue.is_late}
            | {"age_seconds": queue.age.total_seconds()}
            for queue in found.queues
        ],
        "workers": [_plain(one) | {"lives": one.lives} for one in found.workers],
        "relay": _plain(found.relay),
        "last_sent_at": _iso(found.last_sent_at),
        "domains": [_plain(one) for one in found.domains],
        "paused_mailings": [_plain(one) for one in found.paused],
        "held": {
            "number": found.number(EmailState.HELD),
            "emails": [_plain(one) for one in found.held],
        },
        "unknown": {
            "number": found.number(EmailState.UNKNOWN),
            "next_at": _iso(found.next_unknown_at),
        },
    }


def as_text(found: Standing) -> Iterator[str]:
    """For a person, line by line; times in the organization's zone."""
    local = found.as_of_at.astimezone(settings().timezone)
    yield f"The outbox as of {local:%b %d, %H:%M:%S %Z}"
    for title, lines in (
        (f"{'Emails':<22}{'outbox':>12}{'archive':>12}", _emails(found)),
        ("Due now", _queues(found)),
        ("Workers that hold mail", _workers(found)),
        ("Mail server", _relay(found)),
        ("Recipient domains left alone", _domains(found)),
        ("Paused mailings", _paused(found)),
        ("Held, and of unknown fate", _unsettled(found)),
    ):
        yield ""
        yield title
        yield from (f"  {line}" for line in lines)


def age(span: timedelta) -> str:
    """`40 s`, `12 min`, `5 h`, `3 days`."""
    seconds = span.total_seconds()
    for unit, size, most in (("s", 1, 120), ("min", 60, 120), ("h", 3600, 48)):
        if seconds < size * most:
            return f"{seconds // size:.0f} {unit}"
    return f"{span.days} days"


def hour(moment: datetime | None) -> str:
    """`14:05`, or `Nov 23, 14:05` on another day, in the organization's zone."""
    if moment is None:
        return "-"
    zone = settings().timezone
    local, today = moment.astimezone(zone), clock.now().astimezone(zone).date()
    return f"{local:%H:%M}" if local.date() == today else f"{local:%b %d, %H:%M}"


def _emails(found: Standing) -> Iterator[str]:
    if not any(sum(numbers) for numbers in found.emails.values()):
        yield "None: nothing was mailed yet."
    for state, (live, archived) in found.emails.items():
        if live or archived:
            yield f"{state.value:<20}{live:>12,}{archived:>12,}"


def _queues(found: Standing) -> Iterator[str]:
    if not any(queue.due for queue in found.queues):
        yield "Nothing."
    for queue in found.queues:
        if queue.due:
            late = ": too long" if queue.is_late else ""
            yield (
                f"{PRIORITY_NAMES[queue.priority]:<20}{queue.due:>12,}"
                f"   the oldest for {age(queue.age)}{late}"
            )
    if later := sum(queue.later for queue in found.queues):
        yield f"{later:,} more are put off until later."
    if paused := sum(queue.paused for queue in found.queues):
        yield f"{paused:,} more are in paused mailings."


def _workers(found: Standing) -> Iterator[str]:
    for worker in found.workers:
        since = f"since {hour(worker.started_at)}"
        silent = "" if worker.silent is None else f", last seen {age(worker.silent)} ago"
        dead = "" if worker.lives else ": taken for dead, what it held comes back by itself"
        yield f"{worker.owner}   beat {worker.beat:,}, {since}{silent}{dead}"
    if found.workers:
        return
    if found.relay.closed_until:
        yield "None: they wait for the mail server."
    elif any(queue.due for queue in found.queues):
        yield "None, though mail is due. Is the worker running? By hand: actionhub outbox drain"
    else:
        yield "None: there is nothing to send."


def _relay(found: Standing) -> Iterator[str]:
    relay = found.relay
    if not relay.failures and relay.closed_until is None:
        yield f"Nothing is wrong with {relay.name}."
        return
    why = f" ({relay.reason})" if relay.reason else ""
    tries = f"{relay.failures} tries in a row failed, the last at {hour(relay.tried_at)}{why}"
    following = (
        f"the next is at {hour(relay.closed_until)}"
        if relay.closed_until
        else "the next comes with the next email due"
    )
    yield f"{relay.name} does not take us: {tries}; {following}."
    if found.last_sent_at:
        yield f"The last email went out at {hour(found.last_sent_at)}."
    yield "Nothing is lost and nobody is charged a try. What to mend: actionhub doctor"


def _domains(found: Standing) -> Iterator[str]:
    if not found.domains:
        yield "None."
    for domain in found.domains:
        why = f" ({domain.reason})" if domain.reason else ""
        if domain.cooling_until:
            yield f"{domain.name} cools until {hour(domain.cooling_until)}{why}."
        if domain.slow_until:
            yield f"{domain.name} is slow: few connections until {hour(domain.slow_until)}."


def _paused(found: Standing) -> Iterator[str]:
    if not found.paused:
        yield "None."
    for one in found.paused:
        name = f"{one.id}  {one.template} ({one.locale}), {one.waiting:,} wait"
        if one.because is None:
            yield f"{name}. Paused by an organizer, who resumes it in the workspace."
            continue
        said = ", ".join(f"{status} × {number}" for status, number in one.refused.items())
        yield f"{name}. It paused itself: {one.because}, {one.refusals} refusals in a row."
        if said:
            yield f"   Refused: {said}, the last at {hour(one.refused_at)}."
        yield f"   Once that is mended: actionhub outbox resume {one.id}"


def _unsettled(found: Standing) -> Iterator[str]:
    held, unknown = found.number(EmailState.HELD), found.number(EmailState.UNKNOWN)
    if not held and not unknown:
        yield "None."
    if held:
        yield f"{held:,} held: perhaps sent, perhaps not. Look for the Message-ID in the mail"
        yield "server's log; to send all of them again: actionhub outbox retry --state held"
    for email in found.held:
        yield f"   {email.key}   {email.message_id}   since {hour(email.held_at)}"
    if held > len(found.held):
        yield f"   and {held - len(found.held):,} more"
    if unknown:
        wait = age(DURATIONS.unknown_wait)
        yield f"{unknown:,} unknown: sent once more after {wait} without evidence, the next at"
        yield f"{hour(found.next_unknown_at)}; what nobody can tell of twice ends failed."


def _plain(one: object) -> dict[str, Any]:
    return {name: _value(value) for name, value in vars(one).items()}


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return _iso(value)
    return value.total_seconds() if isinstance(value, timedelta) else value


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
