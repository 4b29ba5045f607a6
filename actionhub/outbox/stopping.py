"""The wish to stop: every run ends with the message in hand.

It stands in memory that forked children share, since only a worker's first process hears signals.
"""

from __future__ import annotations

import mmap
import time

_wish = mmap.mmap(-1, 1)
#: Seconds between looks while one rests.
GLANCE = 0.1


def stop_soon() -> None:
    """Let every run of this process, and of those it forked, end with the message in hand."""
    _wish[0] = 1


def go_on() -> None:
    """Take the wish back."""
    _wish[0] = 0


def is_wished() -> bool:
    """Whether to end now."""
    return _wish[0] == 1


def rest(seconds: float) -> None:
    """Rest for so long, or until the wish comes."""
    until = time.monotonic() + seconds
    while not is_wished() and (left := until - time.monotonic()) > 0:
        time.sleep(min(left, GLANCE))
