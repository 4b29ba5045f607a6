"""`actionhub doctor` names what ails an installation, and ends with 1 when something does."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask import Flask

from actionhub import clock, installation
from actionhub.cli import main
from actionhub.cli.migrate import bring_to_head
from actionhub.config import settings
from actionhub.errors import ConfigurationError
from actionhub.extensions import db
from actionhub.outbox import destinations
from actionhub.outbox.models import Email, EmailState
from tests import cast
from tests.cli.test_backup import environment, inside
from tests.outbox.troubles import a_beat, a_destination, a_paused_mailing, an_email
from tests.settings import make_settings


def examine(url: str, folder: Path, **changes: str) -> tuple[int, dict[str, str]]:
    """The exit code, and what it says of each thing."""
    env = {**environment(make_settings(url, folder)), **changes}
    done = CliRunner().invoke(main, ["doctor"], env=env)
    assert "Traceback" not in done.output
    return done.exit_code, {line.split()[1]: line for line in done.output.splitlines()}


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A migrated database."""
    url = f"sqlite:///{tmp_path / 'doctor.db'}"
    with inside(make_settings(url, tmp_path)):
        bring_to_head()
    return url


def test_a_sound_installation_has_only_the_mail_to_complain_of(url: str, tmp_path: Path) -> None:
    code, found = examine(url, tmp_path)
    assert code == 1
    bad = [name for name, line in found.items() if line.startswith("BAD")]
    assert bad == ["mail"]  # nothing listens on that port
    assert "ACTIONHUB_SMTP_URL" in found["mail"]


def test_a_database_of_an_older_version_is_told_to_migrate(tmp_path: Path) -> None:
    code, found = examine(f"sqlite:///{tmp_path / 'empty.db'}", tmp_path)
    assert code == 1
    assert "actionhub migrate" in found["migrations"]


def test_a_changed_address_key_is_refused_everywhere(url: str, tmp_path: Path) -> None:
    key = "changed-" + "c" * 40
    _, found = examine(url, tmp_path, ACTIONHUB_ADDRESS_KEY=key)
    assert found["keys"].startswith("BAD")
    with inside(make_settings(url, tmp_path, address_key=key)) as app:
        answer = app.test_client().get("/readyz")
        assert answer.status_code == 503
        with pytest.raises(ConfigurationError, match="ACTIONHUB_ADDRESS_KEY"):
            installation.hold_address_key()


def test_the_oldest_secret_is_the_address_key_unless_one_is_set(url: str, tmp_path: Path) -> None:
    env = environment(make_settings(url, tmp_path))
    oldest = env["ACTIONHUB_ADDRESS_KEY"]
    rotated = {"ACTIONHUB_SECRET_KEY": "n" * 40 + "," + oldest, "ACTIONHUB_ADDRESS_KEY": ""}
    assert examine(url, tmp_path, **rotated)[1]["keys"].startswith("ok")
    rotated["ACTIONHUB_SECRET_KEY"] = "n" * 40
    assert examine(url, tmp_path, **rotated)[1]["keys"].startswith("BAD")


def test_a_missing_setting_is_named(url: str, tmp_path: Path) -> None:
    code, found = examine(url, tmp_path, ACTIONHUB_MAIL_FROM="")
    assert code == 1
    assert "ACTIONHUB_MAIL_FROM: it is not set" in found["settings"]


def test_it_says_whether_mail_is_signed_and_refuses_a_bad_key(url: str, tmp_path: Path) -> None:
    _, found = examine(url, tmp_path)
    assert found["dkim"].startswith("ok")
    assert "unsigned" in found["dkim"]
    path = tmp_path / "dkim.pem"
    both = {"ACTIONHUB_DKIM_SELECTOR": "mail2026", "ACTIONHUB_DKIM_KEY_FILE": str(path)}
    code, found = examine(url, tmp_path, **both)
    assert code == 1
    assert "ACTIONHUB_DKIM_KEY_FILE" in found["settings"]
    key = Ed25519PrivateKey.generate()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    _, found = examine(url, tmp_path, **both)
    assert found["dkim"].startswith("ok")
    assert "mail2026._domainkey.example.org" in found["dkim"]


