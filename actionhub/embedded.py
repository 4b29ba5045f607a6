"""The embedded broker: wake-ups as files in a folder, for one machine without a broker of its own.

Kombu's own filesystem transport lets a reader see half-written files, keeps its exchange table in a
file that a crash can cut short, and grows without bound while nobody reads. Here a message is named
for what it asks: the same wake-up twice is one file, so the folder holds as many as there are
tasks; and every step is one rename, so a kill -9 at any moment leaves nothing stuck.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, virtual

#: The URL scheme under which kombu finds this transport.
SCHEME = "embedded"
TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"


class Channel(virtual.Channel):
    """Queues are folders; a message is a file, replaced by a newer one that asks the same."""

    do_restore = False  # a wake-up lost with its worker is made good by the next poll

    def _folder(self, queue: str) -> Path:
        name = "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in queue)
        options = getattr(self.connection.client, "transport_options", None) or {}
        root = Path(options["folder"])
        return root / (name.strip(".") or "queue")

    def _new_queue(self, queue: str, **_options: Any) -> None:
        self._folder(queue).mkdir(parents=True, exist_ok=True)

    def _has_queue(self, queue: str, **_options: Any) -> bool:
        return self._folder(queue).is_dir()

    def _put(self, queue: str, message: dict[str, Any], **_options: Any) -> None:
        # 1. Write under a name that no reader looks at. 2. Rename over an equal wake-up.
        folder = self._folder(queue)
        asked = json.dumps([message.get("headers", {}).get("task"), message.get("body")])
        name = hashlib.sha256(asked.encode()).hexdigest()[:32]
        fresh = folder / f".{name}.{os.getpid()}.{id(self):x}"
        try:
            fresh.write_text(json.dumps(message))
        except FileNotFoundError:
            folder.mkdir(parents=True, exist_ok=True)
            fresh.write_text(json.dumps(message))
        fresh.replace(folder / f"{name}.msg")

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:  # noqa: ARG002
        # 1. Take the oldest by renaming it: of several readers one wins. 2. Read. 3. Remove.
        for path in self._waiting(queue):
            taken = path.with_name(f".{path.name}.{os.getpid()}.{id(self):x}")
            try:
                path.rename(taken)
                text = taken.read_text()
                taken.unlink()
            except FileNotFoundError:
                continue  # another reader was first
            with suppress(ValueError):
                message: dict[str, Any] = json.loads(text)
                return message
        raise Empty

    def _size(self, queue: str) -> int:
        return len(self._waiting(queue))

    def _purge(self, queue: str) -> int:
        gone = self._waiting(queue)
        for path in gone:
            path.unlink(missing_ok=True)
        return len(gone)

    def _delete(self, queue: str, *_args: Any, **_options: Any) -> None:
        self._purge(queue)

    def _waiting(self, queue: str) -> list[Path]:
        """Oldest first."""
        found: list[tuple[int, Path]] = []
        with suppress(FileNotFoundError), os.scandir(self._folder(queue)) as entries:
            for entry in entries:
                if entry.name.endswith(".msg") and not entry.name.startswith("."):
                    with suppress(FileNotFoundError):
                        found.append((entry.stat().st_mtime_ns, Path(entry.path)))
        return [path for _age, path in sorted(found)]


class Transport(virtual.Transport):
    """Looks into its folder every `polling_interval` seconds (a transport option).

    A folder that cannot be had is a broker that is away: a worker tries until it is back.
    """

    Channel = Channel
    connection_errors = (*virtual.Transport.connection_errors, OSError)
    # Celery's other pool feeds all forked children through one pipe under one lock: a child that is
    # killed while it waits there takes the lock with it, and no other ever gets a task again.
    implements = virtual.Transport.implements.extend(asynchronous=True)
    global_state = virtual.BrokerState()
    default_port = 0
    driver_type = driver_name = SCHEME

    def __init__(self, client: Any, **kwargs: Any) -> None:
        super().__init__(client, **kwargs)
        self.state = self.global_state

    def establish_connection(self) -> Any:
        """Raises OSError while there is no folder, nor one to be made."""
        client: Any = self.client
        Path(client.transport_options["folder"]).mkdir(parents=True, exist_ok=True)
        return super().establish_connection()

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        """Look into the folder between the other things that the worker's loop does."""

        def look() -> None:
            with suppress(TimeoutError):
                while True:
                    self.drain_events(connection, timeout=0)

        loop.call_repeatedly(self.polling_interval, look)

    def driver_version(self) -> str:
        return "1"
