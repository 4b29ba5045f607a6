"""Deliveries are made, mailed on their day, and their signatures marked."""

from __future__ import annotations

from celery import shared_task

from actionhub.deliveries import rounds
from worker.context import in_app


@shared_task(name="actionhub.deliveries.make")
@in_app
def make() -> None:
    """Begin what is due, make it, mail it, mark what was handed over; each commits by itself."""
    rounds.go_on()
