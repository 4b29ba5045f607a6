"""Organizers join once, and somebody always manages people."""

from __future__ import annotations

import pytest
from flask import Flask

from actionhub.addresses import BadAddress
from actionhub.extensions import db
from actionhub.organizers.joining import (
    LastAdmin,
    add_organizer,
    change_role,
    deactivate,
    find_by_email,
)
from actionhub.organizers.models import Role


def test_adding_the_same_address_twice_keeps_the_first(app: Flask) -> None:
    first = add_organizer("Ines@Example.org", Role.ADMIN)
    again = add_organizer("ines@example.org ", "viewer")
    assert again.id == first.id
    assert again.role is Role.ADMIN
    assert find_by_email("INES@example.org") is first


def test_a_bad_address_joins_nobody(app: Flask) -> None:
    with pytest.raises(BadAddress):
        add_organizer("not an address", Role.VIEWER)


def test_the_last_admin_can_neither_step_down_nor_be_shut_out(app: Flask) -> None:
    ines = add_organizer("ines@example.org", Role.ADMIN)
    shut = add_organizer("sam@example.org", Role.ADMIN)
    deactivate(shut)
    db.session.flush()
    with pytest.raises(LastAdmin):
        change_role(ines, Role.ORGANIZER)
    with pytest.raises(LastAdmin):
        deactivate(ines)
    assert (ines.role, ines.active) == (Role.ADMIN, True)


def test_deactivating_ends_every_session(app: Flask) -> None:
    add_organizer("ines@example.org", Role.ADMIN)
    sam = add_organizer("sam@example.org", Role.ORGANIZER)
    before = sam.fs_uniquifier
    deactivate(sam)
    assert not sam.active
    assert sam.fs_uniquifier != before


@pytest.mark.parametrize(
    ("held", "needed", "allowed"),
    [
        (Role.VIEWER, Role.VIEWER, True),
        (Role.VIEWER, Role.ORGANIZER, False),
        (Role.ORGANIZER, Role.VIEWER, True),
        (Role.ORGANIZER, Role.ADMIN, False),
        (Role.ADMIN, Role.ORGANIZER, True),
    ],
)
def test_a_role_covers_those_before_it(held: Role, needed: Role, allowed: bool) -> None:
    assert held.covers(needed) is allowed
