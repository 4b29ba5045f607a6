"""`actionhub newsroom`: import a newsroom, and follow feeds."""

from __future__ import annotations

import click

from actionhub.cli.listing import section
from actionhub.database import db
from actionhub.newsroom import refreshing
from actionhub.newsroom.importing import ImportReport, import_source


@click.group()
def newsroom() -> None:
    """Bring press releases in, and follow the feeds that publish them."""


@newsroom.command("import")
@click.argument("source")
def import_(source: str) -> None:
    """Import SOURCE: an RSS or Atom feed, an HTML newsroom page, or a page saved as text.

    SOURCE is a file or an http(s) address. Importing it again adds nothing twice, brings what
    changed up to date, and keeps what an organizer edited.
    """
    report = import_source(source)
    db.session.commit()
    for line in lines_of(report):
        click.echo(line)


@newsroom.command()
@click.argument("address")
def follow(address: str) -> None:
    """Refresh the feed at ADDRESS every quarter of an hour from now on."""
    refreshing.follow(address)
    db.session.commit()
    click.echo(f"Following {address}. The worker reads it with its next refresh.")


@newsroom.command()
@click.argument("address")
def unfollow(address: str) -> None:
    """Refresh the feed at ADDRESS no more. Its releases stay."""
    if not refreshing.unfollow(address):
        raise click.ClickException(f"{address} is not followed.")
    db.session.commit()
    click.echo(f"No longer following {address}. Its releases stay.")


@newsroom.command()
def feeds() -> None:
    """List the feeds, and how the last reading of each went."""
    known = refreshing.feeds()
    if not known:
        click.echo("No feeds yet. Add one with: actionhub newsroom follow ADDRESS")
    for feed in known:
        state = "" if feed.active else " (not followed)"
        read = f"{feed.read_at:%Y-%m-%d %H:%M} UTC: {feed.result}" if feed.read_at else "not read"
        click.echo(f"{feed.address}{state}\n  {read}")


def lines_of(report: ImportReport) -> list[str]:
    """A report as people read it: the counts, then what deserves a look."""
    lines = [refreshing.summary_of_report(report).capitalize() + "."]
    lines += section(
        "Updated:", [f"{update.title} ({_words(update.fields)})" for update in report.updates]
    )
    lines += section(
        "Edited here, so kept; the source tells otherwise:",
        [f"{kept.title} ({_words((kept.field,))})" for kept in report.kept_edits],
    )
    lines += section("Not understood:", report.not_understood)
    if report.introduction:
        count = len(report.introduction)
        lines.append(
            f"The page's introduction ({count} {'line' if count == 1 else 'lines'}) is no release."
        )
    return lines


def _words(fields: tuple[str, ...]) -> str:
    names = {"body_html": "body", "released_on": "date", "source_url": "address"}
    return ", ".join(names.get(field, field) for field in fields)
