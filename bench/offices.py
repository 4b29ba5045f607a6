"""What offices get: a delivery of many signatures, on file and on paper, and letters queued."""

from __future__ import annotations

import csv
import hashlib
import io
import multiprocessing
import time
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy import create_engine, insert, select

from actionhub import clock
from actionhub.actions import lists
from actionhub.actions.addressees import all_addressees
from actionhub.actions.drafting import draft_action
from actionhub.actions.letter_words import LetterWords
from actionhub.actions.listing import ListedRow
from actionhub.actions.models import Action, ActionKind, ActionText
from actionhub.actions.publishing import publish
from actionhub.addresses import read_address
from actionhub.app import create_app
from actionhub.deliveries import making, printing
from actionhub.deliveries.models import Delivery
from actionhub.deliveries.volumes import VOLUME
from actionhub.extensions import db
from actionhub.letters import queueing
from actionhub.letters.models import ChannelName, Letter, LetterState
from actionhub.outbox.models import Email
from actionhub.signatures.models import (
    DistrictFound,
    NameDisplay,
    Signature,
    SignatureState,
)
from actionhub.supporters.joining import find_or_add
from bench.memory import _megabytes as megabytes
from bench.stage import Stage, settings_for

#: Offices that letters go to, and letters.
OFFICES, LETTERS = 100, 10_000
LETTER = LetterWords("Please", "I live here.", "{{ representative.name }}, " + "a reason. " * 60)
SQL = (
    "SELECT id, name, us_state, us_district, zip, country, comment, confirmed_at FROM signatures "
    "WHERE action_id = 1 AND state = 'confirmed' ORDER BY id"
)


@dataclass(frozen=True)
class Delivered:
    """Seconds for the list and, beside it, for the same rows written by the driver and csv alone;
    megabytes that the process grew by at most: for the list, then for its names on paper."""

    lines: int
    seconds: float
    floor: float
    grew: float
    paper_seconds: float
    paper_grew: float


@dataclass(frozen=True)
class Queued:
    """Seconds for so many letters and, beside it, for as many bare rows of an email."""

    letters: int
    seconds: float
    floor: float


def sign_many(url: str, folder: Path, number: int) -> None:
    """So many confirmed signatures, one in ten with a comment, in many scripts."""
    names = ("Ana Ruiz", "Nguyễn Thị Ánh", "أحمد محمد", "प्रियंका शर्मा", "王小明")
    app = create_app(settings_for(url, folder))
    with app.app_context():
        text_id = db.session.scalars(select(ActionText.id).where(ActionText.number == 1)).first()
        at = clock.now() - timedelta(hours=1)
        for start in range(0, number, VOLUME):
            rows = [
                {
                    "action_id": 1,
                    "text_id": text_id,
                    "name_key": f"{number}-{n}",
                    "state": SignatureState.CONFIRMED,
                    "name": names[n % 5] if n % 20 == 0 else f"Signer Number {n}",
                    "zip": f"{n % 90_000 + 1000:05}",
                    "country": "US",
                    "us_state": "OH",
                    "us_district": n % 15 + 1,
                    "district_found": DistrictFound.ZIP,
                    "comment": "I have something to say about this. " * 3 if n % 10 == 0 else None,
                    "display": NameDisplay.TARGET,
                    "wants_followups": False,
                    "locale": "en",
                    "source": {},
                    "created_at": at,
                    "posted_at": at,
                    "confirmed_at": at,
                }
                for n in range(start, min(start + VOLUME, number))
            ]
            db.session.execute(insert(Signature), rows)
            db.session.commit()
        db.session.remove()
        db.engine.dispose()


