"""A delivery's files, as they are given out: made as they are read, so that memory stays flat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actionhub.deliveries.models import Delivery
from actionhub.deliveries.volumes import stored_bytes


@dataclass(frozen=True)
class Download:
    """A file: its name, its type, its bytes in parts."""

    name: str
    mimetype: str
    parts: Iterator[bytes]

    @property
    def headers(self) -> dict[str, str]:
        """What tells a browser to keep it as a file."""
        return {
            "Content-Disposition": f'attachment; filename="{self.name}"',
            "X-Content-Type-Options": "nosniff",
        }


def list_of(delivery: Delivery) -> Download:
    """The whole list as CSV, byte for byte as it was hashed."""
    name = f"signatures-{delivery.as_of_at:%Y-%m-%d}-{delivery.public_id}.csv"
    return Download(name, "text/csv; charset=utf-8", stored_bytes(delivery.id))
