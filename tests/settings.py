"""Settings for tests: everything local, nothing from the environment."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from actionhub.config import Settings, Smtp


def make_settings(database_url: str, data_dir: Path, **changes: Any) -> Settings:
    plain = Settings(
        database_url=database_url,
        broker_url="memory://localhost",
        smtp=Smtp("127.0.0.1", 1, None, None, "plain"),
        secret_keys=("test-key-" + "k" * 32,),
        address_key="test-address-key-" + "a" * 32,
        base_url="http://localhost",
        data_dir=data_dir,
        organization="Workers & Neighbors",
        mail_from="actions@example.org",
        postal_address="1 Main Street, Springfield, IL 62701",
        timezone=ZoneInfo("America/New_York"),
        trusted_proxies=0,
        signing_limit="off",
        testing=True,
    )
    return replace(plain, **changes)
