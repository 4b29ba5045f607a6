"""The figures of /metrics, in Prometheus's words; read from the database at each scrape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from actionhub.database import db
from actionhub.outbox import conditions, tallying, watching
from actionhub.outbox.models import EmailState
from actionhub.outbox.states import FINISHED
from actionhub.signatures.models import Signature

#: Events that are told from the first scrape on, also while there are none.
EVENTS = (
    *sorted(state.value for state in FINISHED),
    EmailState.DEFERRED.value,
    EmailState.UNKNOWN.value,
    EmailState.HELD.value,
    "bounced",
    "complained",
)


def text() -> bytes:
    """All figures in Prometheus's text format. Nothing in them names a person, or a domain."""
    registry = CollectorRegistry()
    registry.register(Figures())
    return generate_latest(registry)


class Figures(Collector):
    """True whichever process answers: nothing is kept between two scrapes."""

    def collect(self) -> Iterator[Metric]:
        found = watching.numbers()
        yield _emails(found)
        yield _ages(watching.queues(found))
        yield _events()
        yield from _relay()
        yield from _domains()
        yield _paused()
        yield from _workers()
        yield _signatures()


def _emails(found: watching.Numbers) -> Metric:
    emails = GaugeMetricFamily(
        "actionhub_emails", "Emails of the outbox that are not over", labels=["state", "priority"]
    )
    for (state, priority), number in found.items():
        emails.add_metric([state.value, str(priority)], number)
    return emails


def _ages(queues: Iterable[watching.Queue]) -> Metric:
    age = GaugeMetricFamily(
        "actionhub_outbox_oldest_due_seconds",
        "How long the oldest email due has waited; paused mailings are left out",
        labels=["priority"],
    )
    for queue in queues:
        age.add_metric([str(queue.priority)], queue.age.total_seconds())
    return age


def _events() -> Metric:
    events = CounterMetricFamily(
        "actionhub_email_events", "What became of emails, since the beginning", labels=["event"]
    )
    totals = tallying.totals()
    for event in EVENTS:
        events.add_metric([event], totals.get(event, 0))
    return events


def _relay() -> Iterator[Metric]:
    relay = conditions.relay()
    is_open = GaugeMetricFamily(
        "actionhub_relay_breaker_open",
        "Whether the mail server is left alone for now (1) or not (0)",
        labels=["relay"],
    )
    is_open.add_metric([relay.name], int(relay.closed_until is not None))
    yield is_open
    failures = GaugeMetricFamily(
        "actionhub_relay_failures", "Failed tries of the mail server in a row", labels=["relay"]
    )
    failures.add_metric([relay.name], relay.failures)
    yield failures


def _domains() -> Iterator[Metric]:
    domains = conditions.domains()
    yield GaugeMetricFamily(
        "actionhub_cooling_domains",
        "Recipient domains that are left alone for now",
        value=sum(one.cooling_until is not None for one in domains),
    )
    yield GaugeMetricFamily(
        "actionhub_slow_domains",
        "Recipient domains that get few connections for now",
        value=sum(one.slow_until is not None for one in domains),
    )


def _paused() -> Metric:
    found = GaugeMetricFamily(
        "actionhub_paused_mailings", "Mailings that pause, by who paused them", labels=["by"]
    )
    alone, by_hand = conditions.paused_numbers()
    found.add_metric(["itself"], alone)
    found.add_metric(["organizer"], by_hand)
    return found


def _workers() -> Iterator[Metric]:
    workers = conditions.workers()
    yield GaugeMetricFamily(
        "actionhub_outbox_workers",
        "Workers that hold mail and live; none while there is nothing to send",
        value=sum(worker.lives for worker in workers),
    )
    silences = [w.silent.total_seconds() for w in workers if w.silent is not None]
    yield GaugeMetricFamily(
        "actionhub_outbox_longest_silence_seconds",
        "Since the beat of the most silent worker was last seen to change, on this host",
        value=max(silences, default=0.0),
    )


def _signatures() -> Metric:
    signatures = GaugeMetricFamily("actionhub_signatures", "Signatures", labels=["state"])
    counted = select(Signature.state, func.count()).group_by(Signature.state)
    for state, number in db.session.execute(counted):
        signatures.add_metric([str(state)], number)
    return signatures
