"""Settings read from the environment say what is missing, all of it at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from actionhub.app import create_app
from actionhub.config import from_environment
from actionhub.errors import ConfigurationError

WHOLE = {
    "ACTIONHUB_DATABASE_URL": "sqlite:////srv/actionhub/site.db",
    "ACTIONHUB_BROKER_URL": "redis://localhost:6379/0",
    "ACTIONHUB_SMTP_URL": "smtp://localhost:25",
    "ACTIONHUB_SECRET_KEY": "k" * 64,
    "ACTIONHUB_BASE_URL": "https://act.example.org",
    "ACTIONHUB_DATA_DIR": "/srv/actionhub",
    "ACTIONHUB_ORGANIZATION": "Harbor Neighbors",
    "ACTIONHUB_MAIL_FROM": "actions@example.org",
    "ACTIONHUB_POSTAL_ADDRESS": "1 Pier Street",
}


def test_a_whole_environment_is_read() -> None:
    read = from_environment({**WHOLE, "ACTIONHUB_ORGANIZATION": " Harbor Neighbors "})
    assert read.organization == "Harbor Neighbors"
    assert read.base_url == "https://act.example.org"


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("value", [None, "", "  "])
def test_one_that_is_missing_is_named_with_its_mend(name: str, value: str | None) -> None:
    env = {key: text for key, text in WHOLE.items() if key != name}
    with pytest.raises(ConfigurationError, match=rf"^{name}: it is not set\. Set {name} \(.+\)\."):
        from_environment(env if value is None else {**env, name: value})


def test_all_that_are_missing_are_named_at_once() -> None:
    with pytest.raises(ConfigurationError) as raised:
        from_environment({})
    assert all(name in raised.value.name for name in WHOLE)
    assert "they are not set" in str(raised.value)
    assert "ACTIONHUB_DATA_DIR" in raised.value.mend


def test_a_long_sender_is_told_to_have_its_bounces_come_elsewhere(tmp_path: Path) -> None:
    env = {
        **WHOLE,
        "ACTIONHUB_DATABASE_URL": f"sqlite:///{tmp_path / 'x.db'}",
        "ACTIONHUB_DATA_DIR": str(tmp_path),
        "ACTIONHUB_MAIL_FROM": "actions-of-the-harbor-neighborhood@example.org",
    }
    with pytest.raises(ConfigurationError, match=r"^ACTIONHUB_BOUNCE_ADDRESS: "):
        create_app(replace(from_environment(env), testing=True))
    env["ACTIONHUB_BOUNCE_ADDRESS"] = "b" * 30 + "@example.org"
    create_app(replace(from_environment(env), testing=True))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ACTIONHUB_BASE_URL", "http://["),
        ("ACTIONHUB_SIGNING_LIMIT", "lots"),
        ("ACTIONHUB_MAIL_LIMITS", "lots"),
        ("ACTIONHUB_KEEP_MAIL_DAYS", "for ever"),
        ("ACTIONHUB_MAIL_FROM", "nobody"),
        ("ACTIONHUB_MAIL_FROM", "Harbor <actions@example.org>"),
        ("ACTIONHUB_MAIL_FROM", "aktionen-für-alle@example.org"),
        ("ACTIONHUB_BOUNCE_ADDRESS", "nobody"),
        ("ACTIONHUB_BOUNCE_ADDRESS", "a@example.org, b@example.org"),
        ("ACTIONHUB_BOUNCE_ADDRESS", "b" * 31 + "@example.org"),
        ("ACTIONHUB_DATABASE_URL", "oracle://somewhere/x"),
        ("ACTIONHUB_DATABASE_URL", "nonsense"),
    ],
)
def test_what_would_break_with_the_first_signer_stops_the_start(
    tmp_path: Path, name: str, value: str
) -> None:
    env = {**WHOLE, "ACTIONHUB_DATA_DIR": str(tmp_path), name: value}
    with pytest.raises(ConfigurationError, match=f"^{name}: "):
        create_app(replace(from_environment(env), testing=True))


def test_how_long_mail_is_kept_is_the_operators_choice() -> None:
    env = {**WHOLE, "ACTIONHUB_KEEP_MAIL_DAYS": "7"}
    assert from_environment(env).retention.finished_email_fields_days == 7
    assert from_environment(WHOLE).retention.finished_email_fields_days == 30


@pytest.mark.parametrize(
    "value", ["imaps://me:s3cret@", "pop3://me:s3cret@mx.example.org", "imaps://s3cret@[x"]
)
def test_a_bad_bounce_mailbox_stops_the_start_and_is_not_repeated(
    tmp_path: Path, value: str
) -> None:
    env = {**WHOLE, "ACTIONHUB_DATA_DIR": str(tmp_path), "ACTIONHUB_BOUNCE_MAILBOX": value}
    with pytest.raises(ConfigurationError, match=r"^ACTIONHUB_BOUNCE_MAILBOX: ") as refused:
        create_app(replace(from_environment(env), testing=True))
    assert "s3cret" not in str(refused.value)


def test_settings_shown_in_full_show_no_secret_of_the_bounces() -> None:
    env = {
        **WHOLE,
        "ACTIONHUB_BOUNCE_MAILBOX": "imaps://me:s3cret@mx.example.org/",
        "ACTIONHUB_MAILGUN_SIGNING_KEY": "key-s3cret",
    }
    read = from_environment(env)
    assert read.bounce_mailbox.endswith("@mx.example.org/")
    assert read.mailgun_signing_key == "key-s3cret"
    assert "s3cret" not in repr(read)
