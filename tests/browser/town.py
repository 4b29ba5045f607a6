"""A town with life in it: a running site whose every page has something to show."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TypeVar

from flask import Flask, request
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from werkzeug.serving import make_server

from actionhub.actions.models import Action
from actionhub.app import create_app
from actionhub.cli.up.mailbox import Keeper
from actionhub.config import Smtp
from actionhub.extensions import db
from actionhub.organizers.links import make_login_link
from actionhub.organizers.models import Organizer, Role
from tests.browser.life import FIRST, LAST, OPEN, settle
from tests.letters.chambers import agency_file
from tests.mail import listening
from tests.public_links import people
from tests.servers.brokers import free_port
from tests.settings import make_settings

R = TypeVar("R")


@dataclass
class Town:
    """A running site and those who live there; made new for each session of tests."""

    app: Flask
    address: str
    folder: Path
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def inside(self, work: Callable[[], R]) -> R:
        """Run `work` in the app, and commit."""
        with self.app.app_context():
            try:
                result = work()
                db.session.commit()
                return result
            finally:
                db.session.remove()

    def somebody(self) -> str:
        """The address of one who was never seen here."""
        return f"somebody{next(self._numbers)}@example.org"

    def signed(
        self, *, confirmed: bool = False, locale: str = "en", zip_code: str = "20001"
    ) -> tuple[str, str]:
        """Somebody who signs the open action: their address, and the path of their link."""
        email = self.somebody()
        number = next(self._numbers)
        name = f"{FIRST[number % len(FIRST)]} {LAST[number % len(LAST)]}"
        verb = people.confirmed if confirmed else people.post

        def sign() -> str:
            action = db.session.scalars(select(Action).where(Action.slug == OPEN)).one()
            return verb(action, email, locale=locale, name=name, zip=zip_code)

        return email, self.inside(sign)

    def enter_path(self) -> str:
        """The path of a link that lets the admin in once."""

        def make() -> str:
            admin = select(Organizer.id).where(Organizer.role == Role.ADMIN)
            return make_login_link(db.session.scalars(admin).one())

        return self.inside(make)


@contextmanager
def town(folder: Path, signers: int = 40) -> Iterator[Town]:
    """A town in `folder`, listening on loopback until the end."""
    mailbox = folder / "mailbox"
    mailbox.mkdir(parents=True)
    port = free_port()
    with listening(Keeper(mailbox)) as smtp:
        settings = make_settings(
            f"sqlite:///{folder}/town.db",
            folder,
            base_url=f"http://127.0.0.1:{port}",
            mailbox=True,
            address_lookup="tests.congress.streets:MainStreet",
            cwc_file=agency_file(folder, "http://127.0.0.1:1", 'A000001 = "HOH09"'),
            smtp=Smtp("127.0.0.1", smtp, None, None, "plain"),
        )
        app = create_app(settings)
        app.before_request(lose_the_database)
        place = Town(app, settings.base_url, folder)
        with app.app_context():
            db.create_all()
        place.inside(lambda: settle(signers))
        server = make_server("127.0.0.1", port, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield place
        server.shutdown()
        thread.join()
        server.server_close()
        with app.app_context():
            db.engine.dispose()


def lose_the_database() -> None:
    """`?away_at=POST`: as if the database were away when such a request comes."""
    if request.method == request.args.get("away_at"):
        raise OperationalError("select 1", {}, OSError("the database is away"))
