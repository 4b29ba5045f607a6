"""Taking in reports about emails, with what they mean for the member they went to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import structlog
from sqlalchemy import select

from actionhub.database import db
from actionhub.outbox import bounces, mailboxes, reports
from actionhub.outbox.bounces import Taken
from actionhub.outbox.incoming import Incoming
from actionhub.outbox.models import Scope
from actionhub.outbox.reported import Kind, Reported
from actionhub.outbox.reports import Ignored
from actionhub.supporters import subscribing
from actionhub.supporters.models import Supporter

log = structlog.get_logger(__name__)

#: So many messages in a row that could not be recorded: it is the database, not they.
_PATIENCE = 5


@dataclass
class Read:
    """What one reading of a mailbox found, as numbers of messages."""

    taken: Counter[Kind] = field(default_factory=Counter)  # reports that counted
    again: int = 0  # reports that had been read before
    ignored: Counter[Ignored] = field(default_factory=Counter)
    failed: int = 0  # reports that could not be recorded, left unread for the next time
    suppressed: int = 0  # reports that stopped mail to an address
    turned_sent: int = 0  # emails that a report showed to be sent


def read_mailbox(source: str, read: Read | None = None) -> Read:
    """Take in every unread report of a mailbox; see `outbox.mailboxes.opened` for `source`.

    Commits by itself: each report is one transaction, and is marked as read after it, so that a
    run that was killed is gone on with by the next, and nothing counts twice. No transaction is
    open while the mailbox is waited for. Numbers go to `read` as they come, if one is given.
    Raises UnreadableMailbox, and whatever the database said when it said it over and over.
    """
    read = read or Read()
    db.session.commit()
    in_a_row = 0
    with mailboxes.opened(source) as unread:
        for message in unread:
            try:
                is_ours = _take_message(message, read)
            except Exception as problem:  # one bad message must not stop the others
                db.session.rollback()
                log.warning("report_not_recorded", problem=type(problem).__name__)
                read.failed += 1
                in_a_row += 1
                if in_a_row == _PATIENCE:
                    raise
                continue
            in_a_row = 0
            if is_ours:
                message.done()
    return read


def take_in(report: Reported) -> Taken | None:
    """Let a report have its effect, in the caller's transaction; None if no email is meant.

    Who complains of follow-ups, or unsubscribes with the provider, is no member any more.
    """
    leaves = report.kind in (Kind.COMPLAINED, Kind.LEFT)
    supporter_id = _held_supporter(report.email_id) if leaves else None
    taken = bounces.take(report)
    if taken is not None and taken.stopped is Scope.FOLLOWUPS and supporter_id is not None:
        subscribing.leave(supporter_id)
    return taken


def _take_message(message: Incoming, read: Read) -> bool:
    """Take one message in; False for people's own mail, which they shall find unread."""
    found = _understood(message.raw)
    if isinstance(found, Ignored):
        read.ignored[found] += 1
        return found is not Ignored.ORDINARY
    taken = take_in(found)
    db.session.commit()
    if taken is None:
        read.ignored[Ignored.NOT_OURS] += 1
    elif taken.again:
        read.again += 1
    else:
        read.taken[taken.kind] += 1
        read.suppressed += taken.stopped is not None
        read.turned_sent += taken.turned_sent
    return True


def _understood(raw: bytes) -> Reported | Ignored:
    try:
        return reports.read(raw)
    except Exception as problem:  # hostile input finds the standard library's own bugs
        log.warning("report_unreadable", problem=type(problem).__name__)
        return Ignored.UNREADABLE


def _held_supporter(email_id: int) -> int | None:
    """Whom an email went to, their row held before the email's: so do all who change theirs."""
    hashed = Supporter.address_hash == bounces.address_hash_of(email_id)
    return db.session.scalar(select(Supporter.id).where(hashed).with_for_update())
