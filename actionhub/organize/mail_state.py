"""The state of the mail in sentences: what needs somebody, and what happens next by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from actionhub.organize.mail_words import TEMPLATE_NAMES, meaning
from actionhub.organize.times import show_ago, show_hour
from actionhub.outbox.conditions import PausedMailing, Relay, Worker
from actionhub.outbox.watching import Queue


@dataclass(frozen=True)
class Need:
    """One thing that needs somebody, and where on the page it is told."""

    told: str
    about: str
    place: str


def needs_of(
    queues: Sequence[Queue], relay: Relay, paused: Sequence[PausedMailing], held: int
) -> list[Need]:
    """What needs somebody, the worst first; empty when all is well."""
    found = []
    if relay.failures:
        told = _("The mail server does not take our mail")
        found.append(Need(told, _("Nothing is lost: all of it waits."), "server"))
    for one in paused:
        if one.because:
            told = _("A mailing paused itself: %(name)s", name=name_of(one))
            found.append(Need(told, _("The mail server refuses it."), "paused"))
    late = [one.oldest_due_at for one in queues if one.is_late and one.oldest_due_at]
    if late:
        told = _("Mail has been waiting since %(time)s", time=show_hour(min(late)))
        found.append(Need(told, _("Tell whoever runs this: is the worker alive?"), "due"))
    if held:
        told = ngettext("%(num)d email is held", "%(num)d emails are held", held)
        found.append(Need(told, _("It waits for a person who knows whether it went."), "unsettled"))
    return found


def relay_told(relay: Relay, last_sent_at: datetime | None) -> str:
    """How it stands with the mail server."""
    if not relay.failures:
        if last_sent_at is None:
            return str(_("Nothing is known against the mail server."))
        return str(
            _("The mail server answers. It last took an email %(ago)s.", ago=show_ago(last_sent_at))
        )
    told = ngettext(
        "The mail server does not take our mail: %(num)d try failed, at %(last)s.",
        "The mail server does not take our mail: %(num)d tries failed, the last at %(last)s.",
        relay.failures,
        last=show_hour(relay.tried_at),
    )
    if relay.closed_until:
        told += " " + _("The next is at %(time)s.", time=show_hour(relay.closed_until))
    else:
        told += " " + _("The next comes with the next email.")
    if last_sent_at:
        told += " " + _("The last email went out at %(time)s.", time=show_hour(last_sent_at))
    return f"{told} {_('Nothing is lost.')}"


def workers_told(workers: Sequence[Worker], queues: Sequence[Queue], relay: Relay) -> str:
    """Who is at work."""
    if relay.closed_until:
        return str(_("The workers wait for it."))
    if living := sum(worker.lives for worker in workers):
        return str(ngettext("%(num)d worker is sending.", "%(num)d workers are sending.", living))
    if any(queue.due for queue in queues):
        return str(_("Mail is due and no worker is sending yet."))
    return str(_("No worker is sending: nothing is due."))


def name_of(mailing: PausedMailing) -> str:
    """What a mailing is called: its subject if it has one of its own, else its kind."""
    return mailing.subject or str(TEMPLATE_NAMES.get(mailing.template, mailing.template))


def refused_told(mailing: PausedMailing) -> str:
    """What the mail server said to a mailing that paused itself."""
    said = ", ".join(
        f"{meaning(status)} ({status}) × {number}" for status, number in mailing.refused.items()
    )
    told = ngettext(
        "The mail server refused %(num)d email in a row.",
        "The mail server refused %(num)d emails in a row.",
        mailing.refusals,
    )
    return f"{told} {_('It said: %(said)s.', said=said)}" if said else told
