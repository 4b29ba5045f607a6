"""Memory: what the size of a follow-up costs the process that queues and sends it."""

from __future__ import annotations

import multiprocessing
import re
import time
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy import create_engine, select, update

from actionhub import clock
from actionhub.actions.models import Action
from actionhub.app import create_app
from actionhub.extensions import db
from actionhub.followups import sending, writing
from actionhub.followups.models import FollowUp, FollowUpState
from actionhub.outbox.durations import DURATIONS
from actionhub.outbox.models import Email, EmailState
from actionhub.outbox.sending import drain
from bench.crowd import members
from bench.sink import sink
from bench.stage import Stage, settings_for, stage

#: The measured follow-up may grow a worker by so much more than the small one.
MOST_MB = 20.0
FEW = 10_000
#: Seconds between two lines that tell how far it has got.
TELL_SECONDS = 60.0


@dataclass(frozen=True)
class Growth:
    """Megabytes of resident memory: as the worker was up, at the end, and at most."""

    members: int
    sent: int
    seconds: float
    up: float
    end: float
    peak: float

    @property
    def grown(self) -> float:
        return self.end - self.up

    @property
    def most(self) -> float:
        return self.peak - self.up


def growth(kind: str, number: int, own: int) -> Growth:
    """Queue a follow-up to so many members and send `own` of it, all in one fresh process.

    What is beyond its own others send meanwhile: here one statement says so.
    """
    with stage(kind) as scene, sink() as server:
        members(scene.database_url, number)
        follow_up_id = _start(scene, server.port)
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        given = (there, scene.database_url, scene.folder, server.port, follow_up_id, number, own)
        process = context.Process(target=_work, args=given)
        process.start()
        there.close()
        while not isinstance(found := here.recv(), Growth):
            _end_what_is_ready(scene.database_url)
            here.send(None)
        process.join()
        assert found.sent == server.counted().messages >= min(own, number), found
        return found


def _end_what_is_ready(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        ready = update(Email).where(Email.state == EmailState.READY)
        connection.execute(ready.values(state=EmailState.SENT, finished_at=clock.now()))
    engine.dispose()


def _start(scene: Stage, port: int) -> int:
    app = create_app(settings_for(scene.database_url, scene.folder, f"smtp://127.0.0.1:{port}"))
    with app.app_context():
        action_id = db.session.scalars(select(Action.id)).one()
        body = "Thank you for signing.\n\n" + "A sentence of news. " * 60
        follow_up = writing.draft(action_id, subject="What came of it", body_markdown=body)
        sending.start(follow_up, None)
        db.session.commit()
        follow_up_id = follow_up.id
        db.session.remove()
        db.engine.dispose()
    return follow_up_id


def _work(
    parent: Connection,
    url: str,
    folder: Path,
    port: int,
    follow_up_id: int,
    number: int,
    own: int,
) -> None:
    """As a worker does: queue some, send for some seconds, and again until it is over."""
    settings = settings_for(url, folder, f"smtp://127.0.0.1:{port}")
    # wake-ups leave the process, as in a deployment: a broker in memory would keep them all
    app = create_app(replace(settings, broker_url="filesystem://"))
    with app.app_context():
        db.session.get_one(FollowUp, follow_up_id)
        db.session.remove()
        Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
        up, began, sent, queued = _megabytes("VmRSS"), time.monotonic(), 0, 0
        tells_at = began + TELL_SECONDS
        while _is_on(follow_up_id):
            queued += sending.advance()
            db.session.remove()
            if sent < own:
                sent += drain(seconds=DURATIONS.run.total_seconds(), keep_open=True).sent
            else:
                parent.send(None)
                parent.recv()
            if time.monotonic() > tells_at:
                tells_at += TELL_SECONDS
                print(
                    f"  {queued:,} queued, {sent:,} sent, {_megabytes('VmRSS'):.1f} MB", flush=True
                )
        end, peak = _megabytes("VmRSS"), _megabytes("VmHWM")
        parent.send(Growth(number, sent, time.monotonic() - began, up, end, peak))
        db.engine.dispose()


def _is_on(follow_up_id: int) -> bool:
    state = db.session.get_one(FollowUp, follow_up_id).state
    db.session.remove()
    return state is FollowUpState.SENDING


def _megabytes(name: str) -> float:
    """A figure of this process's memory (proc(5), status: VmRSS, VmHWM)."""
    found = re.search(rf"^{name}:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1024
