"""`actionhub outbox`: send what is due, see how it stands, send again what ended badly."""

from __future__ import annotations

import json

import click

from actionhub.cli import bounces, dkim, mail_status
from actionhub.cli.draining import drain
from actionhub.extensions import db
from actionhub.followups.resuming import resume_mailing
from actionhub.organizers import auditing
from actionhub.outbox import retrying
from actionhub.outbox.models import EmailState, Mailing, MailingState
from actionhub.outbox.states import RETRYABLE


@click.group()
def outbox() -> None:
    """The mail that waits, went out, or could not."""


outbox.add_command(drain)
bounces.add_to(outbox)


@outbox.command()
@click.option("--json", "machine", is_flag=True, help="For machines: one JSON object.")
def status(machine: bool) -> None:
    """What waits, what moves it or holds it up, and what to do next."""
    db.session.rollback()  # nothing begun: SQLite's writers need not wait for who only reads
    db.session.connection(execution_options={"sqlite_deferred": True})
    found = mail_status.standing()
    if machine:
        click.echo(json.dumps(mail_status.as_json(found), indent=2))
        return
    for line in mail_status.as_text(found):
        click.echo(line)


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
@click.option("--perhaps-sent", is_flag=True, help="Also failed ones that may have arrived.")
def retry(states: tuple[str, ...], perhaps_sent: bool) -> None:
    """Make emails that ended badly ready again. Suppressed addresses stay so."""
    wished = [EmailState(state) for state in states]
    count = retrying.retry(wished, perhaps_sent=perhaps_sent)
    db.session.commit()
    click.echo(f"{count} ready again.")


@outbox.command()
@click.argument("mailing_id", type=int)
def resume(mailing_id: int) -> None:
    """Go on with a mailing that paused itself, once what the mail server refused is mended.

    `actionhub outbox status` names it. What was refused by policy goes again, too.
    """
    mailing = db.session.get(Mailing, mailing_id)
    if mailing is None:
        raise click.ClickException(f"No mailing has the number {mailing_id}.")
    if mailing.state is MailingState.CANCELLED:
        raise click.ClickException("It was cancelled, for good.")
    if mailing.state is MailingState.ACTIVE:
        click.echo("It is not paused.")
        return
    if mailing.paused_because is None:
        raise click.ClickException("An organizer paused it: it is resumed in the workspace.")
    resume_mailing(mailing_id)
    auditing.record("resume", "mailing", mailing_id)
    db.session.commit()
    click.echo("It goes on, and what was refused goes again.")


outbox.command("dkim")(dkim.record)
