"""The links that each recipient's email holds: made when it is sent, the same each time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from actionhub import links, tokens
from actionhub.outbox import filling
from actionhub.outbox.models import Scope
from actionhub.tokens import Purpose

#: In a mailing's content: the fingerprint of the key that its links are signed with.
LINKS_KEY = "links_key"


def fields_of(
    supporter_id: int, name: str, locale: str, at: datetime | None = None, key: str = ""
) -> dict[str, str | bool]:
    """What one recipient's email is filled with; its links are signed as of `at`, None: now."""
    leaving = tokens.sign(Purpose.UNSUBSCRIBE, supporter_id, Scope.FOLLOWUPS.value, at=at, key=key)
    own_page = tokens.sign(Purpose.ME, supporter_id, at=at, key=key)
    return {
        "name": name,
        "me_url": links.absolute(links.me_path(own_page, locale)),
        "unsubscribe_url": links.absolute(links.unsubscribe_path(leaving, locale)),
        "unsubscribe_token": leaving,
    }


def complete(
    fields: filling.Fields, written_at: datetime, locale: str, content: Mapping[str, Any]
) -> filling.Fields:
    """The fields of a row that holds a name and a supporter's id; any other's as they are."""
    if "supporter" not in fields:
        return fields
    key = content.get(LINKS_KEY, "")
    return fields_of(fields["supporter"], fields["name"], locale, written_at, key)


filling.fill_with("followup", complete)
