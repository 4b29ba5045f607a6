"""Rows in which people change their minds: an organizer pauses, members leave."""

from __future__ import annotations

import http.client
import time

from actionhub import links, tokens
from actionhub.extensions import db
from actionhub.followups import sending
from actionhub.followups.models import FollowUp
from actionhub.tokens import Purpose
from tests.faults.audience import inside
from tests.faults.counting import Letterbox
from tests.faults.rows import row
from tests.faults.scene import Scene

#: Messages that may be handed over after a pause: one a worker.
IN_HAND = 4


@row("paused", "pause at 50 %, then resumed", "at most 4 accepted after the pause")
def pause_half_way(scene: Scene) -> None:
    scene.until_accepted(scene.setting.members // 2)
    with inside(scene.stack.env):
        follow_up = db.session.get_one(FollowUp, scene.follow_up)
        sending.pause(follow_up)
        db.session.commit()
        paused = time.monotonic()
    scene.wait(10.0)
    resumed = time.monotonic()
    with inside(scene.stack.env):
        sending.resume(db.session.get_one(FollowUp, scene.follow_up))
        db.session.commit()
    scene.finish()
    members = {e.message_id for e in scene.books.emails() if e.key.startswith("followup:")}
    after = [
        accept
        for accept in scene.journal.accepts
        if paused < accept["t"] < resumed and accept["id"] in members
    ]
    found = f"{len(after)}, the last {max((a['t'] - paused for a in after), default=0):.2f} s later"
    scene.bound(f"at most {IN_HAND} accepted after the pause", found, len(after) <= IN_HAND)


@row("unsubscribed", "1,000 queued people unsubscribe", "0 to the unsubscribed")
def unsubscribe_many(scene: Scene, people: int = 1000) -> None:
    """The last in the queue, by the one-click link of their own email (RFC 8058)."""
    scene.until(lambda: _queued(scene) >= scene.setting.members, "a full queue")
    scene.mail_lasts(60.0)
    keys = scene.books.all(
        "SELECT key FROM emails WHERE key LIKE 'followup:%' AND state = 'ready'"
        " ORDER BY id DESC LIMIT :people",
        people=people,
    )
    with inside(scene.stack.env):
        paths = {key: _path(int(key.rpartition(":")[2])) for (key,) in keys}
    answered: dict[str, float] = {}
    for key, path in paths.items():
        if _leave(scene, path):
            answered[key] = time.monotonic()
        scene.stack.tend()
    lasted = scene.still_mailing()
    scene.justified = lambda email: (
        email.key in answered
        and email.state
        in (
            "suppressed",
            "cancelled",
        )
    )
    scene.finish()
    emails: dict[str, Letterbox] = {email.message_id: email for email in scene.books.emails()}
    wrong = [
        accept
        for accept in scene.journal.accepts
        if accept["id"] in emails
        and accept["t"] > answered.get(emails[accept["id"]].key, float("inf"))
    ]
    found = f"{len(wrong)} to {len(answered)} people, while {scene.counts.accepted} others got it"
    scene.bound("0 to the unsubscribed", found, not wrong and len(answered) == people and lasted)


def _queued(scene: Scene) -> int:
    return int(scene.books.all("SELECT count(*) FROM emails WHERE key LIKE 'followup:%'")[0][0])


def _path(supporter_id: int) -> str:
    token = tokens.sign(Purpose.UNSUBSCRIBE, supporter_id, "followups")
    return links.unsubscribe_path(token, "en")


def _leave(scene: Scene, path: str) -> bool:
    """Post the one click; whether it was answered with yes."""
    connection = http.client.HTTPConnection("127.0.0.1", scene.stack.port, timeout=30)
    try:
        body = "List-Unsubscribe=One-Click"
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", path, body, kind)
        return connection.getresponse().status == 200
    finally:
        connection.close()
