"""`actionhub outbox`: send what is due, see how it stands, send again what ended badly."""

from __future__ import annotations

import click

from actionhub import clock
from actionhub.cli import bounces, dkim
from actionhub.cli.draining import drain
from actionhub.extensions import db
from actionhub.outbox import watching
from actionhub.outbox.models import EmailState
from actionhub.outbox.states import RETRYABLE


@click.group()
def outbox() -> None:
    """The mail that waits, went out, or could not."""


outbox.add_command(drain)
bounces.add_to(outbox)


@outbox.command()
def status() -> None:
    """How many emails are in each state, and how long the oldest has been due."""
    found = watching.status()
    for state in EmailState:
        if count := found.states.get(state):
            click.echo(f"{state.value:<12}{count:>10,}")
    if not found.states:
        click.echo("The outbox is empty.")
    if found.oldest_due_at is not None:
        waits = int((clock.now() - found.oldest_due_at).total_seconds())
        click.echo(f"{found.due:,} due, the oldest for {waits:,} s.")
    if found.paused_mailings:
        click.echo(f"{found.paused_mailings:,} mailings paused.")


@outbox.command()
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(sorted(state.value for state in RETRYABLE)),
    default=["failed", "expired"],
    show_default=True,
    help="Which to send again; may be given more than once.",
)
def retry(states: tuple[str, ...]) -> None:
    """Make emails that ended badly ready again. Suppressed addresses stay so."""
    count = watching.retry([EmailState(state) for state in states])
    db.session.commit()
    click.echo(f"{count} ready again.")


outbox.command("dkim")(dkim.record)
