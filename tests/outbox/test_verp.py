"""A bounce tells by its address which email it is about; a forged one tells nothing."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask

from actionhub.config import settings
from actionhub.outbox import verp


def test_the_envelope_sender_leads_back_to_its_email(app: Flask) -> None:
    for number in (1, 500, 2**62):
        sender = verp.sender_of(settings(), number)
        assert len(sender.rpartition("@")[0]) <= 64
        assert verp.email_of(sender) == number
        assert verp.email_of(f"<{sender.upper()}>") == number


def test_a_return_path_is_written_in_ascii(app: Flask) -> None:
    given = replace(settings(), bounces_to="bounces@bücher.example")
    sender = verp.sender_of(given, 500)
    assert sender.endswith("@xn--bcher-kva.example")
    assert verp.email_of(sender) == 500


def test_the_longest_bounce_address_has_room_for_the_greatest_id(app: Flask) -> None:
    given = replace(settings(), bounces_to="b" * verp.LONGEST_LOCAL_PART + "@example.org")
    sender = verp.sender_of(given, 2**63 - 1)
    assert len(sender.rpartition("@")[0]) == 64
    assert verp.email_of(sender) == 2**63 - 1


def test_a_forged_or_foreign_one_leads_nowhere(app: Flask) -> None:
    mine = verp.sender_of(settings(), 500)
    assert verp.email_of(mine.replace("+1f4-", "+1f5-")) is None
    assert verp.email_of("someone@example.org") is None
    assert verp.email_of("") is None
    assert verp.email_of("bounces+1f4-" + "a" * 16 + "@example.org") is None
