"""People who sign meanwhile: the real form over HTTP, a few a second, each answer written down.

`python -m tests.faults.signers PORT SLUG A-SECOND PREFIX LOG`, until it is told to end. A process
of its own, so that what it measures is the answer and not the rig.
"""

from __future__ import annotations

import http.client
import json
import signal
import sys
import threading
import time
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

HANDS = 6  # forms on their way at once
_numbers = count(1)
_lock = threading.Lock()
_end = threading.Event()


def main(port: int, slug: str, a_second: float, prefix: str, log: Path) -> None:
    signal.signal(signal.SIGTERM, lambda *_: _end.set())
    begun = time.monotonic()
    with log.open("a", buffering=1) as output:
        hands = [
            threading.Thread(target=_sign, args=(port, slug, a_second, prefix, begun, output))
            for _ in range(HANDS)
        ]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()


def _sign(port: int, slug: str, a_second: float, prefix: str, begun: float, output: object) -> None:
    while not _end.is_set():
        with _lock:
            number = next(_numbers)
        late = begun + number / a_second - time.monotonic()
        if _end.wait(max(late, 0.0)):
            return
        address = f"{prefix}{number}@d{number * 7919 % 500:03}.example.org"
        started = time.monotonic()
        try:
            status: int | None = _post(port, slug, address, number)
        except (OSError, http.client.HTTPException):
            status = None  # no answer: nothing was promised
        took = time.monotonic() - started
        line = {"t": started, "took": took, "status": status, "address": address}
        with _lock:
            print(json.dumps(line), file=output)  # type: ignore[arg-type]


def _post(port: int, slug: str, address: str, number: int) -> int:
    form = {
        "name": f"Signer {number}",
        "email": address,
        "zip": "20001",
        "country": "US",
        "display": "public",
        "wants_followups": "y",
    }
    network = f"{11 + number % 200}.{number // 200 % 250}.{number // 50000 % 250}.7"
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Forwarded-For": network,
    }
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", f"/actions/{slug}", urlencode(form), headers)
        return connection.getresponse().status
    finally:
        connection.close()


if __name__ == "__main__":
    _, port, slug, a_second, prefix, log = sys.argv
    main(int(port), slug, float(a_second), prefix, Path(log))
