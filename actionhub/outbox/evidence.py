"""Asking whether the relay took a message, where it can tell: before an unknown is sent again."""

from __future__ import annotations

from urllib.parse import quote

import httpx
import structlog

log = structlog.get_logger(__name__)

#: Seconds for an answer; without one, it is as if nobody could tell.
PATIENCE = 5.0


def was_accepted(url: str, message_id: str) -> bool | None:
    """Whether the relay has accepted the message of that Message-ID; None: it cannot tell.

    `url` holds `{message_id}`, which is put in quoted; 200 means yes, 404 means no.
    """
    try:
        answer = httpx.get(
            url.replace("{message_id}", quote(message_id, safe="")), timeout=PATIENCE
        )
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        log.warning("no_evidence", problem=type(problem).__name__)
        return None
    return {200: True, 404: False}.get(answer.status_code)
