"""`actionhub congress`: load who sits in Congress and where each ZIP lies, and look it up."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import click

from actionhub import clock
from actionhub.cli.congress_words import (
    as_json,
    as_lines,
    in_words,
    lines_of_areas,
    lines_of_committees,
    lines_of_people,
)
from actionhub.congress import committees, loading, looking, reading, rosters
from actionhub.congress.models import DataSetKind
from actionhub.database import db
from actionhub.newsroom import sources
from actionhub.newsroom.fetching import Limits
from actionhub.signatures import districts

#: Where the data sets are published: those of Congress by the unitedstates project (public
#: domain), districts by the OpenSourceActivismTech project (after the Census's relationship files).
OF_CONGRESS = "https://raw.githubusercontent.com/unitedstates/congress-legislators/main"
LEGISLATORS = f"{OF_CONGRESS}/legislators-current.yaml"
COMMITTEES = f"{OF_CONGRESS}/committees-current.yaml"
MEMBERSHIP = f"{OF_CONGRESS}/committee-membership-current.yaml"
DISTRICTS = (
    "https://raw.githubusercontent.com/OpenSourceActivismTech/us-zipcodes-congress/master/zccd.csv"
)
LIMITS = Limits(max_bytes=20 << 20, seconds=120.0)
#: Where more than one in so many of what was known is gone, a file may have been cut.
CUT = 10


#: Applies what was read of a data set, and says in lines what that changed.
_Step = Callable[[], list[str]]


@click.group()
def congress() -> None:
    """Who sits in Congress, and for which ZIP."""


@congress.command()
@click.option("--legislators", metavar="FILE|URL", help=f"Who sits: for instance {LEGISLATORS}")
@click.option(
    "--districts", "zip_areas", metavar="FILE|URL", help=f"ZIP areas: for instance {DISTRICTS}"
)
@click.option(
    "--committees", "lists", metavar="FILE|URL", help=f"Committees: for instance {COMMITTEES}"
)
@click.option(
    "--membership", metavar="FILE|URL", help=f"Who sits on each: for instance {MEMBERSHIP}"
)
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day that the data tell of; else the server's Last-Modified, else the file's.",
)
@click.option(
    "--fewer", is_flag=True, help=f"Also where more than 1 in {CUT} of what was known is gone."
)
def load(
    legislators: str | None,
    zip_areas: str | None,
    lists: str | None,
    membership: str | None,
    as_of: datetime | None,
    fewer: bool,
) -> None:
    """Load one data set or several, in one transaction; say what differs from before.

    Loading the same again changes nothing. A malformed file changes nothing either.
    """
    if not (legislators or zip_areas or lists or membership):
        raise click.UsageError(
            "Name --legislators, --districts, or --committees with --membership."
        )
    if bool(lists) != bool(membership):
        raise click.UsageError("--committees and --membership go together.")
    if lists and not legislators and DataSetKind.LEGISLATORS not in loading.loaded():
        raise click.ClickException("Committees are of legislators: load those first, or with them.")
    day = as_of.date() if as_of else None
    if day and day > clock.now().date():
        raise click.ClickException(f"{day} has not come yet. Nothing was changed.")
    # 1. Everything is fetched and read. 2. Only then is any of it applied.
    steps: list[_Step] = []
    if legislators:
        steps.append(_people(_get(legislators, day), fewer))
    if zip_areas:
        steps.append(_areas(_get(zip_areas, day), fewer))
    if lists and membership:
        steps.append(_rosters(_get(lists, day), _get(membership, day)))
    lines = [line for apply in steps for line in apply()]
    db.session.commit()
    for line in lines:
        click.echo(line)


@congress.command()
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
def resolve(dry_run: bool) -> None:
    """Find the districts of confirmed signatures anew, by the data that are loaded now.

    What people chose themselves stays; choices that their ZIP no longer allows are counted.
    """
    _need_data()
    done = districts.resolve_again(dry_run=dry_run)
    would = "would be " if dry_run else ""
    click.echo(
        f"{done.looked_at} looked at: {done.found} {would}found, {done.changed} {would}changed, "
        f"{done.lost} {would}known no more."
    )
    if done.doubtful:
        click.echo(f"{done.doubtful} chose a district that their ZIP no longer touches: left so.")


@congress.command()
@click.argument("zips", nargs=-1, required=True, metavar="ZIP...")
@click.option("--json", "machine", is_flag=True, help="For machines: one JSON object a line.")
def lookup(zips: tuple[str, ...], machine: bool) -> None:
    """Say who sits for each ZIP: for all districts that it touches."""
    read = {text: looking.five_digits(text) for text in zips}
    if strange := [text for text, found in read.items() if found is None]:
        raise click.ClickException(f"No ZIP: {', '.join(strange)}. One has five digits.")
    _need_data()
    for text in zips:
        found = looking.look_up(read[text] or "")
        if machine:
            click.echo(json.dumps(as_json(found)))
            continue
        for line in as_lines(found):
            click.echo(line)


@congress.command("committee")
@click.argument("code", required=False)
def committee_(code: str | None) -> None:
    """Say who sits on the committee CODE, as HSJU; without CODE name all committees."""
    if not code:
        rows = committees.all_committees()
        if not rows:
            raise click.ClickException(
                "No committees yet. Load them: actionhub congress load --committees FILE|URL "
                "--membership FILE|URL (--help names the public addresses)"
            )
        for one in rows:
            click.echo(f"{one.code:<7} {one.name} ({one.members})")
        return
    found = committees.committee(code)
    if found is None:
        raise click.ClickException(
            f"No committee {code}. All of them: actionhub congress committee"
        )
    under = f", under {found.parent_name}" if found.parent_name else ""
    click.echo(f"{found.code}: {found.name}{under}")
    for member in found.members:
        title = f", {member.title}" if member.title else ""
        click.echo(f"  {in_words(member.seat)}{title}")


def _need_data() -> None:
    if not loading.can_look_up():
        raise click.ClickException(
            "No data yet. Load it: actionhub congress load --legislators FILE|URL "
            "--districts FILE|URL (--help names the public addresses)"
        )


@dataclass(frozen=True)
class _Got:
    source: str
    data: bytes
    as_of: date


def _get(source: str, day: date | None) -> _Got:
    fetched = sources.get(source, LIMITS)
    assert fetched.data is not None  # nothing conditional was asked
    if day is None and fetched.last_modified:
        day = _day_of(fetched.last_modified)
    if day is None and not sources.is_address(source):
        day = datetime.fromtimestamp(Path(source).expanduser().stat().st_mtime, UTC).date()
    if day is None:
        raise click.ClickException(f"{source} tells no date of its own: say one with --as-of.")
    return _Got(source, fetched.data, day)


def _people(got: _Got, fewer: bool) -> _Step:
    read = reading.read_legislators(got.data, got.source, got.as_of)

    def apply() -> list[str]:
        change = loading.load_legislators(read, got.as_of)
        if not fewer:
            _need_most(got, len(change.left) - len(change.came), change.total, "who sit")
        return lines_of_people(change, got.as_of)

    return apply


def _areas(got: _Got, fewer: bool) -> _Step:
    read = reading.read_districts(got.data, got.source)

    def apply() -> list[str]:
        change = loading.load_districts(read, got.as_of)
        if not fewer:
            _need_most(got, change.removed - change.added, len(read), "ZIP areas’ districts")
        return lines_of_areas(change, got.as_of)

    return apply


def _need_most(got: _Got, gone: int, left: int, what: str) -> None:
    """Raise ClickException where a file tells of much less than was known: it may be cut."""
    if gone * CUT > gone + left:
        raise click.ClickException(
            f"{got.source}: {gone:,} of {gone + left:,} {what} would be gone. Nothing was changed. "
            "A download that was cut? If it is right, say so with --fewer."
        )


def _rosters(lists: _Got, membership: _Got) -> _Step:
    read = rosters.read_committees(lists.data, lists.source, membership.data, membership.source)
    as_of = min(lists.as_of, membership.as_of)
    return lambda: lines_of_committees(committees.load_committees(read, as_of), as_of)


def _day_of(last_modified: str) -> date | None:
    try:
        return parsedate_to_datetime(last_modified).date()
    except ValueError:
        return None
