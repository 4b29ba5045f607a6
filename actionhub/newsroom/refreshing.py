"""The feeds that beat refreshes: following, asking again, and how each reading went."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import structlog
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from actionhub import clock
from actionhub.config import settings
from actionhub.database import db
from actionhub.newsroom.applying import ImportReport, apply
from actionhub.newsroom.fetching import Fetched, fetch
from actionhub.newsroom.importing import limits, understand
from actionhub.newsroom.items import MAX_ADDRESS, Reading, UnreadableSource, web_address
from actionhub.newsroom.models import Feed

log = structlog.get_logger(__name__)

#: The result of a reading that the source answered with "not modified".
NOTHING_NEW = "nothing new"


@dataclass(frozen=True)
class FeedToRead:
    """A feed as the refresh needs it, off the database."""

    id: int
    address: str
    etag: str | None
    last_modified: str | None


@dataclass(frozen=True)
class Outcome:
    """What one feed's refresh gave: a reading, nothing new, or a problem in one line."""

    feed: FeedToRead
    fetched: Fetched | None = None
    reading: Reading | None = None
    problem: str | None = None


def follow(address: str) -> int:
    """Refresh the feed at `address` from now on; its id. Following twice changes nothing.

    Raises UnreadableSource when it is no http(s) address.
    """
    good = web_address(address)
    if good is None:
        raise UnreadableSource(
            address, f"is not an http(s) address of at most {MAX_ADDRESS} characters"
        )
    _ensure([good])
    feed = db.session.scalars(select(Feed).where(Feed.address == good)).one()
    feed.active = True
    db.session.flush()
    return feed.id


def unfollow(address: str) -> bool:
    """Refresh it no more; its releases stay. False if it was not followed."""
    feed = db.session.scalar(select(Feed).where(Feed.address == address, Feed.active.is_(True)))
    if feed is None:
        return False
    feed.active = False
    db.session.flush()
    return True


def feeds() -> list[Feed]:
    """Every feed, followed or not, in the order they were added."""
    return list(db.session.scalars(select(Feed).order_by(Feed.id)))


def feeds_to_read() -> list[FeedToRead]:
    """The active feeds, the configured ones added first; flushes."""
    _ensure([address for address in map(web_address, settings().feeds) if address])
    active = db.session.scalars(select(Feed).where(Feed.active.is_(True)).order_by(Feed.id))
    return [FeedToRead(feed.id, feed.address, feed.etag, feed.last_modified) for feed in active]


def read_again(feed: FeedToRead) -> Outcome:
    """Fetch and read one feed; touches no database, raises nothing that a source can cause."""
    try:
        fetched = fetch(feed.address, limits(), etag=feed.etag, last_modified=feed.last_modified)
        if fetched.data is None:
            return Outcome(feed, fetched)
        return Outcome(feed, fetched, understand(fetched, feed.address, settings().timezone))
    except UnreadableSource as refusal:
        return Outcome(feed, problem=str(refusal))
    except Exception as problem:  # one feed must not stop the others
        log.error("feed_broke_the_reader", feed=feed.id, problem=type(problem).__name__)
        return Outcome(feed, problem=f"{feed.address} could not be read; the log says why")


def record(outcome: Outcome) -> ImportReport | None:
    """Bring an outcome into the newsroom and onto its feed's row; flushes."""
    feed = db.session.get(Feed, outcome.feed.id)
    if feed is None or not feed.active:
        return None
    feed.read_at = clock.now()
    report: ImportReport | None = None
    if outcome.problem is not None:
        feed.result = outcome.problem
    elif outcome.reading is None:
        feed.result = NOTHING_NEW
    else:
        report = apply(outcome.reading, feed.id)
        feed.result = summary_of_report(report)
    if outcome.fetched is not None and outcome.reading is not None:
        feed.etag, feed.last_modified = outcome.fetched.etag, outcome.fetched.last_modified
    db.session.flush()
    return report


def summary_of_report(report: ImportReport) -> str:
    """One line of counts: `2 added, 1 updated, 7 unchanged`, and what else there is."""
    parts = [
        f"{report.added} added",
        f"{report.updated} updated",
        f"{report.unchanged} unchanged",
    ]
    if report.kept_edits:
        parts.append(_counted(len(report.kept_edits), "edit") + " kept")
    if report.not_understood:
        parts.append(_counted(len(report.not_understood), "line") + " not understood")
    return ", ".join(parts)


def reading_failed(feed: Feed) -> bool:
    """Whether the last reading of a feed failed: its result is then the problem in one line."""
    result = feed.result or NOTHING_NEW
    return result != NOTHING_NEW and re.match(r"\d+ added, ", result) is None


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _ensure(addresses: Iterable[str]) -> None:
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert
    for address in dict.fromkeys(addresses):
        row = {"address": address, "active": True, "created_at": clock.now()}
        db.session.execute(insert(Feed).values(row).on_conflict_do_nothing())