def deliver(scene: Stage) -> Delivered:
    """Make one delivery of all signatures, and print it, in a fresh process."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_deliver, args=(there, scene.database_url, scene.folder))
    process.start()
    there.close()
    found: Delivered = here.recv()
    process.join()
    return replace(found, floor=_written_bare(scene.database_url))


def _deliver(parent: Connection, url: str, folder: Path) -> None:
    app = create_app(replace(settings_for(url, folder), broker_url="filesystem://"))
    with app.app_context():
        action = db.session.get_one(Action, 1)
        delivery_id = making.begin(action, all_addressees(action)[0]).id
        db.session.commit()
        Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
        up, began = megabytes("VmRSS"), time.perf_counter()
        making.make()
        seconds, grew = time.perf_counter() - began, megabytes("VmHWM") - up
        delivery = db.session.get_one(Delivery, delivery_id)
        Path("/proc/self/clear_refs").write_text("5")
        up, began = megabytes("VmRSS"), time.perf_counter()
        for number in printing.volumes_of(delivery):
            b"".join(printing.volume_of(delivery, number).parts)
        paper, paper_grew = time.perf_counter() - began, megabytes("VmHWM") - up
        parent.send(Delivered(delivery.lines, seconds, 0.0, grew, paper, paper_grew))
        db.engine.dispose()


def _written_bare(url: str) -> float:
    """The same rows, read by the driver and written by the csv module, hashed."""
    engine = create_engine(url)
    began = time.perf_counter()
    with closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        cursor.execute(SQL)
        digest = hashlib.sha256()
        while rows := cursor.fetchmany(VOLUME):
            out = io.StringIO()
            csv.writer(out).writerows(rows)
            digest.update(out.getvalue().encode())
    seconds = time.perf_counter() - began
    engine.dispose()
    return seconds


def queue_letters(scene: Stage) -> Queued:
    """Letters that wait for 100 offices, all queued at once; and bare rows beside them."""
    url, folder = scene.database_url, scene.folder
    settings = replace(settings_for(url, folder), letters_per_hour=10_000)
    app = create_app(replace(settings, broker_url="filesystem://"))
    with app.app_context(), clock.set_to(_a_wednesday()):
        _write_letters()
        began = time.perf_counter()
        queued = queueing.advance()
        seconds = time.perf_counter() - began
        assert queued == LETTERS, queued
        floor = _bare_emails()
        db.session.remove()
        db.engine.dispose()
    return Queued(queued, seconds, floor)


def _a_wednesday() -> object:
    now = clock.now()
    day = now + timedelta(days=(2 - now.weekday()) % 7)
    return day.replace(hour=12, minute=0, second=0, microsecond=0)


def _write_letters() -> None:
    people = tuple(
        ListedRow(f"Office {n}", "", f"office{n}@example.org", "", "", {}) for n in range(OFFICES)
    )
    listed = lists.bring_in("Offices", people)
    action = draft_action(
        title="A letter",
        ask="Write.",
        body_markdown="",
        goal=100,
        target_name="Offices",
        target_rule=f"list:{listed.id}",
        kind=ActionKind.LETTER,
        letter=LETTER,
    )
    publish(action, None)
    text_id = db.session.scalars(
        select(ActionText.id).where(ActionText.action_id == action.id, ActionText.number == 1)
    ).one()
    at, addressees = clock.now(), all_addressees(action)
    for writer in range(LETTERS // OFFICES):
        signature = Signature(
            action_id=action.id,
            text_id=text_id,
            supporter_id=find_or_add(read_address(f"w{writer}@example.org"), "en"),
            name_key=str(writer),
            state=SignatureState.CONFIRMED,
            name=f"Writer {writer}",
            zip="44102",
            country="US",
            town="Dayton",
            comment="My own beginning, in a sentence.",
            display=NameDisplay.TARGET,
            wants_followups=False,
            locale="en",
            created_at=at,
            posted_at=at,
            confirmed_at=at,
        )
        db.session.add(signature)
        db.session.flush()
        letters = [
            {
                "signature_id": signature.id,
                "action_id": action.id,
                "addressee_key": one.key,
                "addressee": one.as_json(),
                "channel": ChannelName.EMAIL,
                "thanks": False,
                "own_words": 5,
                "words": 130,
                "state": LetterState.WAITING,
                "created_at": at,
            }
            for one in addressees
        ]
        db.session.execute(insert(Letter), letters)
    db.session.commit()


def _bare_emails() -> float:
    """As many rows of an email, copied by one statement a row."""
    one = db.session.scalars(select(Email).where(Email.key.like("letter:%"))).first()
    assert one is not None
    row = {c.key: getattr(one, c.key) for c in Email.__table__.columns if c.key != "id"}
    began = time.perf_counter()
    for number in range(LETTERS):
        db.session.execute(insert(Email), row | {"key": f"bare:{number}"})
        if number % queueing.BATCH == 0:
            db.session.commit()
    db.session.commit()
    return time.perf_counter() - began
