"""Connections and rates, for the relay and for domains, shared by all workers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from actionhub import clock
from actionhub.config import settings
from actionhub.errors import ConfigurationError
from actionhub.extensions import db
from actionhub.outbox import claiming, destinations, keeping
from actionhub.outbox.bounds import Bounds
from actionhub.outbox.destinations import Outlook
from actionhub.outbox.models import EmailState
from actionhub.outbox.pacing import Limits, Pace, read_limits
from actionhub.outbox.sending import drain
from tests.mail import Sink
from tests.outbox.people import row_of, state_of, write_to


def claim(owner: str, limits: str, most: int = 10, **more: object) -> list[str | None]:
    found = claiming.claim(
        db.engine,
        owner,
        most,
        limits=read_limits(limits),
        first=True,
        **more,  # type: ignore[arg-type]
    )
    return [email.domain for email in found]


def test_the_setting_reads_as_it_is_written() -> None:
    limits = read_limits("relay 10 connections, 100/second; * 4 connections; A.example 30/minute")
    assert limits.relay.connections == 10
    assert [rate.amount for rate in limits.relay.rates] == [100]
    assert limits.of("b.example") == Pace(4)
    assert limits.of("a.example").connections is None
    assert read_limits("") == Limits()


@pytest.mark.parametrize("bad", ["relay", "relay fast", "* 0 connections", "* 3/fortnight"])
def test_a_bad_one_names_its_setting(bad: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read_limits(bad)
    assert "ACTIONHUB_MAIL_LIMITS" in str(refused.value)


def test_no_more_workers_than_connections_talk_to_the_relay(app: Flask) -> None:
    for n in range(4):
        write_to(f"p{n}@example.org")
    assert len(claim("one", "relay 2 connections", 1)) == 1
    assert len(claim("two", "relay 2 connections", 1)) == 1
    assert claim("three", "relay 2 connections", 1) == []


def test_a_domain_at_its_cap_is_passed_over_by_others(app: Flask) -> None:
    for n in range(3):
        write_to(f"p{n}@big.example")
    write_to("ada@small.example")
    assert claim("one", "big.example 1 connection", 1) == ["big.example"]
    assert claim("two", "big.example 1 connection") == ["small.example"]
    assert claim("three", "") == ["big.example", "big.example"], "without a limit, nothing holds"


def test_a_slow_domain_gets_two_workers_and_no_third(app: Flask) -> None:
    for n in range(6):
        write_to(f"p{n}@slow.example")
    outlook = Outlook(slow=frozenset({"slow.example"}))
    assert claim("one", "", 1, outlook=outlook) == ["slow.example"]
    assert claim("two", "", 1, outlook=outlook) == ["slow.example"]
    assert claim("three", "", 1, outlook=outlook) == []


def test_a_cooling_domain_is_passed_over_by_every_worker(app: Flask, smtp_sink: Sink) -> None:
    cold, warm = write_to("ada@cold.example"), write_to("bo@warm.example")
    destinations.cool(db.engine, "cold.example")
    drain()
    assert state_of(warm) is EmailState.SENT
    assert state_of(cold) in (EmailState.READY, EmailState.DEFERRED)
    with clock.moved_by(minutes=2):
        assert drain().sent == 1


def test_the_relays_rate_holds_mail_back_and_lets_it_go_in_time(
    app: Flask, smtp_sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited = replace(settings(), mail_limits="relay 3/minute")
    monkeypatch.setitem(app.extensions, "actionhub.settings", limited)
    numbers = [write_to(f"p{n}@example.org") for n in range(5)]
    with clock.moved_by(seconds=0):
        assert drain().sent == 3
        assert drain().sent == 0
    assert {row_of(n).attempt for n in numbers} == {0, 1}
    with clock.moved_by(seconds=61):
        assert drain().sent == 2


def test_a_domains_rate_puts_off_its_own_mail_alone(
    app: Flask, smtp_sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited = replace(settings(), mail_limits="big.example 2/minute")
    monkeypatch.setitem(app.extensions, "actionhub.settings", limited)
    big = [write_to(f"p{n}@big.example") for n in range(4)]
    small = [write_to(f"p{n}@small.example") for n in range(4)]
    with clock.moved_by(seconds=0):
        assert drain().sent == 6
    assert [state_of(n) for n in small] == [EmailState.SENT] * 4
    states = [state_of(n) for n in big]
    assert (states.count(EmailState.SENT), states.count(EmailState.DEFERRED)) == (2, 2)
    with clock.moved_by(seconds=61):
        assert drain().sent == 2


def test_where_connections_are_counted_none_is_kept_idle_or_parked(
    app: Flask, smtp_sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited = replace(settings(), mail_limits="relay 2 connections")
    with monkeypatch.context() as patch:
        patch.setitem(app.extensions, "actionhub.settings", limited)
        bounds = Bounds(db.engine, limited, "me")
        assert bounds.patience() is None
        write_to("ada@example.org")
        assert drain(seconds=5, keep_open=True).sent == 1
        assert keeping.take().host is None
    assert Bounds(db.engine, replace(limited, mail_limits=""), "me").patience() is not None
