"""`actionhub outbox bounces`: read what came back."""

from __future__ import annotations

import click

from actionhub.config import settings
from actionhub.errors import ActionHubError
from actionhub.outbox.reported import Kind
from actionhub.outbox.reports import Ignored
from actionhub.supporters.reports import Read, read_mailbox

#: What each number is called when it is told.
_IGNORED = {
    Ignored.NOT_OURS: "with no mark of ours, or a forged one",
    Ignored.UNREADABLE: "that say nothing",
    Ignored.AUTOMATIC: "automatic replies",
    Ignored.NO_REPORT: "in no form that is read",
}


def add_to(outbox: click.Group) -> None:
    """Make the command part of `actionhub outbox`."""

    @outbox.command()
    @click.argument("sources", nargs=-1, metavar="[SOURCE]...")
    def bounces(sources: tuple[str, ...]) -> None:
        """Read bounces and complaints, and stop mail to addresses that ask for it.

        SOURCE is a Maildir folder, an mbox file, or imaps://user:password@host/folder; without
        one it is ACTIONHUB_BOUNCE_MAILBOX. Reading twice does no harm. Others on this machine can
        see what you type here: keep a password in ACTIONHUB_BOUNCE_MAILBOX.
        """
        named = sources or tuple(filter(None, [settings().bounce_mailbox]))
        if not named:
            raise click.UsageError("Name a mailbox, or set ACTIONHUB_BOUNCE_MAILBOX.")
        read, problems = Read(), []
        for source in named:
            try:
                read_mailbox(source, read)
            except ActionHubError as problem:
                problems.append(str(problem))
        _tell(read)
        if problems:
            raise click.ClickException("; ".join(problems))


def _tell(read: Read) -> None:
    for kind in Kind:
        if read.taken[kind]:
            click.echo(f"{read.taken[kind]:,} {kind.value}.")
    if not read.taken.total():
        click.echo("Nothing new.")
    for number, what in (
        (read.suppressed, "of them stopped mail to an address."),
        (read.turned_sent, "of them showed that an email was sent that we were not sure of."),
        (read.again, "read before."),
        (read.failed, "could not be recorded, and stay unread: run it again."),
    ):
        if number:
            click.echo(f"{number:,} {what}")
    ignored = [
        f"{read.ignored[why]:,} {words}" for why, words in _IGNORED.items() if read.ignored[why]
    ]
    if ignored:
        number = sum(read.ignored[why] for why in _IGNORED)
        click.echo(f"{number:,} ignored: {', '.join(ignored)}.")
    if read.ignored[Ignored.ORDINARY]:
        click.echo(f"{read.ignored[Ignored.ORDINARY]:,} other messages left as they are.")
