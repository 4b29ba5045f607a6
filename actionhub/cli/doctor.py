"""`actionhub doctor`: a line for each thing that must be right, and the mend where it is not."""

from __future__ import annotations

import os
import shutil
import smtplib
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import click
from sqlalchemy import text

from actionhub import broker, config, fonts, installation
from actionhub.cli import local
from actionhub.cli.mail_status import PRIORITY_NAMES, age, hour
from actionhub.config import settings
from actionhub.congress import loading
from actionhub.database import db
from actionhub.errors import ActionHubError
from actionhub.letters.cwc import keeping
from actionhub.letters.cwc.agency import agency
from actionhub.outbox import conditions, watching
from actionhub.outbox.messages import dkim_signer
from actionhub.public.health import head_revision, revision

#: Below this many free bytes in the data folder something will soon fail.
DISK_BYTES = 500_000_000
#: Mail due for so long while no worker holds any means that none runs.
IDLE_SECONDS = 60.0
#: A clock that is off by more breaks links and logins.
CLOCK_SECONDS = 5.0


class Sick(ActionHubError):
    """A check failed; says what is wrong and what to do."""


@dataclass(frozen=True)
class Check:
    """`name` for people; `run` says what it found, or raises with what to do."""

    name: str
    run: Callable[[], str]


@click.command()
def doctor() -> None:
    """Check settings, database, keys, counts, broker, mail, queue, data of Congress, disk, clock.

    Ends with 0 when all is well, with 1 when something needs you.
    """
    from actionhub.app import create_app

    try:
        found = config.from_environment(local.complete(os.environ))
        app = create_app(found)
    except ActionHubError as bad:
        _tell("settings", str(bad), well=False)
        raise SystemExit(1) from bad
    _tell("settings", f"complete, for {found.base_url}", well=True)
    with app.app_context():
        well = [_run(check) for check in CHECKS]
        db.engine.dispose()
    if not all(well):
        raise SystemExit(1)


def _run(check: Check) -> bool:
    try:
        _tell(check.name, check.run(), well=True)
    except Exception as problem:
        words = " ".join(str(problem).split())[:300] or type(problem).__name__
        _tell(check.name, words, well=False)
        return False
    finally:
        db.session.rollback()
    return True


def _tell(name: str, words: str, *, well: bool) -> None:
    click.echo(f"{'ok ' if well else 'BAD'}  {name:<12} {words}")


def _database() -> str:
    db.session.execute(text("SELECT 1"))
    return f"{db.engine.dialect.name} answers"


def _migrations() -> str:
    at, head = revision(), head_revision()
    if at != head:
        raise Sick(f"at {at}, this version needs {head}. Run: actionhub migrate")
    return f"at {at}"


def _keys() -> str:
    known = installation.known_fingerprint()
    if known is None:
        raise Sick("no fingerprint of the address key is kept yet. Run: actionhub migrate")
    if known != installation.fingerprint():
        raise Sick(
            "ACTIONHUB_ADDRESS_KEY changed: no suppression is found any more. Stop the worker, "
            "set the key used before, start again"
        )
    return "the address key is the one the database was filled under"


def _counts() -> str:
    from actionhub.signatures import counts

    wrong = counts.check()
    if wrong:
        raise Sick(f"{len(wrong)} differ from COUNT(*): " + "; ".join(wrong[:3]))
    return "equal to COUNT(*)"


def _broker() -> str:
    found = settings()
    celery = broker.make_celery(found.broker_url, found.data_dir)
    with celery.connection_for_write() as connection:
        try:
            connection.ensure_connection(max_retries=1, timeout=3)
        except Exception as problem:
            raise Sick(
                f"does not answer ({type(problem).__name__}). Mail still goes, up to 10 s later, "
                "once the worker reaches it again: see ACTIONHUB_BROKER_URL"
            ) from problem
    return "answers"


def _smtp() -> str:
    where = settings().smtp
    try:
        if where.security == "tls":
            context = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                where.host, where.port, timeout=5, context=context
            )
        else:
            server = smtplib.SMTP(where.host, where.port, timeout=5)
        with server:
            server.ehlo()
            if where.security == "starttls":
                server.starttls(context=ssl.create_default_context())
                server.ehlo()
            if where.username is not None:
                server.login(where.username, where.password or "")
    except (OSError, smtplib.SMTPException) as problem:
        raise Sick(
            f"{where.host}:{where.port} does not take us ({type(problem).__name__}). Mail waits in "
            "the outbox and none is lost: see ACTIONHUB_SMTP_URL"
        ) from problem
    return f"{where.host}:{where.port} takes us ({where.security})"