def test_mail_that_waits_too_long_is_told(url: str, tmp_path: Path) -> None:
    from actionhub.outbox.models import Priority, Scope
    from actionhub.outbox.queue import enqueue, ensure_mailing

    with inside(make_settings(url, tmp_path)):
        mailing = ensure_mailing(
            "me:en", template="me", locale="en", priority=Priority.URGENT, scope=Scope.SIGNING,
            content={},
        )  # fmt: skip
        enqueue(
            mailing, key="me:1:1", address="ana@example.org", address_hash="a" * 64,
            fields={"me_url": "http://localhost/me/x"}, priority=Priority.URGENT,
            due_at=clock.now() - timedelta(minutes=30),
        )  # fmt: skip
        db.session.commit()
        assert db.session.query(Email).count() == 1
    _, found = examine(url, tmp_path)
    assert found["queue"].startswith("BAD")
    assert "30 min" in found["queue"]


def test_counts_that_do_not_equal_the_signatures_are_told(url: str, tmp_path: Path) -> None:
    from actionhub.signatures.models import ActionCount

    with inside(make_settings(url, tmp_path)):
        action = cast.an_open_action()
        db.session.flush()
        db.session.merge(ActionCount(action_id=action.id, confirmed=7, as_of_at=clock.now()))
        db.session.commit()
    _, found = examine(url, tmp_path)
    assert found["counts"].startswith("BAD")


def test_no_command_shows_a_traceback_for_a_database_without_tables(tmp_path: Path) -> None:
    env = environment(make_settings(f"sqlite:///{tmp_path / 'empty.db'}", tmp_path))
    done = CliRunner().invoke(main, ["organizer", "add", "ana@example.org"], env=env)
    assert done.exit_code == 1
    assert "actionhub migrate" in done.output


def test_ready_says_no_until_the_tables_are_there(app: Flask) -> None:
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503  # made without migrations, for speed
    assert answer.get_json()["database"] == "ok"


def test_no_command_shows_a_traceback_for_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"nothing of ours " * 4096)
    env = environment(make_settings(f"sqlite:///{tmp_path / 'x.db'}", tmp_path))
    done = CliRunner().invoke(main, ["migrate"], env=env)
    assert done.exit_code == 1
    assert "not a database" in done.output


def test_a_mail_server_left_alone_is_told(url: str, tmp_path: Path) -> None:
    with inside(make_settings(url, tmp_path)):
        until = clock.now() + timedelta(minutes=2)
        relay = destinations.relay_key(settings().smtp)
        a_destination(relay, failures=5, closed_until=until, reason="ConnectionRefusedError")
        an_email(EmailState.READY, due_at=clock.now() - timedelta(minutes=5))
        db.session.commit()
    code, found = examine(url, tmp_path)
    assert code == 1
    assert found["relay"].startswith("BAD")
    assert "5 tries in a row failed (ConnectionRefusedError). Nothing is lost" in found["relay"]
    assert found["workers"].startswith("ok"), "they wait, and rightly"


def test_a_mailing_that_paused_itself_is_told(url: str, tmp_path: Path) -> None:
    with inside(make_settings(url, tmp_path)):
        by_hand, mailing = a_paused_mailing(because=None), a_paused_mailing()
        db.session.commit()
    _, found = examine(url, tmp_path)
    assert found["mailings"].startswith("BAD")
    assert f"actionhub outbox resume {mailing}" in found["mailings"]
    assert f"{by_hand} (" not in found["mailings"]


@pytest.mark.parametrize(
    ("beats", "minutes", "word"),
    [
        ({}, 5, "BAD"),
        ({}, 0, "ok "),
        ({"seen": 7}, 5, "ok "),
        ({"seen": 7, "seconds_ago": 60.0}, 5, "BAD"),
    ],
    ids=["none", "nothing due yet", "one", "a dead one"],
)
def test_due_mail_without_a_living_worker_is_told(
    url: str, tmp_path: Path, beats: dict[str, Any], minutes: int, word: str
) -> None:
    with inside(make_settings(url, tmp_path)):
        an_email(EmailState.READY, due_at=clock.now() - timedelta(minutes=minutes))
        if beats:
            a_beat("host:1:2:ab", **beats)
        db.session.commit()
    _, found = examine(url, tmp_path)
    assert found["workers"].startswith(word), found["workers"]
