"""What every process of ours does at birth: it never outlives the one that started it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time

#: Linux's number for "send me this signal when my parent dies" (prctl(2)).
PR_SET_PDEATHSIG = 1

#: Seconds between looks whether the parent lives.
WATCH_SECONDS = 0.5

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(death: signal.Signals = signal.SIGKILL, parent: int | None = None) -> None:
    """Ask the kernel to send this process `death` when its parent dies, kill -9 included.

    `parent` is the id the parent had when it forked us; if it is gone already, end at once.
    Elsewhere than on Linux this does nothing.
    """
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, int(death), 0, 0, 0)
    if parent is not None and os.getppid() != parent:
        os._exit(1)


def watch_parent(parent: int) -> None:
    """End within a second of the parent's end, where the kernel cannot be asked.

    For who was forked by a thread of the parent that ends before it: the kernel's signal would
    come with that thread's end.
    """
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="watch-parent", daemon=True).start()