def _signing() -> str:
    found = dkim_signer(settings())
    if found is None:
        return "mail goes out unsigned: the mail server should sign it"
    return f"{found.kind}, as {found.record_name}; the record to publish: actionhub outbox dkim"


def _queue() -> str:
    found = watching.queues()
    if late := [queue for queue in found if queue.is_late]:
        names = ", ".join(f"{PRIORITY_NAMES[one.priority]} {age(one.age)}" for one in late)
        raise Sick(
            f"waiting too long: {names}. Is the worker running? See: actionhub outbox status"
        )
    return f"oldest due email {max(one.age.total_seconds() for one in found):.0f} s"


def _relay() -> str:
    found = conditions.relay()
    if found.failures or found.closed_until:
        until = f"left alone until {hour(found.closed_until)}" if found.closed_until else "in doubt"
        why = f" ({found.reason})" if found.reason else ""
        raise Sick(
            f"{found.name} is {until}: {found.failures} tries in a row failed{why}. Nothing is "
            "lost, the workers try again by themselves. What to mend: see the line above"
        )
    return f"the workers know of nothing wrong with {found.name}"


def _workers() -> str:
    living = sum(worker.lives for worker in conditions.workers())
    longest = max(queue.age.total_seconds() for queue in watching.queues())
    waits = conditions.relay().closed_until is not None
    if not living and not waits and longest > IDLE_SECONDS:
        raise Sick(
            f"none beats, and mail is due for {age(timedelta(seconds=longest))}. Start the worker; "
            "by hand: actionhub outbox drain"
        )
    return f"{living} hold mail and beat" if living else "none holds mail"


def _mailings() -> str:
    alone = [one for one in conditions.paused() if one.because]
    if alone:
        names = ", ".join(f"{one.id} ({one.template}): {one.because}" for one in alone)
        raise Sick(
            f"paused themselves: {names}. Mend what was refused, then: actionhub outbox resume "
            f"{alone[0].id}"
        )
    return "none paused itself"


def _congress() -> str:
    found = loading.loaded()
    if not found:
        return "no data loaded: actions address named targets only"
    if old := loading.outdated(found.values()):
        names = ", ".join(f"{one.kind} as of {one.as_of}" for one in old)
        raise Sick(f"older than {loading.OLD_DAYS} days: {names}. Run: actionhub congress load")
    return ", ".join(f"{one.kind} as of {one.as_of}" for one in found.values())


def _cwc() -> str:
    with_whom, waiting = agency(), keeping.waiting()
    if with_whom is None:
        if waiting:
            raise Sick(f"off, and {waiting} letters wait: set ACTIONHUB_CWC_FILE, or they end")
        return "off: no letter goes to Congress's own system"
    chambers = " and ".join({"H": "House", "S": "Senate"}[one] for one in with_whom.endpoints)
    line = f"{chambers}, {len(with_whom.offices)} offices, {waiting} letters waiting"
    if refused := keeping.turned_away():
        raise Sick(
            f"{line}; {refused} were turned away: look at the key, the address list and the proxy"
        )
    return line


def _fonts() -> str:
    """Not a sickness: most never print, and what a font lacks is printed as a box."""
    if lacking := fonts.missing_scripts():
        packages = " ".join(fonts.PACKAGES)
        return f"none to print {', '.join(lacking)} with. Install: {packages}"
    return "one for every script that we know"


def _disk() -> str:
    free = shutil.disk_usage(settings().data_dir).free
    if free < DISK_BYTES:
        raise Sick(f"only {free / 1e6:.0f} MB free in {settings().data_dir}. Make room")
    return f"{free / 1e9:.1f} GB free in {settings().data_dir}"


def _clock() -> str:
    if db.engine.dialect.name != "postgresql":
        return "one machine, one clock"
    theirs = db.session.scalar(text("SELECT extract(epoch FROM clock_timestamp())"))
    off = abs(float(theirs or 0) - time.time())
    if off > CLOCK_SECONDS:
        raise Sick(f"{off:.0f} s away from the database's. Set it by NTP on both")
    return f"{off:.1f} s from the database's"


CHECKS = (
    Check("database", _database),
    Check("migrations", _migrations),
    Check("keys", _keys),
    Check("counts", _counts),
    Check("broker", _broker),
    Check("mail", _smtp),
    Check("dkim", _signing),
    Check("relay", _relay),
    Check("queue", _queue),
    Check("workers", _workers),
    Check("mailings", _mailings),
    Check("congress", _congress),
    Check("cwc", _cwc),
    Check("fonts", _fonts),
    Check("disk", _disk),
    Check("clock", _clock),
)
