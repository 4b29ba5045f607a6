"""Read by Python itself at the start of a worker whose clock is wrong: it makes it sleep well.

libfaketime (0.9.10) refuses to sleep until a moment of the monotonic clock that it leaves real
(EINVAL), and that is how Python sleeps: so sleep as long as it takes, by another call.
"""

from __future__ import annotations

import select
import time


def _sleep(seconds: float) -> None:
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    select.select([], [], [], seconds)


time.sleep = _sleep
