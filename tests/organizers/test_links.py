"""A login link lets one organizer in, once, for a while."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from actionhub import clock
from actionhub.extensions import db
from actionhub.organizers.joining import add_organizer, deactivate
from actionhub.organizers.links import DeadLink, look_up, make_login_link, use_link
from actionhub.organizers.models import LoginLink, Role


def token_of(path: str) -> str:
    return path.rpartition("/")[2]


def test_a_link_works_once(app: Flask) -> None:
    ines = add_organizer("ines@example.org", Role.ADMIN)
    token = token_of(make_login_link(ines.id))
    assert look_up(token).id == ines.id
    assert look_up(token).id == ines.id, "looking changes nothing"
    assert use_link(token).id == ines.id
    with pytest.raises(DeadLink):
        use_link(token)
    with pytest.raises(DeadLink):
        look_up(token)


def test_a_link_is_stored_hashed(app: Flask) -> None:
    ines = add_organizer("ines@example.org", Role.ADMIN)
    token = token_of(make_login_link(ines.id))
    stored = db.session.scalars(select(LoginLink.token_hash)).one()
    assert token not in stored
    assert len(stored) == 64


def test_a_link_expires(app: Flask) -> None:
    ines = add_organizer("ines@example.org", Role.ADMIN)
    token = token_of(make_login_link(ines.id, minutes=60))
    with clock.moved_by(minutes=61), pytest.raises(DeadLink):
        use_link(token)


def test_a_deactivated_organizers_link_is_dead(app: Flask) -> None:
    add_organizer("ines@example.org", Role.ADMIN)
    sam = add_organizer("sam@example.org", Role.ORGANIZER)
    token = token_of(make_login_link(sam.id))
    deactivate(sam)
    with pytest.raises(DeadLink):
        look_up(token)
    with pytest.raises(DeadLink):
        use_link(token)


def test_a_made_up_token_is_dead(app: Flask) -> None:
    with pytest.raises(DeadLink):
        use_link("made-up")
