"""What every process of ours does at birth: it never outlives the one that started it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

#: Linux's number for "send me this signal when my parent dies" (prctl(2)).
PR_SET_PDEATHSIG = 1

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
