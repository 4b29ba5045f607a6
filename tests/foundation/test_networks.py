"""A network is known by a keyed hash whose key goes; the address itself is never kept."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from actionhub import clock, networks
from actionhub.extensions import db


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2::9", "2001:db8:1::/48"),
        (None, "unknown"),
        ("no address", "unknown"),
    ],
)
def test_an_address_belongs_to_its_network(address: str | None, network: str) -> None:
    assert networks.network(address) == network


def test_neighbours_share_a_hash_and_the_next_day_has_another(app: Flask) -> None:
    today = networks.network_hash("203.0.113.1")
    db.session.commit()
    assert networks.network_hash("203.0.113.254") == today
    assert networks.network_hash("203.0.114.1") != today
    db.session.commit()
    with clock.moved_by(days=1):
        assert networks.network_hash("203.0.113.1") != today


def test_a_rolled_back_key_is_never_used_again(app: Flask) -> None:
    networks.network_hash("203.0.113.1")
    db.session.rollback()
    kept = networks.network_hash("203.0.113.1")
    db.session.commit()
    assert networks.network_hash("203.0.113.1") == kept


def test_keys_are_dropped_after_their_days(app: Flask) -> None:
    with clock.moved_by(days=-40):
        networks.network_hash("203.0.113.1")
    networks.network_hash("203.0.113.1")
    db.session.commit()
    assert networks.drop_old_keys(30) == 1
    assert db.session.scalar(select(func.count()).select_from(networks.NetworkKey)) == 1
