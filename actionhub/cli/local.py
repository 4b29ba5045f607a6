"""The local settings of `actionhub up`: made once, kept in the data folder, ours alone to read."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from actionhub.errors import ConfigurationError

#: Where `actionhub up` keeps everything, unless told otherwise.
DEFAULT_FOLDER = "var"
SETTINGS_FILE = "local-settings.json"
#: Where the last `up` listened: commands beside it make links with that address.
LAST_RUN_FILE = "last-run.json"
DEFAULT_PORT = 8000
DEFAULT_MAILBOX_PORT = 8025


def folder(env: Mapping[str, str]) -> Path:
    """The data folder that `env` names, or ./var."""
    return Path(env.get("ACTIONHUB_DATA_DIR") or DEFAULT_FOLDER).resolve()


def complete(env: Mapping[str, str]) -> dict[str, str]:
    """`env` with what it leaves open taken from the data folder; unchanged if none was made."""
    where = folder(env)
    if not (where / SETTINGS_FILE).is_file():
        return dict(env)
    return {**defaults(where, **last_run(where)), **{k: v for k, v in env.items() if v}}


def defaults(where: Path, port: int = DEFAULT_PORT, mailbox_port: int = 0) -> dict[str, str]:
    """Every setting with its local value. Makes the secrets if they are not there yet."""
    kept = _kept(where)
    return {
        "ACTIONHUB_DATA_DIR": str(where),
        "ACTIONHUB_DATABASE_URL": f"sqlite:///{where / 'actionhub.db'}",
        "ACTIONHUB_BROKER_URL": "filesystem://",
        "ACTIONHUB_SMTP_URL": f"smtp://127.0.0.1:{mailbox_port or DEFAULT_MAILBOX_PORT}",
        "ACTIONHUB_BASE_URL": f"http://localhost:{port}",
        "ACTIONHUB_ORGANIZATION": "ActionHub sample newsroom",
        "ACTIONHUB_MAIL_FROM": "actions@example.org",
        "ACTIONHUB_POSTAL_ADDRESS": "1 Sample Street, Springfield, IL 62701",
        "ACTIONHUB_SECRET_KEY": str(kept["secret_key"]),
        "ACTIONHUB_ADDRESS_KEY": str(kept["address_key"]),
    }


def remember_run(where: Path, port: int, mailbox_port: int) -> None:
    """Keep where this run listens, for the commands run beside it and for the next start."""
    write_private(
        where / LAST_RUN_FILE, json.dumps({"port": port, "mailbox_port": mailbox_port}) + "\n"
    )


def last_run(where: Path) -> dict[str, int]:
    """The ports of the last start on this folder; empty before the first."""
    try:
        found = json.loads((where / LAST_RUN_FILE).read_text())
        return {name: int(found[name]) for name in ("port", "mailbox_port")}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _kept(where: Path) -> dict[str, Any]:
    path = where / SETTINGS_FILE
    if not path.exists():
        made = {"secret_key": secrets.token_hex(32), "address_key": secrets.token_hex(32)}
        write_private(path, json.dumps(made, indent=2) + "\n")
    try:
        kept: dict[str, Any] = json.loads(path.read_text())
        if {"secret_key", "address_key"} <= kept.keys():
            return kept
    except ValueError:
        pass
    raise ConfigurationError(
        str(path), "it cannot be read", "Put it back from a backup: mailed links depend on it"
    )


def write_private(path: Path, text: str) -> None:
    """Write a file that only this user may read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)
