"""One round of deliveries, as a worker and `outbox drain --loop` go it."""

from __future__ import annotations

from actionhub.deliveries import digests, handing, making


def go_on() -> None:
    """Begin what is due, make it, mail it, mark what was handed over; each commits by itself."""
    digests.begin_due()
    making.make()
    digests.mail_ready()
    handing.mark()
