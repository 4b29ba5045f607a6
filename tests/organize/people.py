"""Organizers at their desks: clients that are logged in, each with a role."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from actionhub.extensions import db
from actionhub.organizers.joining import add_organizer
from actionhub.organizers.links import make_login_link
from actionhub.organizers.models import Organizer, Role

ADDRESSES = {
    Role.VIEWER: "vera@example.org",
    Role.ORGANIZER: "sam@example.org",
    Role.ADMIN: "ines@example.org",
}


class Desk:
    """One organizer's browser: it carries the session and each form's token."""

    def __init__(self, app: Flask, role: Role) -> None:
        self.organizer_id = add_organizer(ADDRESSES[role], role).id
        path = make_login_link(self.organizer_id)
        db.session.commit()
        self.client: FlaskClient = app.test_client()
        self.token = ""
        self.see(path)
        self.send(path)
        self.see("/organize/")

    def see(self, path: str) -> TestResponse:
        """GET a page, keeping the form's token that stands on it."""
        answer = self.client.get(path)
        found = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
        self.token = found[1] if found else self.token
        return answer

    def send(self, path: str, **fields: object) -> TestResponse:
        """POST a form with the token of the page seen last."""
        return self.client.post(path, data={"csrf_token": self.token} | fields)

    def sees(self, path: str) -> str:
        """The page at `path`, which must be there."""
        answer = self.see(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def hidden(self, path: str, name: str) -> str:
        """A hidden field of the form at `path`."""
        found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', self.sees(path))
        assert found, f"no {name} at {path}"
        return found[1]


def organizer(role: Role) -> Organizer:
    """A row with that role, flushed."""
    return add_organizer(ADDRESSES[role], role)
