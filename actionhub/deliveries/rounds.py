"""One round of deliveries, as a worker and `outbox drain --loop` go it."""

from __future__ import annotations

from actionhub.deliveries import handing, mailing, making, rhythms


def go_on() -> None:
    """Begin what is due, make it, mail it, mark what has arrived; each commits by itself.

    A long list holds up no short one: each goes on by a volume, and what got ready is mailed.
    """
    rhythms.begin_due()
    goes_on = True
    while goes_on:
        _ready, goes_on = making.make_next()
        mailing.mail_ready()
        mailing.follow()
        handing.mark()
