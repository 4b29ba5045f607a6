"""Every setting, typed, read from the environment once; a bad one names itself and its mend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

from flask import current_app

from actionhub.errors import ConfigurationError

LOCALES = ("en", "es")
#: Each language as written in the United States: `12,345` and `2:05 p.m.` in Spanish too (CLDR).
REGIONS = {locale: f"{locale}_US" for locale in LOCALES}


@dataclass(frozen=True)
class Smtp:
    """Where mail is handed over. `security` is `plain`, `starttls` or `tls`."""

    host: str
    port: int
    username: str | None
    password: str | None
    security: str


@dataclass(frozen=True)
class Retention:
    """How long what is kept, in days: `/privacy` shows these, the clean-up job obeys them."""

    pending_signature_days: int = 30
    network_key_days: int = 30
    finished_email_fields_days: int = 30
    email_event_days: int = 180
    login_link_days: int = 7
    delivery_list_days: int = 90
    letter_street_days: int = 14
    audit_event_days: int = 730


@dataclass(frozen=True)
class Settings:
    """What one installation runs with; see `docs/configuration.md` for each variable."""

    database_url: str
    broker_url: str
    smtp: Smtp
    secret_keys: tuple[str, ...]  # newest first; old ones still open mailed links
    address_key: str  # keys the hashes of addresses: never changes
    base_url: str  # no trailing slash
    data_dir: Path
    organization: str
    mail_from: str
    postal_address: str
    timezone: ZoneInfo
    trusted_proxies: int
    signing_limit: str  # "30/minute;300/hour" or "off"
    accent: str = "#b3261e"
    feeds: tuple[str, ...] = ()
    feed_networks: tuple[str, ...] = ()  # private networks that feeds may be read from
    mail_limits: str = ""  # "relay 10 connections, 100/second; * 4 connections"
    smtp_evidence_url: str = ""  # asked whether the relay took a message, by its Message-ID
    bounces_to: str = ""  # where bounces come back; empty: the sender's own address
    bounce_mailbox: str = field(default="", repr=False)  # where they are read; may hold a password
    mailgun_signing_key: str = field(default="", repr=False)  # empty: no webhook
    dkim_selector: str = ""  # how the sender's DNS names our key; empty: mail goes unsigned
    dkim_key_file: str = ""  # the key itself is read by who signs, and stands in no settings
    letters_per_hour: int = 100  # that one office gets by email, in its working hours
    address_lookup: str = ""  # who tells a street's district: an adapter's name; empty: nobody
    address_lookup_key: str = field(default="", repr=False)
    cwc_file: str = ""  # who delivers letters to Congress by CWC; empty: nobody
    metrics_token: str = ""  # who shows it may read /metrics; empty: this machine only
    mailbox: bool = False  # the local mailbox at /mailbox: only under `actionhub up`
    testing: bool = False
    retention: Retention = field(default_factory=Retention)

    @property
    def bounce_address(self) -> str:
        """The mailbox that bounces come back to; what follows a plus in it is ours to choose."""
        return self.bounces_to or self.mail_from

    @property
    def secure(self) -> bool:
        """Whether people reach this installation over https."""
        return self.base_url.startswith("https://")


def settings() -> Settings:
    """The settings of the current app."""
    found: Settings = current_app.extensions["actionhub.settings"]
    return found


def from_environment(env: Mapping[str, str]) -> Settings:
    """Read all settings from `env`.

    Raises ConfigurationError naming all that are missing, or the first that is bad.
    """
    _none_missing(env)
    base_url = _base_url(_need(env, "ACTIONHUB_BASE_URL"))
    secret_keys = _secret_keys(_need(env, "ACTIONHUB_SECRET_KEY"))
    return Settings(
        database_url=_need(env, "ACTIONHUB_DATABASE_URL"),
        broker_url=_need(env, "ACTIONHUB_BROKER_URL"),
        smtp=read_smtp(_need(env, "ACTIONHUB_SMTP_URL")),
        secret_keys=secret_keys,
        address_key=env.get("ACTIONHUB_ADDRESS_KEY") or secret_keys[-1],
        base_url=base_url,
        data_dir=Path(_need(env, "ACTIONHUB_DATA_DIR")),
        organization=_need(env, "ACTIONHUB_ORGANIZATION"),
        mail_from=_need(env, "ACTIONHUB_MAIL_FROM"),
        postal_address=_need(env, "ACTIONHUB_POSTAL_ADDRESS"),
        timezone=_timezone(env.get("ACTIONHUB_TIMEZONE", "America/New_York")),
        trusted_proxies=_number(env, "ACTIONHUB_TRUSTED_PROXIES", 0),
        signing_limit=env.get("ACTIONHUB_SIGNING_LIMIT", "30/minute;300/hour"),
        accent=env.get("ACTIONHUB_ACCENT", "#b3261e"),
        feeds=tuple(env.get("ACTIONHUB_FEEDS", "").split()),
        feed_networks=_networks(env, "ACTIONHUB_FEED_NETWORKS"),
        mail_limits=env.get("ACTIONHUB_MAIL_LIMITS", ""),
        smtp_evidence_url=env.get("ACTIONHUB_SMTP_EVIDENCE_URL", "").strip(),
        bounces_to=env.get("ACTIONHUB_BOUNCE_ADDRESS", "").strip(),
        bounce_mailbox=env.get("ACTIONHUB_BOUNCE_MAILBOX", "").strip(),
        mailgun_signing_key=env.get("ACTIONHUB_MAILGUN_SIGNING_KEY", "").strip(),
        dkim_selector=env.get("ACTIONHUB_DKIM_SELECTOR", "").strip(),
        dkim_key_file=env.get("ACTIONHUB_DKIM_KEY_FILE", "").strip(),
        letters_per_hour=max(1, _number(env, "ACTIONHUB_LETTERS_PER_HOUR", 100)),
        address_lookup=env.get("ACTIONHUB_ADDRESS_LOOKUP", "").strip(),
        address_lookup_key=env.get("ACTIONHUB_ADDRESS_LOOKUP_KEY", "").strip(),
        cwc_file=env.get("ACTIONHUB_CWC_FILE", "").strip(),
        metrics_token=env.get("ACTIONHUB_METRICS_TOKEN", ""),
        mailbox=env.get("ACTIONHUB_MAILBOX", "") == "local",
        retention=Retention(
            finished_email_fields_days=_number(env, "ACTIONHUB_KEEP_MAIL_DAYS", 30),
        ),
    )


#: What only the operator can know, each with an example.
_NEEDED = {
    "ACTIONHUB_BASE_URL": "the public https address",
    "ACTIONHUB_SECRET_KEY": "32 or more random characters",
    "ACTIONHUB_DATABASE_URL": "postgresql://... or sqlite:///...",
    "ACTIONHUB_BROKER_URL": "redis://... or amqp://...",
    "ACTIONHUB_SMTP_URL": "smtp://user:password@host:port",
    "ACTIONHUB_DATA_DIR": "a folder that stays",
    "ACTIONHUB_ORGANIZATION": "the name people know you by",
    "ACTIONHUB_MAIL_FROM": "actions@your.domain",
    "ACTIONHUB_POSTAL_ADDRESS": "it stands in every email",
}


def read_smtp(text: str) -> Smtp:
    """Read `smtp://[user:password@]host[:port][?starttls=required|off]` or `smtps://...`.

    Plain `smtp://` uses STARTTLS, save towards this very machine.
    """
    parts = urlsplit(text)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ConfigurationError(
            "ACTIONHUB_SMTP_URL",
            f"{parts.scheme or 'it'!r} is not an SMTP address",
            "Write smtp://user:password@host:587 or smtps://user:password@host:465",
        )
    local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    wish = parse_qs(parts.query).get("starttls", ["off" if local else "required"])[0]
    security = "tls" if parts.scheme == "smtps" else "plain" if wish == "off" else "starttls"
    try:
        port = parts.port or {"tls": 465, "starttls": 587, "plain": 25}[security]
    except ValueError as bad:
        raise ConfigurationError(
            "ACTIONHUB_SMTP_URL", str(bad), "Use a port of 1 to 65535"
        ) from bad
    return Smtp(
        host=parts.hostname,
        port=port,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        security=security,
    )


def _need(env: Mapping[str, str], name: str) -> str:
    return env[name].strip()


def _none_missing(env: Mapping[str, str]) -> None:
    """Name all that is missing at once: nobody wants to start nine times."""
    missing = [name for name in _NEEDED if not env.get(name, "").strip()]
    if missing:
        raise ConfigurationError(
            ", ".join(missing),
            "it is not set" if len(missing) == 1 else "they are not set",
            "Set "
            + "; ".join(f"{name} ({_NEEDED[name]})" for name in missing)
            + ". Or use `actionhub up`, which fills them in; other commands then find its"
            " data in ./var or in ACTIONHUB_DATA_DIR",
        )


def _base_url(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:  # `http://[` and the like
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/"):
        raise ConfigurationError(
            "ACTIONHUB_BASE_URL",
            f"{text!r} is not the address of a site",
            "Write it like https://act.example.org, with no path",
        )
    return f"{parts.scheme}://{parts.netloc}"


def _secret_keys(text: str) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in text.split(",") if key.strip())
    if any(len(key) < 32 for key in keys) or not keys:
        raise ConfigurationError(
            "ACTIONHUB_SECRET_KEY",
            "a key is shorter than 32 characters",
            "Make one with: python3 -c 'import secrets; print(secrets.token_hex(32))'",
        )
    return keys


def _timezone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as bad:
        raise ConfigurationError(
            "ACTIONHUB_TIMEZONE", f"{name!r} is not a time zone", "Use one like America/New_York"
        ) from bad


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, "").strip()
    if not text:
        return default
    if not text.isdigit():
        raise ConfigurationError(name, f"{text!r} is not a whole number", "Write one, such as 1")
    return int(text)


def _networks(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    try:
        return tuple(str(ip_network(text)) for text in env.get(name, "").split())
    except ValueError as bad:
        raise ConfigurationError(name, str(bad), "Write networks like 10.1.0.0/16") from bad
