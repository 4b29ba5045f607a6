"""The rig's end of the sink: orders over its control socket."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any


class Orders:
    """Orders to a running sink; each waits for its answer."""

    def __init__(self, control: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(30)
        self._socket.connect(str(control))
        self._file = self._socket.makefile("rwb")

    def add(self, name: str, stage: str, **rule: Any) -> None:
        """Add a rule of the script (see `script.Rule`), or replace the one of that name."""
        self._order({"do": "add", "rule": {"name": name, "stage": stage, **rule}})

    def remove(self, *names: str) -> None:
        for name in names:
            self._order({"do": "remove", "name": name})

    def pace(self, seconds: float) -> None:
        """Let every message take so long at least."""
        self._order({"do": "pace", "seconds": seconds})

    def stopped(self) -> list[dict[str, Any]]:
        """The processes stopped since this was last asked: `process`, `to`, `id`, `stage`."""
        found: list[dict[str, Any]] = self._order({"do": "stopped"})["stopped"]
        return found

    def stats(self) -> dict[str, Any]:
        """`accepted`, `last_at` (monotonic), `asked`, and `hits` by the rules' names."""
        return self._order({"do": "stats"})

    def accepted(self) -> int:
        return int(self.stats()["accepted"])

    def hits(self, name: str) -> int:
        return int(self.stats()["hits"].get(name, 0))

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def _order(self, order: dict[str, Any]) -> dict[str, Any]:
        self._file.write(json.dumps(order).encode() + b"\n")
        self._file.flush()
        answer: dict[str, Any] = json.loads(self._file.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer
