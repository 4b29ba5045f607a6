"""The beat table, alone: what runs when, in seconds. Tasks are named here, never imported."""

from __future__ import annotations

from typing import Any

from actionhub.outbox.durations import DURATIONS

BEAT: dict[str, dict[str, Any]] = {
    "send mail": {"task": "actionhub.outbox.send", "schedule": DURATIONS.poll.total_seconds()},
    "sweep mail": {"task": "actionhub.outbox.sweep", "schedule": DURATIONS.sweep.total_seconds()},
    "tally mail": {"task": "actionhub.outbox.tally", "schedule": 60.0},
    "archive mail": {"task": "actionhub.outbox.archive", "schedule": 900.0},
    "read bounces": {"task": "actionhub.outbox.bounces", "schedule": 300.0},
    "fold counts": {"task": "actionhub.signatures.fold", "schedule": 5.0},
    "remind": {"task": "actionhub.signatures.remind", "schedule": 900.0},
    "open and close actions": {"task": "actionhub.actions.turn", "schedule": 30.0},
    "make deliveries": {"task": "actionhub.deliveries.make", "schedule": 60.0},
    "advance letters": {"task": "actionhub.letters.advance", "schedule": 30.0},
    "post letters": {"task": "actionhub.letters.post", "schedule": 30.0},
    "advance follow-ups": {"task": "actionhub.followups.advance", "schedule": 10.0},
    "refresh the newsroom": {"task": "actionhub.newsroom.refresh", "schedule": 900.0},
    "clean up": {"task": "actionhub.privacy.clean", "schedule": 3600.0},
}

#: Seconds that a wake-up may wait behind others, at least: runs of seconds go before it.
FRESH_SECONDS = 60.0

# A wake-up that waited longer than its own interval is stale: the next one does its work.
for _entry in BEAT.values():
    _entry["options"] = {"expires": max(_entry["schedule"], FRESH_SECONDS)}
