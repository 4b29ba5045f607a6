"""Rows in which the mail server is difficult: it refuses, defers, hangs up, or takes its time."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from tests.faults.audience import LARGEST
from tests.faults.counting import Letterbox
from tests.faults.rows import row
from tests.faults.scene import Scene
from tests.faults.sink.script import part_of

#: Attempts after which a mailing that is refused for its content must have paused.
PATIENCE = 50
#: What each must keep of its rate while one other domain is slow.
KEPT = 0.7
LARGEST_DOMAIN = "d000.example.org"


@row("refused-for-now", "421, 450, 451, 454 at the first attempt of 30 %", "all delivered")
def refuse_for_now(scene: Scene) -> None:
    replies = {
        "421 4.3.2 going down": "rcpt",
        "450 4.2.1 mailbox busy": "rcpt",
        "451 4.3.0 local error": "dot",
        "454 4.7.0 not now": "rcpt",
    }
    for number, (reply, stage) in enumerate(replies.items()):
        share = [number * 0.075, (number + 1) * 0.075]
        scene.sink.add(reply[:3], stage, reply=reply, share=share, tries=1)
    scene.finish()
    struck = Counter(line["rule"] for line in scene.journal.struck)
    scene.note(f"refused: {dict(struck)}")
    sent = scene.counts.states["sent"]
    found = f"{sent} of {scene.counts.emails}"
    scene.bound("all delivered", found, sent == scene.counts.emails and len(struck) == len(replies))


@row(
    "no-such-mailbox",
    "550 5.1.1 on 5 %",
    "exactly those failed and suppressed, one attempt each",
)
def refuse_some_for_good(scene: Scene) -> None:
    share = (0.0, 0.05)
    scene.sink.add("none", "rcpt", reply="550 5.1.1 no such mailbox", share=list(share))

    def is_refused(email: Letterbox) -> bool:
        return part_of(email.address) < share[1]

    scene.justified = lambda email: is_refused(email) and email.state == "failed"
    # The first of them may be accepted before the rule stands; none is, as mail has to be queued.
    scene.finish()
    emails = scene.books.emails()
    refused = {email.id for email in emails if is_refused(email)}
    failed = {email.id for email in emails if email.state == "failed"}
    hashes = {email.address_hash for email in emails if is_refused(email)}
    suppressed = scene.books.suppressed()
    tries = Counter(line["to"] for line in scene.journal.tries if part_of(line["to"]) < share[1])
    often = [address for address, number in tries.items() if number != 1]
    scene.bound("exactly those failed", _both(refused, failed), refused == failed)
    scene.bound("exactly those suppressed", _both(hashes, suppressed), hashes == suppressed)
    scene.bound("one attempt each", f"{len(often)} had more", not often and bool(tries))


@row("refused-by-policy", "550 5.7.1 on all", "pause within 50 attempts, nobody suppressed")
def refuse_all(scene: Scene) -> None:
    scene.sink.add("policy", "dot", reply="550 5.7.1 not from you")
    scene.until(lambda: scene.sink.hits("policy") > 0, "a refusal")
    before, still_since = 0, time.monotonic()
    while time.monotonic() - still_since < 10.0 and scene.sink.hits("policy") < 2000:
        now = scene.sink.hits("policy")
        if now != before:
            before, still_since = now, time.monotonic()
        scene.wait(0.5)
        if scene.signers is not None and time.monotonic() - still_since > 5.0:
            scene.signers.stop()
    mailings = {email.address: email.mailing_id for email in scene.books.emails()}
    paused = {
        row[0]: row[1]
        for row in scene.books.all("SELECT id, key FROM mailings WHERE state = 'paused'")
    }
    scene.count()
    refused = Counter(mailings[line["to"]] for line in scene.journal.struck)
    most = max(refused.values(), default=0)
    found = f"{most} attempts at most a mailing; paused: {sorted(paused.values()) or 'none'}"
    scene.bound(f"pause within {PATIENCE} attempts", found, most <= PATIENCE and bool(paused))
    suppressed = scene.books.suppressed()
    scene.bound("nobody suppressed", f"{len(suppressed)} are", not suppressed)
    scene.sink.remove("policy")
    scene.say("the operator mends it: resume, retry")
    _mend(scene, list(paused))
    scene.finish()


def _mend(scene: Scene, paused: list[int]) -> None:
    """What an operator does once the server takes our mail again: `outbox resume` and `retry`."""
    from actionhub.extensions import db
    from actionhub.followups.resuming import resume_mailing
    from actionhub.outbox import retrying
    from actionhub.outbox.models import EmailState
    from tests.faults.audience import inside

    with inside(scene.stack.env):
        for mailing_id in paused:
            resume_mailing(mailing_id)
        retrying.retry({EmailState.FAILED})
        db.session.commit()


@row("login-refused", "AUTH refused for 10 min", "nobody charged, nobody suppressed")
def refuse_logins(scene: Scene) -> None:
    scene.until_accepted(300)
    scene.sink.add("auth", "auth", reply="535 5.7.8 not with that password")
    scene.wait(scene.divided(600.0))
    tried = scene.sink.hits("auth")
    scene.sink.remove("auth")
    scene.finish()
    charged = [email.key for email in scene.books.emails() if email.attempt > 1]
    scene.bound("logins were refused", f"{tried} times", tried > 0)
    scene.bound("nobody charged", f"{len(charged)} had another attempt", not charged)
    suppressed = scene.books.suppressed()
    scene.bound("nobody suppressed", f"{len(suppressed)} are", not suppressed)


@row("dropped-mid-body", "the line dropped mid-body x 500", "D = 0")
def drop_mid_body(scene: Scene, drops: int = 500) -> None:
    scene.sink.add("drop", "body", drop=True, tries=1, times=drops)
    scene.finish()
    hits = scene.sink.hits("drop")
    scene.bound(f"dropped {drops} times", str(hits), hits == drops)
    doubled = sum(scene.counts.doubled.values())
    scene.bound("D = 0", str(doubled), doubled == 0)


@row(
    "dropped-after-dot",
    "the line dropped after the dot x 500, half of them accepted",
    "D at most those",
)
def drop_after_dot(scene: Scene, drops: int = 500) -> None:
    half = drops // 2
    scene.sink.add("not", "dot", drop=True, tries=1, times=half, share=[0.0, 0.5])
    scene.sink.add("kept", "accepted", drop=True, tries=1, times=half, share=[0.5, 1.0])
    scene.finish()
    hits = scene.sink.hits("not"), scene.sink.hits("kept")
    scene.bound(f"dropped {drops} times", f"{hits[0]} and {hits[1]}", hits == (half, half))
    doubled = sum(scene.counts.doubled.values())
    scene.bound(f"D at most {half}", str(doubled), doubled <= half)


@row(
    "dropped-after-dot-asked",
    "the same, the sink answers whether it accepted an email",
    "D = 0",
    resolver=True,
)
def drop_after_dot_asked(scene: Scene) -> None:
    drop_after_dot(scene)
    scene.note(f"asked {len(scene.journal.asked)} times")


@row("slow-250", "250 delayed 5 min, on one domain", "the others keep 70 % of their rate")
def delay_one_domain(scene: Scene) -> None:
    _slow(scene, {"delay": scene.divided(300.0)})


@row("trickled-250", "250 at 1 byte/s, on one domain", "the others keep 70 % of their rate")
def trickle_one_domain(scene: Scene) -> None:
    """300 bytes of reply: five minutes of it."""
    _slow(scene, {"trickle": scene.divided(1.0), "length": 300})


def _slow(scene: Scene, rule: dict[str, Any], seconds: float = 30.0) -> None:
    """Measure the others' rate without and then with the largest domain slow; then let it go."""
    scene.until_accepted(300)
    begun = time.monotonic()
    scene.wait(seconds / 2)
    slowed = time.monotonic()
    scene.sink.add("slow", "accepted", domain=LARGEST_DOMAIN, **rule)
    scene.wait(seconds)
    ended = time.monotonic()
    scene.sink.remove("slow")
    lasted = scene.still_mailing()
    scene.finish()
    before, meanwhile = _rate(scene, begun, slowed), _rate(scene, slowed, ended)
    kept = meanwhile / before if before else 0.0
    found = f"{kept:.0%}: {before:.0f}/s, then {meanwhile:.0f}/s"
    found += f" ({LARGEST[0]:.0%} of the mail goes to the slow domain)"
    scene.bound(f"the others keep {KEPT:.0%} of their rate", found, kept >= KEPT and lasted)


def _rate(scene: Scene, begun: float, ended: float) -> float:
    """Acceptances a second for all other domains."""
    number = sum(
        begun <= accept["t"] < ended and not accept["to"].endswith(f"@{LARGEST_DOMAIN}")
        for accept in scene.journal.accepts
    )
    return number / (ended - begun)


def _both(expected: set[Any], found: set[Any]) -> str:
    extra, lacking = len(found - expected), len(expected - found)
    return f"{len(found)} of {len(expected)} expected; {extra} others, {lacking} lacking"
