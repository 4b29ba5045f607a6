"""`actionhub organizer add`: the first way into the workspace."""

from __future__ import annotations

import re

from click.testing import CliRunner, Result
from flask import Flask

from actionhub.cli import main
from actionhub.organizers.joining import deactivate, everybody, find_by_email
from actionhub.organizers.links import look_up
from actionhub.organizers.models import Role


def add(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["organizer", "add", *arguments])


def test_the_first_is_admin_and_gets_a_link_that_lets_them_in(app: Flask) -> None:
    result = add("Ines@Example.org")
    assert result.exit_code == 0, result.output
    found = re.search(r"http://localhost/organize/enter/(\S+)", result.output)
    assert found
    ines = look_up(found[1])
    assert (ines.email, ines.role) == ("ines@example.org", Role.ADMIN)
    assert "Added ines@example.org as admin." in result.output


def test_later_ones_are_organizers_unless_said_otherwise(app: Flask) -> None:
    add("ines@example.org")
    add("sam@example.org")
    add("vera@example.org", "--role", "viewer")
    assert [person.role for person in everybody()] == [Role.ADMIN, Role.ORGANIZER, Role.VIEWER]


def test_again_only_makes_a_fresh_link(app: Flask) -> None:
    add("ines@example.org")
    again = add("ines@example.org", "--role", "viewer")
    assert "is here already, as admin" in again.output
    assert "/organize/enter/" in again.output
    assert [person.role for person in everybody()] == [Role.ADMIN]


def test_a_bad_address_or_a_shut_login_gets_one_line(app: Flask) -> None:
    assert add("not an address").exit_code != 0
    add("ines@example.org")
    add("sam@example.org")
    sam = find_by_email("sam@example.org")
    assert sam is not None
    deactivate(sam)
    result = add("sam@example.org")
    assert result.exit_code == 1
    assert "is deactivated" in result.output
    assert "/organize/enter/" not in result.output
