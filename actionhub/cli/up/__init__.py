"""`actionhub up`: the whole installation on this machine, as one supervised group."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import click

from actionhub.cli import local
from actionhub.cli.up import holding, programs
from actionhub.cli.up.group import Child, Group
from actionhub.errors import ActionHubError

#: Who gets the login link that `up` prints, where nobody else was added.
LOCAL_ORGANIZER = "organizer@example.org"
#: Seconds until everything must answer.
START_SECONDS = 90.0
#: A child that crashes so often before all is ready will not get better.
CRASHES_BEFORE_READY = 3


class DidNotStart(ActionHubError):
    """One of the programs does not come up."""


@dataclass
class Run:
    """One run: where, on which ports, with which settings."""

    where: Path
    port: int
    mailbox_port: int | None  # None where an SMTP server is named
    env: dict[str, str]

    @property
    def address(self) -> str:
        return self.env["ACTIONHUB_BASE_URL"]


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Web port [default: 8000 or the next].")
@click.option("--demo", is_flag=True, help="Load the sample newsroom, if it is not there yet.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="The data folder [default: ACTIONHUB_DATA_DIR or ./var].",
)
def up(port: int | None, demo: bool, data: Path | None) -> None:
    """Start everything on this machine: web, worker, beat and a local mailbox.

    What the environment does not set gets a local value, kept in the data folder. Listens on
    loopback only. Ctrl-C stops it all.
    """
    where = (data or local.folder(os.environ)).resolve()
    lock = holding.Lock(where)
    try:
        run = _settle(where, port)
        lock.say(f"{os.getpid()}, {run.address}")
        os.environ.update(run.env)
        link = _furnish(demo)
        _supervise(run, link)
    finally:
        lock.release()


def _settle(where: Path, port: int | None) -> Run:
    """Choose ports and complete the settings; remembered for the next start."""
    last = local.last_run(where)
    wished = port or last.get("port", local.DEFAULT_PORT)
    chosen = holding.free_port(wished, exactly=port is not None)
    if chosen != wished:
        click.echo(f"Port {wished} is taken; using {chosen}.")
    given = {name: value for name, value in os.environ.items() if value}
    mailbox_port = None if "ACTIONHUB_SMTP_URL" in given else holding.any_port()
    env = {**local.defaults(where, chosen, mailbox_port or 0), **given}
    env["ACTIONHUB_DATA_DIR"] = str(where)
    env["ACTIONHUB_MAILBOX"] = "local" if mailbox_port else ""
    local.remember_run(where, chosen, mailbox_port or 0)
    return Run(where, chosen, mailbox_port, env)


def _furnish(demo: bool) -> str:
    """Migrate, load the sample if asked, and make a fresh one-time login link; its path."""
    from actionhub import config, logs
    from actionhub.app import create_app
    from actionhub.cli.migrate import bring_to_head
    from actionhub.database import db
    from actionhub.organizers.joining import add_organizer
    from actionhub.organizers.links import make_login_link
    from actionhub.organizers.models import Role

    app = create_app(config.from_environment(os.environ))
    logs.set_up(as_json=False, level=logging.WARNING)
    with app.app_context():
        before, after = bring_to_head()
        if before != after:
            click.echo("Made the database." if before is None else f"Migrated it to {after}.")
        if demo:
            import_module("actionhub.cli.demo").load_sample()
            db.session.commit()
        link = make_login_link(add_organizer(LOCAL_ORGANIZER, Role.ADMIN).id)
        db.session.commit()
        db.engine.dispose()
    return link


def _supervise(run: Run, link: str) -> None:
    children = [programs.web(run.port, run.where), programs.worker(run.where)]
    children.append(programs.beat(run.where))
    waiting = {
        "web": lambda: programs.web_answers(run.port),
        "worker": programs.says_ready(run.where, "worker"),
        "beat": programs.says_ready(run.where, "beat"),
    }
    mailbox_port = run.mailbox_port
    if mailbox_port is not None:
        children.append(programs.mailbox(mailbox_port, run.where))
        waiting["mailbox"] = lambda: programs.mailbox_answers(mailbox_port)
    group = Group(children, {**os.environ, "PYTHONUNBUFFERED": "1"}, _say)
    group.listen()
    try:
        group.start()
        _wait_until_ready(group, waiting)
        if not group.stops:
            _announce(run, link)
        while not group.stops:
            group.wait(1.0)
    finally:
        if group.stops < 2:
            _say("stopping; once more to force")
        group.stop()


def _wait_until_ready(group: Group, waiting: dict[str, Callable[[], bool]]) -> None:
    until = time.monotonic() + START_SECONDS
    while waiting and not group.stops:
        for name in [name for name, ready in waiting.items() if ready()]:
            del waiting[name]
        failed = [child for child in group.children if child.crashes >= CRASHES_BEFORE_READY]
        failed += [child for child in group.children if child.name in waiting and _late(until)]
        for child in failed:
            raise DidNotStart(_why_not(group, child))
        group.wait(0.1)


def _late(until: float) -> bool:
    return time.monotonic() > until


def _why_not(group: Group, child: Child) -> str:
    return f"The {child.name} does not start; its log, {child.log}, ends:\n{group.tail(child)}"


def _announce(run: Run, link: str) -> None:
    """The one line people wait for, and how to end it."""
    mailbox = "" if run.mailbox_port is None else f"   its mail: {run.address}/mailbox"
    login = f"   organizers log in (once): {run.address}{link}"
    click.echo(f"ActionHub is ready: {run.address}/{mailbox}{login}")
    click.echo(f"Data and logs: {run.where}   Stop: Ctrl-C")
    sys.stdout.flush()


def _say(line: str) -> None:
    click.echo(line, err=True)
